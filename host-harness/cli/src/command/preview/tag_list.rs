//! Tags from lines of `repository:tag`, as they come.

use std::path::Path;

use tagseal_distribution::reference::{Repository, Tag};

use super::report::{BATCH_TAGS, Report};
use crate::command::document::open;
use crate::command::fault::Fault;
use crate::command::json_lines::{Line, Lines};
use crate::command::reference::{LeftOut, Reading, ReferenceError, TagReference};
use crate::command::tag_state::NamedTag;

/// Reports what the policy says about each line, and writes the report before it waits for more.
pub(super) fn report(path: &Path, reading: Reading, report: &mut Report) -> Result<(), Fault> {
    let mut lines = Lines::new(open(path)?);
    let mut number = 0;
    while let Some(mut ready) = lines.next().map_err(|error| Fault::file("read", path, &error))? {
        loop {
            let batch: Vec<Line<'_>> = ready.by_ref().take(BATCH_TAGS).collect();
            if batch.is_empty() {
                break;
            }
            let mut tags = Vec::with_capacity(batch.len());
            for line in batch {
                number += 1;
                match named(line, reading) {
                    Some(Ok((tag, left_out))) => {
                        report.note_left_out(number, left_out)?;
                        tags.push(tag);
                    }
                    Some(Err(NotNamed(error))) => report.pass_over_line(number, error),
                    None => {}
                }
            }
            report.see(&tags)?;
            report.flush()?;
        }
    }
    Ok(())
}

/// A line that names no tag, and why, where it is nearly a reference to one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NotNamed(Option<ReferenceError>);

/// The tag that a line names, with or without white space around it, and what is left out of the line. `None` if it is empty.
fn named(line: Line<'_>, reading: Reading) -> Option<Result<(NamedTag<'_>, LeftOut<'_>), NotNamed>> {
    let Line::Text(text) = line else { return Some(Err(NotNamed(None))) };
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    let read = TagReference::parse(text, reading).map_err(|error| NotNamed(Some(error)));
    Some(read.and_then(|TagReference { repository, tag, left_out }| {
        let is_valid = Repository::parse(repository).is_ok() && Tag::parse(tag).is_ok();
        if is_valid { Ok((NamedTag { repository, tag }, left_out)) } else { Err(NotNamed(None)) }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_repository_and_a_tag_and_nothing_else() {
        for (line, repository, tag) in
            [("prod/app:v1", "prod/app", "v1"), (" app:_x\r", "app", "_x"), ("registry:5000/a/b:1.0", "a/b", "1.0")]
        {
            let read = named(Line::Text(line), Reading::Pasted).unwrap().map(|(tag, _)| tag);
            assert_eq!(read, Ok(NamedTag { repository, tag }), "{line}");
        }
        for line in ["", " ", "\r"] {
            assert_eq!(named(Line::Text(line), Reading::Literal), None);
        }
        let digest = format!("prod/app@sha256:{}", "a".repeat(64));
        for (line, error) in [
            ("prod/app", Some(ReferenceError::NoTag)),
            (":v1", Some(ReferenceError::EmptyRepository)),
            ("prod/app:", Some(ReferenceError::EmptyTag)),
            ("Prod/app:v1", Some(ReferenceError::Capital('P'))),
            ("registry:5000/prod/app:v1", None),
            ("prod/app:v1 v2", None),
            ("é:v1", None),
            (&digest, Some(ReferenceError::DigestOnly)),
        ] {
            assert_eq!(named(Line::Text(line), Reading::Literal), Some(Err(NotNamed(error))), "{line}");
        }
        assert_eq!(named(Line::NotText, Reading::Pasted), Some(Err(NotNamed(None))));
        assert_eq!(named(Line::TooLong, Reading::Pasted), Some(Err(NotNamed(None))));
    }
}
