//! Tags from lines of `repository:tag`, as they come.

use std::path::Path;

use tagseal::inventory::{Repository, Tag};

use super::report::{AT_ONCE, Report};
use super::verdict::Named;
use crate::command::document::open;
use crate::command::fault::Fault;
use crate::command::lines::{Line, Lines};

/// Reports what the policy says of each line, and tells it before it waits for more.
pub(super) fn report(path: &Path, report: &mut Report) -> Result<(), Fault> {
    let mut lines = Lines::new(open(path)?);
    let mut number = 0;
    while let Some(mut ready) = lines.next().map_err(|error| Fault::file("read", path, &error))? {
        loop {
            let batch: Vec<Line<'_>> = ready.by_ref().take(AT_ONCE).collect();
            if batch.is_empty() {
                break;
            }
            let mut tags = Vec::with_capacity(batch.len());
            for line in batch {
                number += 1;
                match named(line) {
                    Some(Ok(tag)) => tags.push(tag),
                    Some(Err(NotNamed)) => report.pass_over_line(number),
                    None => {}
                }
            }
            report.see(&tags)?;
            report.flush()?;
        }
    }
    Ok(())
}

/// A line that names no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NotNamed;

/// The tag that a line names, with or without white space around it. None where it is empty.
fn named(line: Line<'_>) -> Option<Result<Named<'_>, NotNamed>> {
    let Line::Text(text) = line else { return Some(Err(NotNamed)) };
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    let parts = text
        .rsplit_once(':')
        .filter(|(repository, tag)| Repository::parse(repository).is_ok() && Tag::parse(tag).is_ok());
    Some(parts.map(|(repository, tag)| Named { repository, tag }).ok_or(NotNamed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_repository_and_a_tag_and_nothing_else() {
        for (line, repository, tag) in
            [("prod/app:v1", "prod/app", "v1"), (" app:_x\r", "app", "_x"), ("a/b/c:1.0", "a/b/c", "1.0")]
        {
            assert_eq!(named(Line::Text(line)), Some(Ok(Named { repository, tag })), "{line}");
        }
        for line in ["", " ", "\r"] {
            assert_eq!(named(Line::Text(line)), None);
        }
        let digest = format!("prod/app@sha256:{}", "a".repeat(64));
        for line in [
            "prod/app",
            ":v1",
            "prod/app:",
            "Prod/app:v1",
            "registry:5000/prod/app:v1",
            "prod/app:v1 v2",
            "é:v1",
            &digest,
        ] {
            assert_eq!(named(Line::Text(line)), Some(Err(NotNamed)), "{line}");
        }
        assert_eq!(named(Line::NotText), Some(Err(NotNamed)));
        assert_eq!(named(Line::TooLong), Some(Err(NotNamed)));
    }
}
