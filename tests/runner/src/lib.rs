//! Conformance vectors: questions to a component and the answers that they must get, as data that any language can run.
//!
//! `tests/vectors/README.md` describes their form. This crate reads them, asks them of any [`Subject`], and compares its
//! answers with what is expected. [`ComponentSubject`] asks a component.
//!
//! ```
//! use tagseal::{Component, Settings};
//! use tagseal_vectors::{ComponentSubject, embedded};
//!
//! let component = Component::embedded(Settings::default())?;
//! let files = embedded()?;
//! let table = files.iter().find(|file| file.name() == "decision-table.json").ok_or("no decision table")?;
//! for vector in table.vectors() {
//!     for way in vector.ways() {
//!         let answer = vector.ask(&ComponentSubject::new(component.clone(), *way))?;
//!         vector.check(&answer)?;
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod difference;
mod event;
mod file;
mod file_error;
mod input_text;
mod invariants;
mod kind;
mod no_duplicate_keys;
mod question;
mod subject;
mod template;
mod vector;

pub use difference::Mismatch;
pub use event::Event;
pub use file::{File, embedded, read};
pub use file_error::FileError;
pub use subject::{ComponentSubject, Subject, SubjectPolicy, Way, compile_answer, rules_answer};
pub use vector::Vector;
