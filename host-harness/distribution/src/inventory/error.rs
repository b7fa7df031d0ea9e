//! Why a list of a registry could not be read to its end.

use hyper::StatusCode;

use super::credential::LoginError;
use crate::pages::PagesError;

/// Why a list of a registry could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// No answer came, for this reason.
    #[error("{0}")]
    NoAnswer(String),
    /// The registry did not answer with a page.
    #[error("the registry answered {status}{}", in_brackets(.reason))]
    Answer {
        /// The status of its answer.
        status: StatusCode,
        /// The reason that it gives. It can be any text.
        reason: Option<String>,
        /// Whether credentials were found for it.
        has_credential: bool,
    },
    /// The page could not be read, or is not a page of a list, for this reason.
    #[error("a page could not be read: {0}")]
    Page(String),
    /// The next page can't be found, or the list has no end.
    #[error("the list {0}")]
    Pages(#[from] PagesError),
    /// The registry answered about a tag without its digest.
    #[error("the registry does not say which digest the tag has")]
    NoDigest,
    /// The credentials of other tools can't be read.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The server that issues tokens for the registry did not issue one: its address, and the reason.
    #[error("`{0}`, which issues tokens for the registry, did not issue one: {1}")]
    Token(String, String),
}

fn in_brackets(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}
