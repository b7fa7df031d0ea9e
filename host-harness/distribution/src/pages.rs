//! Lists that a registry sends page by page: its repositories, and the tags of a repository.

use std::borrow::Cow;
use std::fmt;

use hyper::HeaderMap;
use hyper::header::LINK;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::location;
use crate::reference::Repository;
use crate::route::Route;

/// The query of the first page, which asks for pages of a thousand names.
const FIRST_QUERY: &str = "n=1000";
/// The greatest number of pages of one list.
const MAX_PAGES: u64 = 10_000;

/// A position in a list: the page that comes next. Nothing is kept of the pages before it.
#[derive(Clone, Debug)]
pub struct Pages {
    path: String,
    /// The field of a page that holds its names.
    field: &'static str,
    query: String,
    turned: u64,
    /// The query of an earlier page, by which a list is noticed that repeats itself. It moves on at each power of two, so
    /// it comes to stand within the repeated part, however long that is.
    mark: String,
}

/// Why a list can't be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PagesError {
    /// The link to the next page is invalid, or leads out of the list.
    #[error("continues at a place where it can't be followed")]
    Elsewhere,
    /// A page comes for the second time, or there are too many pages.
    #[error("has no end")]
    Endless,
}

impl Pages {
    /// Starts at the first page of a repository's tags.
    pub fn of_tags(repository: &Repository) -> Self {
        Self::of(&Route::Tags(repository.clone()), "tags")
    }

    /// Starts at the first page of a registry's repositories.
    pub fn of_repositories() -> Self {
        Self::of(&Route::Catalog, "repositories")
    }

    fn of(route: &Route, field: &'static str) -> Self {
        Self { path: route.path(), field, query: FIRST_QUERY.to_owned(), turned: 0, mark: FIRST_QUERY.to_owned() }
    }

    /// Returns path and query of the next page.
    pub fn target(&self) -> String {
        format!("{}?{}", self.path, self.query)
    }

    /// Returns whether no page was read yet.
    pub fn is_at_start(&self) -> bool {
        self.turned == 0
    }

    /// Moves to the page after the one that came with these headers, and returns whether there is one.
    ///
    /// A link may name any host, since not every registry knows its own. That host is never asked: the next page is read
    /// from the same host and path as the first.
    ///
    /// # Errors
    ///
    /// - `</v2/other/tags/list?last=a>`: a link to another list
    /// - `next`: an invalid link
    /// - a query that was used before, or the ten-thousandth page
    pub fn turn(&mut self, headers: &HeaderMap) -> Result<bool, PagesError> {
        let Some(query) = next_query(headers, &self.path)? else { return Ok(false) };
        self.turned += 1;
        if query == self.mark || query == self.query || self.turned >= MAX_PAGES {
            return Err(PagesError::Endless);
        }
        if self.turned.is_power_of_two() {
            self.mark.clone_from(&query);
        }
        self.query = query;
        Ok(true)
    }

    /// Calls `see` with each name of a page, in order, and returns whether the page has a list at all. A list of `null` is
    /// empty.
    ///
    /// # Errors
    ///
    /// The page is not JSON, or its list has an element that is not text. `see` was called for the names before it.
    pub fn names(&self, page: &[u8], see: &mut dyn FnMut(&str)) -> serde_json::Result<bool> {
        let mut reader = serde_json::Deserializer::from_slice(page);
        let found = reader.deserialize_map(Page { field: self.field, see })?;
        reader.end().map(|()| found)
    }
}

/// Returns the query of the next page, if there is one.
fn next_query(headers: &HeaderMap, path: &str) -> Result<Option<String>, PagesError> {
    for link in headers.get_all(LINK) {
        let link = link.to_str().map_err(|_| PagesError::Elsewhere)?;
        let Some(target) = next_target(link)? else { continue };
        return match location::path(target).split_once('?') {
            Some((next, query)) if next == path => Ok(Some(query.to_owned())),
            _ => Err(PagesError::Elsewhere),
        };
    }
    Ok(None)
}

/// Returns the target of the link to the next page, `<target>; rel="next"`, which may be one of several links.
fn next_target(links: &str) -> Result<Option<&str>, PagesError> {
    let links = links.trim_start().strip_prefix('<').ok_or(PagesError::Elsewhere)?;
    for link in links.split('<') {
        let (target, parameters) = link.split_once('>').ok_or(PagesError::Elsewhere)?;
        if is_next(parameters) {
            return Ok(Some(target));
        }
    }
    Ok(None)
}

/// Returns whether the parameters of a link say that it leads to the next page. A link without `rel` does so too.
fn is_next(parameters: &str) -> bool {
    let parameters = parameters.trim_end_matches([',', ' ']).to_ascii_lowercase();
    let relation = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("rel="));
    relation.is_none_or(|relation| relation.trim_matches('"').split(' ').any(|word| word == "next"))
}

/// Parses a page, and calls `see` with its names as they come.
struct Page<'a> {
    field: &'static str,
    see: &'a mut dyn FnMut(&str),
}

