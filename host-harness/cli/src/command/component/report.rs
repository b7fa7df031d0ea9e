//! What is reported about a component in a registry.

use std::io::{self, Write};

use serde::Serialize;

use crate::command::artifact_reference::PinnedReference;
use crate::command::terminal::{Format, printable, write_json};

/// The facts about a component in a registry.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    /// What names it for good.
    pub(super) reference: String,
    /// The digest of the artifact.
    pub(super) digest: &'a str,
    /// The digest of the component's bytes.
    pub(super) component: &'a str,
    /// The number of the component's bytes.
    pub(super) size: u64,
}

/// What the maker of a component says about it.
#[derive(Serialize)]
pub(super) struct Description<'a> {
    pub(super) created: Option<&'a str>,
    pub(super) world: Option<&'a str>,
    pub(super) exports: &'a [String],
    pub(super) imports: &'a [String],
}

/// A report with a description.
#[derive(Serialize)]
pub(super) struct Described<'a> {
    #[serde(flatten)]
    pub(super) report: Report<'a>,
    #[serde(flatten)]
    pub(super) description: Description<'a>,
}

impl<'a> Report<'a> {
    pub(super) fn new(reference: &PinnedReference, digest: &'a str, component: &'a str, size: u64) -> Self {
        Self { reference: reference.to_string(), digest, component, size }
    }

    /// Writes it to standard output.
    pub(super) fn write(&self, format: Format) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        match format {
            Format::Json => write_json(self, &mut out),
            Format::Text => self.write_lines(&mut out),
        }
    }

    fn write_lines(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { reference, digest, component, size } = self;
        writeln!(out, "reference: {reference}\ndigest: {digest}\ncomponent: {component}\nsize: {size} bytes")
    }
}

impl Described<'_> {
    /// Writes it to standard output.
    pub(super) fn write(&self, format: Format) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        if format == Format::Json {
            return write_json(self, &mut out);
        }
        self.report.write_lines(&mut out)?;
        let Description { created, world, exports, imports } = &self.description;
        for (label, text) in [("created", created), ("world", world)] {
            text.iter().try_for_each(|text| writeln!(out, "{label}: {}", printable(text)))?;
        }
        write_each("exports", exports, &mut out)?;
        write_each("imports", imports, &mut out)
    }
}

fn write_each(label: &str, names: &[String], out: &mut impl Write) -> io::Result<()> {
    if names.is_empty() {
        return writeln!(out, "{label}: none");
    }
    names.iter().try_for_each(|name| writeln!(out, "{label}: {}", printable(name)))
}
