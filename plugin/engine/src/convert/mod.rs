//! Rules of other registries, turned into policy documents and back.
//!
//! An import keeps all that it can, refuses what it can't understand, and reports each thing that means something else
//! afterwards, with its place in the imported text. An export says exactly what the document says, or refuses.
//!
//! Formats are answers of APIs, as they come: fields that no rule depends on are ignored, and null counts as missing.
//!
//! | format | answer | out | what becomes the namespace |
//! |---|---|---|---|
//! | `tcr` | `DescribeImmutableTagRules`; rules alone, requests, Terraform's blocks | yes | `NsName` |
//! | `harbor` | `GET …/immutabletagrules` of one project | yes | the project, which an option has to name |
//! | `swr` | the same, of one or more namespaces | | `namespace_name` |
//! | `ecr` | `DescribeRepositories`, `CreateRepository` | | the first component of the name, `*` where it has only one |
//! | `google` | `projects.locations.repositories` | | the project |
//! | `alibaba` | `ListRepository` | | `RepoNamespaceName` |
//! | `oracle` | `GetContainerRepository` | | the tenancy's namespace |
//! | `nexus` | repositories of format `docker` | | the repository where it is part of the path, else `*` |
//! | `hub` | repositories with their settings for immutable tags | | `namespace`, or an option |
//! | `gitlab` | container protection tag rules, GraphQL or REST | | the top group of `fullPath`, or an option |
//! | `quay` | immutability policies | | an option |
//! | `zot` | its configuration | | the first component of a repository's pattern, `*` where that is a glob |
//! | `acr` | repositories, tags and manifests with their locks | | the first component of the name, `*` where it has only one |
//!
//! `tcr`, `harbor` and `ecr` are also read from what Terraform writes, and `ecr` from a template of CloudFormation.

mod cloudformation;
mod converted;
mod doublestar;
mod draft;
mod error_answer;
mod export;
mod expressible;
mod foreign_regex;
mod formats;
mod grouping;
mod import;
mod listing;
mod options;
mod print;
mod registries;
#[cfg(test)]
mod sample;
mod terraform;
#[cfg(test)]
mod tests;

pub use converted::Converted;
pub use export::export;
pub use import::import;
