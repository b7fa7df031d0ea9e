//! The formats of other registries: one table.

use super::draft::{Draft, Rule};
use super::options::Options;
use super::registries::{acr, alibaba, ecr, gitlab, google, harbor, hub, nexus, oracle, quay, swr, tcr, zot};
use crate::document::located_json::node::Node;
use crate::document::located_json::quote::{list, shown};
use crate::document::located_json::report::Report;
use crate::refusal::{Refusal, RefusalCode};

/// Reads a text of another registry into its rules.
pub(super) type Reader = fn(Node<'_>, &Options, &mut Report) -> Option<Draft>;

/// Writes rules as another registry has them.
#[derive(Clone, Copy)]
pub(super) struct Writer {
    pub(super) write: fn(&[&Rule], &mut Report) -> String,
    /// Whether it can write the rule of one namespace only.
    pub(super) only_one: bool,
}

/// A format: its name, and what can be done with it.
pub(super) struct Format {
    pub(super) name: &'static str,
    /// Other names for the registry, which are not names of the format.
    pub(super) aliases: &'static [&'static str],
    pub(super) read: Reader,
    pub(super) write: Option<Writer>,
    /// Whether the repository may be an option, where the text does not say it.
    pub(super) takes_repository: bool,
}

impl Format {
    const fn new(name: &'static str, aliases: &'static [&'static str], read: Reader) -> Self {
        Self { name, aliases, read, write: None, takes_repository: false }
    }

    const fn with_repository(self) -> Self {
        Self { takes_repository: true, ..self }
    }

    const fn written(self, write: fn(&[&Rule], &mut Report) -> String, only_one: bool) -> Self {
        Self { write: Some(Writer { write, only_one }), ..self }
    }

    /// Whether a name that is not the format's is for it: `ECR`, `aws`, `docker-hub`.
    fn is_meant_by(&self, name: &str) -> bool {
        let name: String =
            name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
        name == self.name || self.aliases.contains(&&*name)
    }
}

/// Every format.
pub(super) const FORMATS: &[Format] = &[
    Format::new("tcr", &["tencent", "tencentcloud"], tcr::read).written(tcr::write, false),
    Format::new("harbor", &["goharbor"], harbor::read).written(harbor::write, true),
    Format::new("swr", &["huawei", "huaweicloud"], swr::read),
    Format::new("ecr", &["aws", "amazon", "awsecr", "amazonecr"], ecr::read),
    Format::new("google", &["gcp", "gar", "gcr", "artifactregistry"], google::read),
    Format::new("alibaba", &["aliyun", "alibabacloud", "acree"], alibaba::read),
    Format::new("oracle", &["oci", "ocir"], oracle::read),
    Format::new("nexus", &["sonatype", "nexus3"], nexus::read),
    Format::new("hub", &["dockerhub", "docker"], hub::read).with_repository(),
    Format::new("gitlab", &["gitlabcom"], gitlab::read).with_repository(),
    Format::new("quay", &["quayio", "redhatquay"], quay::read).with_repository(),
    Format::new("zot", &["zotregistry"], zot::read),
    Format::new("acr", &["azure", "azureacr"], acr::read).with_repository(),
];

/// Returns a format that can be imported, or the refusal of one that can't.
pub(super) fn imported(format: &str) -> Result<&'static Format, Refusal> {
    let found = FORMATS.iter().find(|known| known.name == format);
    found.ok_or_else(|| unknown(format, "imported", |_| true))
}

/// Returns the writer of a format, or the refusal of one that can't be exported.
pub(super) fn writer(format: &str) -> Result<Writer, Refusal> {
    let found = FORMATS.iter().find(|known| known.name == format).and_then(|known| known.write);
    found.ok_or_else(|| unknown(format, "exported", |known| known.write.is_some()))
}

/// The refusal of a format that is not among those known.
fn unknown(format: &str, converted: &str, is_known: fn(&Format) -> bool) -> Refusal {
    let known: Vec<_> = FORMATS.iter().filter(|known| is_known(known)).collect();
    let meant = known.iter().find(|known| known.is_meant_by(format) && known.name != format);
    let names: Vec<_> = meant.map_or_else(|| known.iter().map(|known| known.name).collect(), |meant| vec![meant.name]);
    let message = format!("format `{}` cannot be {converted}; name {}", shown(format), list(&names));
    Refusal::new(RefusalCode::UnknownFormat, None, message)
}
