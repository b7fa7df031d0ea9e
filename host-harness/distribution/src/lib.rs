//! The protocol of OCI registries, as the distribution specification describes it: names and digests, paths, requests,
//! pages of lists, errors, and a client.
//!
//! Nothing here knows what a policy is.

pub mod artifact;
pub mod body;
pub mod certificate_file;
pub mod client;
pub mod error_response;
pub mod inventory;
pub mod location;
pub mod manifest;
pub mod pace;
pub mod pages;
pub mod query;
pub mod reference;
pub mod request;
pub mod route;
pub mod trust;
