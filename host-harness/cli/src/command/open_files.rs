//! The number of files and connections that this process may have open at one time.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is enough for every gateway. More would only cost the system memory.
const MAX_OPEN_FILES: u64 = 1 << 16;

/// Raises the limit of this process as far as the system lets it, and returns it. `None` is no limit.
pub(crate) fn raise() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(MAX_OPEN_FILES, |maximum| maximum.min(MAX_OPEN_FILES));
    if limit.current.is_none_or(|current| current >= most) {
        return limit.current;
    }
    // A system that refuses leaves the old limit, with which the program works too.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    getrlimit(Resource::Nofile).current
}
