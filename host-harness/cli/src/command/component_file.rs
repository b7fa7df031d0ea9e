//! The file that a component is written to.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::document;
use super::fault::Fault;

/// Writes a component to a file, or to a new file that takes the place of an older component.
///
/// # Errors
///
/// - `policy.json`: it exists, and is not a component
/// - a folder that does not exist, or may not be written
pub(crate) fn extract(bytes: &[u8], path: &Path) -> Result<(), Fault> {
    let failed = |error: io::Error| Fault::file("write", path, &error);
    let exists = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
        Ok(metadata) => {
            // What is not a file may never end, and can't be replaced.
            let is_component = metadata.is_file() && is_component(path)?;
            if !is_component {
                return Err(Fault::usage(format!("`{}` exists, and is not a component", path.display()))
                    .help("name another file, or remove it first"));
            }
            true
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    // Of a link, the target is replaced.
    let path = if exists { &fs::canonicalize(path).map_err(failed)? } else { path };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let readable = fs::Permissions::from_mode(0o666);
    let mut beside = tempfile::Builder::new();
    let beside = beside.prefix(".tagseal-").suffix(".tmp").permissions(readable).tempfile_in(folder);
    let mut beside = beside.map_err(|error| Fault::file("write", path, &error))?;
    beside.write_all(bytes).and_then(|()| beside.as_file().sync_all()).map_err(failed)?;
    let persisted = if exists { beside.persist(path) } else { beside.persist_noclobber(path) };
    persisted.map(drop).map_err(|error| failed(error.error))
}

/// Whether a file begins as every component does.
fn is_component(path: &Path) -> Result<bool, Fault> {
    let mut head = Vec::new();
    let read = document::open(path)?.take(COMPONENT_HEAD.len() as u64).read_to_end(&mut head);
    read.map_err(|error| Fault::file("read", path, &error))?;
    Ok(head == COMPONENT_HEAD)
}

/// How every component begins. A core module has other bytes at the end.
const COMPONENT_HEAD: [u8; 8] = *b"\0asm\x0d\0\x01\0";
