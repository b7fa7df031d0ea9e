//! Whether an override lifts a denial.

use crate::policy::compiled::Policy;
use crate::reference::{Repository, Tag};
use crate::rule::utc_time::is_utc_time;

/// The key of the context that holds the time of the request.
const TIME: &str = "time";

impl Policy {
    /// Whether the policy has an override for a tag that has not ended at the time of the context. Without a time, or with
    /// one in another form, no override applies.
    #[inline(always)]
    pub(super) fn is_overridden(&self, repository: Repository<'_>, tag: Tag<'_>, context: &[(String, String)]) -> bool {
        !self.overrides.is_empty() && self.has_active_override(repository, tag, context)
    }

    #[cold]
    fn has_active_override(&self, repository: Repository<'_>, tag: Tag<'_>, context: &[(String, String)]) -> bool {
        let Some(until) = self.overrides.until(repository.as_str(), tag.as_str()) else { return false };
        context.iter().any(|(key, time)| key == TIME && is_utc_time(time) && time.as_str() < until)
    }
}
