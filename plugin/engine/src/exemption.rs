//! Built-in sets of tags that a rule may leave alone: what signing and referrers tools have to rewrite.

use crate::reference::is_hex;

/// The sets that a rule leaves alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exemptions {
    /// cosign's tags: `sha256-<64 hex>` with `.sig`, `.att` or `.sbom`.
    pub(crate) signatures: bool,
    /// The fallback tag of the referrers API (distribution specification, "Referrers tag schema"): `sha256-<64 hex>`, or
    /// `sha512-<64 hex>`, where it is cut.
    pub(crate) referrers: bool,
}

impl Exemptions {
    /// The names of the sets, as documents write them.
    pub(crate) const NAMES: [&str; 2] = ["signatures", "referrers"];

    /// Reads a list of names. None for an unknown name, or one given twice.
    pub(crate) fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut exemptions = Self::default();
        for name in names {
            let set = match name {
                "signatures" => &mut exemptions.signatures,
                "referrers" => &mut exemptions.referrers,
                _ => return None,
            };
            if std::mem::replace(set, true) {
                return None;
            }
        }
        Some(exemptions)
    }

    /// The name of the set that a tag is in. None where it is in none of these.
    #[inline]
    pub(crate) fn set_of(self, tag: &str) -> Option<&'static str> {
        // No tag is in both.
        if self.referrers && is_referrers(tag) {
            return Some("referrers");
        }
        (self.signatures && is_signature(tag)).then_some("signatures")
    }
}

fn is_referrers(tag: &str) -> bool {
    tag.strip_prefix("sha256-").or_else(|| tag.strip_prefix("sha512-")).is_some_and(is_digest)
}

fn is_signature(tag: &str) -> bool {
    let Some((digest, suffix)) = tag.strip_prefix("sha256-").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    is_digest(digest) && matches!(suffix, "sig" | "att" | "sbom")
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && is_hex(text.as_bytes())
}