struct Names<'a>(&'a mut dyn FnMut(&str));

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Page<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page of a list")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut page: M) -> Result<bool, M::Error> {
        let mut found = false;
        while let Some(Text(key)) = page.next_key()? {
            if key != self.field {
                page.next_value::<IgnoredAny>()?;
            } else if found {
                return Err(M::Error::duplicate_field(self.field));
            } else {
                page.next_value_seed(Names(self.see))?;
                found = true;
            }
        }
        Ok(found)
    }
}

impl<'de> DeserializeSeed<'de> for Names<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, names: D) -> Result<(), D::Error> {
        names.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Names<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of names, or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut names: S) -> Result<(), S::Error> {
        while let Some(Text(name)) = names.next_element()? {
            (self.0)(&name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Pages {
        Pages::of_tags(&Repository::parse("prod/app").unwrap())
    }

    fn linked(link: &str) -> HeaderMap {
        HeaderMap::from_iter([(LINK, link.parse().unwrap())])
    }

    #[test]
    fn a_list_goes_on_at_its_own_path_whatever_host_is_named() {
        let own = "/v2/prod/app/tags/list?n=1000&last=a";
        for link in [
            "</v2/prod/app/tags/list?n=1000&last=a>; rel=\"next\"",
            "</v2/prod/app/tags/list?n=1000&last=a>; REL=next",
            "</v2/prod/app/tags/list?n=1000&last=a>",
            "<http://elsewhere.example/v2/prod/app/tags/list?n=1000&last=a>; rel=\"next\"",
            "<//elsewhere.example/v2/prod/app/tags/list?n=1000&last=a>; rel=\"next\"",
            "</v2/prod/app/tags/list>; rel=\"prev\", </v2/prod/app/tags/list?n=1000&last=a>; rel=\"last next\"",
        ] {
            let mut pages = tags();
            assert_eq!(pages.turn(&linked(link)), Ok(true), "{link}");
            assert_eq!(pages.target(), own, "{link}");
        }
    }

    #[test]
    fn a_list_ends_where_nothing_leads_on() {
        assert_eq!(tags().turn(&HeaderMap::new()), Ok(false));
        assert_eq!(tags().turn(&linked("</v2/prod/app/tags/list?n=1>; rel=\"first\"")), Ok(false));
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_not_followed() {
        for link in [
            "",
            "next",
            "<",
            "</v2/prod/app/tags/list?last=a",
            "</v2/prod/app/tags/list>; rel=\"next\"",
            "</v2/prod/app2/tags/list?last=a>; rel=\"next\"",
            "</v2/_catalog?last=a>; rel=\"next\"",
            "<http://prod/v2/../app/tags/list?last=a>; rel=\"next\"",
        ] {
            assert_eq!(tags().turn(&linked(link)), Err(PagesError::Elsewhere), "{link}");
        }
    }

    #[test]
    fn a_list_that_goes_round_or_on_for_ever_has_no_end() {
        for circle in [1, 2, 3, 7, 1000, u64::MAX] {
            let (mut pages, mut turned) = (tags(), 0);
            let astray = loop {
                turned += 1;
                let link = format!("</v2/prod/app/tags/list?last={}>", turned % circle);
                match pages.turn(&linked(&link)) {
                    Ok(more) => assert!(more),
                    Err(astray) => break astray,
                }
            };
            assert_eq!(astray, PagesError::Endless);
            assert!(turned <= 10_000 && (circle > 10_000 || turned <= 3 * circle), "{turned} pages of {circle}");
        }
    }

    fn names(page: &str) -> Result<(bool, Vec<String>), ()> {
        let mut names = Vec::new();
        let found = tags().names(page.as_bytes(), &mut |name| names.push(name.to_owned()));
        found.map(|found| (found, names)).map_err(drop)
    }

    #[test]
    fn the_names_of_a_page_are_those_of_its_list() {
        for (page, found, expected) in [
            (r#"{"name": "prod/app", "tags": ["v1", "v\u0032"]}"#, true, &["v1", "v2"][..]),
            (r#"{"tags": [], "more": {"tags": ["v1"]}}"#, true, &[]),
            (r#"{"tags": null}"#, true, &[]),
            (r#"{"errors": []}"#, false, &[]),
        ] {
            let expected = expected.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(names(page), Ok((found, expected)), "{page}");
        }
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for page in [
            "",
            "<html>",
            "[]",
            "null",
            r#"{"tags": "v1"}"#,
            r#"{"tags": {}}"#,
            r#"{"tags": [1]}"#,
            r#"{"tags": [null]}"#,
            r#"{"tags": ["v1"]"#,
            r#"{"tags": ["v1"]} {}"#,
            r#"{"tags": ["v1"], "tags": []}"#,
            r#"{"tags": ["\ud800"]}"#,
        ] {
            assert_eq!(names(page), Err(()), "{page}");
        }
    }
}
