//! Components as artifacts of a registry, and why one is refused.

use tagseal::{LoadError, Settings};
use tagseal_distribution::artifact::{ContentError, LayoutError, RepositoryContent, WasmConfig, WasmManifest};
use tagseal_distribution::inventory::{InventoryError, Login};
use tagseal_distribution::reference::Digest;

use super::artifact_reference::{ArtifactReference, PinnedReference, Transport};
use super::fault::Fault;
use super::runtime::new_runtime;

/// The greatest size of a configuration.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// A component in a registry, and what its maker says about it.
#[derive(Debug)]
pub(crate) struct Artifact {
    /// The digest of its manifest.
    pub(crate) digest: Digest,
    pub(crate) manifest: WasmManifest,
    pub(crate) config: WasmConfig,
}

/// Reads a component by its digest, over TLS or from this machine. It has the bytes that the digest says, and nothing else was
/// checked.
pub(crate) fn pull(reference: &PinnedReference) -> Result<Vec<u8>, Fault> {
    let reference = reference.reference();
    new_runtime()?.block_on(async {
        let (_, component) = ArtifactReader::open(reference, Transport::Tls)?.component().await?;
        Ok(component)
    })
}

/// Makes a reader and writer of the repository that a reference names, as whoever has logged in with docker or podman.
pub(crate) fn repository(reference: &ArtifactReference, transport: Transport) -> Result<RepositoryContent, Fault> {
    let client = reference.client(transport)?;
    Ok(RepositoryContent::new(client, Login::Configured, reference.repository().clone()))
}

/// A reader of the artifact that a reference names.
pub(crate) struct ArtifactReader<'a> {
    reference: &'a ArtifactReference,
    content: RepositoryContent,
}

impl<'a> ArtifactReader<'a> {
    pub(crate) fn open(reference: &'a ArtifactReference, transport: Transport) -> Result<Self, Fault> {
        Ok(Self { reference, content: repository(reference, transport)? })
    }

    /// Reads what is said about the component. The component itself is not read.
    pub(crate) async fn artifact(&mut self) -> Result<Artifact, Fault> {
        let found = self.content.manifest(&self.reference.read_by()).await.map_err(|error| self.unread(error))?;
        let manifest = WasmManifest::parse(&found.bytes).map_err(|error| self.other(&error))?;
        if manifest.config.size > MAX_CONFIG_BYTES {
            let bytes = manifest.config.size;
            let reference = self.reference;
            return Err(Fault::refused(format!(
                "`{reference}` has a configuration of {bytes} bytes, and may have {MAX_CONFIG_BYTES}"
            )));
        }
        let config = self.content.blob(&manifest.config).await.map_err(|error| self.unread(error))?;
        let config = manifest.config(&config).map_err(|error| self.other(&error))?;
        Ok(Artifact { digest: found.digest, manifest, config })
    }

    /// Reads the component.
    pub(crate) async fn component(&mut self) -> Result<(Artifact, Vec<u8>), Fault> {
        let artifact = self.artifact().await?;
        let (bytes, allowed) = (artifact.manifest.layer.size, Settings::default().max_component_bytes);
        if bytes > allowed {
            return Err(LoadError::Size { bytes, allowed }.into());
        }
        let component = self.content.blob(&artifact.manifest.layer).await.map_err(|error| self.unread(error))?;
        Ok((artifact, component))
    }

    fn unread(&self, error: ContentError) -> Fault {
        fault(self.reference, "read", &error)
    }

    fn other(&self, error: &LayoutError) -> Fault {
        Fault::refused(format!("`{}` is not a component: {error}", self.reference))
    }
}

/// The fault of an artifact that can't be read or written.
pub(crate) fn fault(reference: &ArtifactReference, verb: &str, error: &ContentError) -> Fault {
    let message = format!("`{reference}` can't be {verb}: {error}");
    match error {
        ContentError::Digest { .. } | ContentError::Size { .. } | ContentError::Announced { .. } => {
            Fault::refused(message)
        }
        error => match help(reference, error) {
            Some(help) => Fault::usage(message).help(help),
            None => Fault::usage(message),
        },
    }
}

fn help(reference: &ArtifactReference, error: &ContentError) -> Option<String> {
    let ContentError::Registry(error) = error else { return None };
    let login = format!("docker login {}", reference.registry());
    match error {
        InventoryError::Answer { status, has_credential, .. } if matches!(status.as_u16(), 401 | 403) => {
            Some(match has_credential {
                false => format!("log in with `{login}`"),
                true => format!("log in with `{login}` as a user who has permission for it"),
            })
        }
        InventoryError::Token(..) => Some(format!("log in with `{login}`")),
        InventoryError::Login(_) => Some("fix the file".to_owned()),
        InventoryError::NoAnswer(_) => {
            Some("if the registry has no TLS, use `tagseal component pull --plain-http` and then the file".to_owned())
        }
        _ => None,
    }
}
