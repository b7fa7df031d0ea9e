//! Lists that a registry gives page by page: its repositories, and the tags of one.

use std::borrow::Cow;
use std::fmt;

use hyper::HeaderMap;
use hyper::header::LINK;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::location;
use super::reference::Repository;
use super::route::Route;

/// Names that a page should have.
const SIZE: &str = "n=1000";
/// Most pages of one list.
const MOST: u64 = 10_000;

/// Which page of a list comes next. Nothing is kept of those that were read.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    path: String,
    /// The field of a page that holds its names.
    field: &'static str,
    query: String,
    turned: u64,
    /// The query of a page that was read, to notice a list that goes round. It moves on at each power of two, and so
    /// comes to stand within the circle, however long that is.
    mark: String,
}

/// Why a list can't be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Astray {
    /// A link that is none, or leads out of the list.
    #[error("goes on where it can't be followed")]
    Elsewhere,
    /// A page that was read before comes again, or there are too many.
    #[error("has no end")]
    Endless,
}

impl Pages {
    /// The tags of a repository.
    pub(crate) fn of_tags(repository: &Repository) -> Self {
        Self::of(&Route::Tags(repository.clone()), "tags")
    }

    /// The repositories of a registry.
    pub(crate) fn of_repositories() -> Self {
        Self::of(&Route::Catalogue, "repositories")
    }

    fn of(route: &Route, field: &'static str) -> Self {
        Self { path: route.path(), field, query: SIZE.to_owned(), turned: 0, mark: SIZE.to_owned() }
    }

    /// Path and query of the next page.
    pub(crate) fn target(&self) -> String {
        format!("{}?{}", self.path, self.query)
    }

    /// Whether no page was read yet.
    pub(crate) fn is_at_start(&self) -> bool {
        self.turned == 0
    }

    /// Turns to the page after the one that came with these headers: whether there is one.
    ///
    /// A link may name any host, since not every registry knows its own. It is not asked: the next page is read where the
    /// first one was, by the path that the list has.
    ///
    /// # Errors
    ///
    /// - `/v2/other/tags/list?last=a`: another list
    /// - `next`: no link
    /// - a query that was asked before, or the ten-thousandth page
    pub(crate) fn turn(&mut self, headers: &HeaderMap) -> Result<bool, Astray> {
        let Some(query) = next_query(headers, &self.path)? else { return Ok(false) };
        self.turned += 1;
        if query == self.mark || query == self.query || self.turned >= MOST {
            return Err(Astray::Endless);
        }
        if self.turned.is_power_of_two() {
            self.mark.clone_from(&query);
        }
        self.query = query;
        Ok(true)
    }

    /// Shows each name of a page, in order, and gives whether the page has a list at all. `null` is an empty one.
    ///
    /// # Errors
    ///
    /// It is no JSON, or its list holds what is no text. Names that came before were shown by then.
    pub(crate) fn names(&self, page: &[u8], see: &mut dyn FnMut(&str)) -> serde_json::Result<bool> {
        let mut reader = serde_json::Deserializer::from_slice(page);
        let found = reader.deserialize_map(Page { field: self.field, see })?;
        reader.end().map(|()| found)
    }
}

/// The query of the next page, where the list goes on.
fn next_query(headers: &HeaderMap, path: &str) -> Result<Option<String>, Astray> {
    for link in headers.get_all(LINK) {
        let link = link.to_str().map_err(|_| Astray::Elsewhere)?;
        let Some(target) = next_target(link)? else { continue };
        return match location::path(target).split_once('?') {
            Some((next, query)) if next == path => Ok(Some(query.to_owned())),
            _ => Err(Astray::Elsewhere),
        };
    }
    Ok(None)
}

/// Where the link to the next page leads: `<target>; rel="next"`, among others.
fn next_target(links: &str) -> Result<Option<&str>, Astray> {
    let links = links.trim_start().strip_prefix('<').ok_or(Astray::Elsewhere)?;
    for link in links.split('<') {
        let (target, parameters) = link.split_once('>').ok_or(Astray::Elsewhere)?;
        if is_next(parameters) {
            return Ok(Some(target));
        }
    }
    Ok(None)
}

/// Whether a link's parameters say that it leads to the next page. Those that say nothing mean that too.
fn is_next(parameters: &str) -> bool {
    let parameters = parameters.trim_end_matches([',', ' ']).to_ascii_lowercase();
    let relation = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("rel="));
    relation.is_none_or(|relation| relation.trim_matches('"').split(' ').any(|word| word == "next"))
}

/// Reads a page, and shows its names as they come.
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
            assert_eq!(tags().turn(&linked(link)), Err(Astray::Elsewhere), "{link}");
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
            assert_eq!(astray, Astray::Endless);
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
