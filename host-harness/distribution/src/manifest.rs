//! The manifests that another manifest refers to.

use serde::Deserialize;

use crate::reference::{Digest, ReferenceError};

/// The fields of a manifest that refer to other manifests. Unknown fields are ignored.
#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    manifests: Vec<ManifestLink>,
    #[serde(default)]
    subject: Option<ManifestLink>,
}

/// A manifest that another manifest refers to. What kind of manifest it is, only its content says: what the other one says of
/// it may be wrong.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct ManifestLink {
    /// Its digest, as the other manifest writes it. It can be any text.
    pub digest: String,
}

/// Returns the manifests that a manifest refers to: the parts of an index, and the subject of any manifest. Returns `None`
/// if the content can't be parsed.
pub fn links(content: &[u8]) -> Option<Vec<ManifestLink>> {
    let fields: Fields = serde_json::from_slice(content).ok()?;
    Some(fields.manifests.into_iter().chain(fields.subject).collect())
}

impl ManifestLink {
    /// Returns whether it refers to a digest, by that very name.
    pub fn is(&self, digest: &Digest) -> bool {
        self.digest == digest.as_str()
    }

    /// Returns its digest, if it is one. A text that is no digest refers to nothing: no manifest can have it.
    ///
    /// # Errors
    ///
    /// A digest of an algorithm that is not known here.
    pub fn parse(&self) -> Result<Option<Digest>, ReferenceError> {
        match Digest::parse(&self.digest) {
            Ok(digest) => Ok(Some(digest)),
            Err(error) => match self.digest.split_once(':') {
                Some(("sha256" | "sha512", _)) | None => Ok(None),
                Some(_) => Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_refers_to_its_parts_and_any_manifest_to_its_subject() {
        let image = "application/vnd.oci.image.manifest.v1+json";
        let content = serde_json::json!({
            "manifests": [{"mediaType": image, "digest": "sha256:a"}, {"digest": "sha256:b"}],
            "subject": {"mediaType": image, "digest": "sha256:c"},
        });
        let links = links(content.to_string().as_bytes()).unwrap();
        let digests: Vec<_> = links.iter().map(|link| link.digest.as_str()).collect();
        assert_eq!(digests, ["sha256:a", "sha256:b", "sha256:c"]);
        assert_eq!(super::links(b"{}"), Some(vec![]));
        assert_eq!(super::links(br#"{"manifests": 1}"#), None);
    }

    #[test]
    fn a_text_that_is_no_digest_refers_to_nothing() {
        let parse = |digest: &str| ManifestLink { digest: digest.to_owned() }.parse();
        assert!(matches!(parse(&format!("sha256:{}", "a".repeat(64))), Ok(Some(_))));
        for text in ["sha256:zz", "sha512:", "v1", ""] {
            assert!(matches!(parse(text), Ok(None)), "{text}");
        }
        assert!(parse(&format!("sha384:{}", "a".repeat(96))).is_err(), "the registry may know it");
    }
}
