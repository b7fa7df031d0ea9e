//! A compiled document, in as many instances as threads ask it at the same time.

use crate::call_error::{CallError, CompileError};
use crate::contract::{Decision, Diagnostic, Event};
use crate::instance::Instance;
use crate::loaded::Loaded;
use crate::pool::{Member, Pool};
use std::fmt;
use std::sync::Arc;

/// A policy document that was checked and compiled. Threads share it and ask it in parallel. Clones share the same instances.
///
/// It never changes: for a new document, compile another policy and drop this one.
#[derive(Clone)]
pub struct Policy(Arc<Compiled>);

struct Compiled {
    pool: Arc<Pool>,
    revision: u64,
}

impl Policy {
    /// Compiles a document in the first instance of a new pool.
    pub(crate) fn new(loaded: Arc<Loaded>, document: &str) -> Result<Self, CompileError> {
        let mut first = Instance::new(Arc::clone(&loaded), document)?;
        let fuel = first.fuel();
        let revision = first.revision()?;
        let pool = Pool::new(loaded, document.into(), first, fuel);
        Ok(Self(Arc::new(Compiled { pool, revision })))
    }

    /// Decides an event. If no answer comes, the decision is a denial with the code `unavailable`.
    pub fn evaluate(&self, event: &Event) -> Decision {
        self.try_evaluate(event).unwrap_or_else(|error| error.deny(self.0.revision))
    }

    /// Decides an event.
    ///
    /// # Errors
    ///
    /// The component fails, or all its instances are busy until the deadline. The event is then not decided, and must not be
    /// treated as allowed.
    pub fn try_evaluate(&self, event: &Event) -> Result<Decision, CallError> {
        self.ask(|instance| instance.evaluate(event))
    }

    /// Decides an event as [`Policy::evaluate`] does, if an instance is idle. Returns `None` if all are busy and it would have to
    /// wait.
    pub fn evaluate_at_once(&self, event: &Event) -> Option<Decision> {
        let answer = self.ask_one(self.0.pool.take_idle()?, |instance| instance.evaluate(event));
        Some(answer.unwrap_or_else(|error| error.deny(self.0.revision)))
    }

    /// Decides each event by itself, in order, in one call and within one deadline.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`]. None of the events is then decided.
    pub fn evaluate_batch(&self, events: &[Event]) -> Result<Vec<Decision>, CallError> {
        self.ask(|instance| instance.evaluate_batch(events))
    }

    /// Decides an event in JSON, and answers in JSON.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`]. An event that can't be read is not an error: it is denied as `malformed`.
    pub fn evaluate_json(&self, event: &str) -> Result<String, CallError> {
        self.ask(|instance| instance.evaluate_json(event))
    }

    /// Explains what the policy does to one tag. The question is JSON, `{"repository": "prod/app", "tag": "v1"}`, optionally with
    /// the `context` of an event. The answer is JSON too: each rule that is considered, each selector with its result, and the
    /// outcome of everything that can happen to the tag. The document is parsed again for it, within the compile deadline.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`]. A question that can't be read is answered by `{"malformed": "…"}`.
    pub fn explain_json(&self, question: &str) -> Result<String, CallError> {
        self.ask(|instance| instance.explain_json(question))
    }

    /// Returns warnings: what is valid in the document but almost certainly not meant. The document is parsed again for it, as
    /// slowly as for problems, within the compile deadline.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`].
    pub fn warnings(&self) -> Result<Vec<Diagnostic>, CallError> {
        self.ask(Instance::warnings)
    }

    /// Returns the revision of the document, or 0 if it has none.
    pub fn revision(&self) -> u64 {
        self.0.revision
    }

    /// Returns the bytes of memory that all its instances hold now.
    pub fn memory(&self) -> usize {
        self.0.pool.memory()
    }

    /// Returns the number of its instances, with the one that is being made.
    pub fn instances(&self) -> usize {
        self.0.pool.instances()
    }

    /// Returns the fuel that all calls have used so far, except for those that compiled the document in further instances.
    /// Returns 0 without a limit ([`Settings::fuel`](crate::Settings::fuel)).
    pub fn fuel(&self) -> u64 {
        self.0.pool.fuel()
    }

    /// Lets the component drop the policy by its own destructor, in each idle instance. This is not necessary: a dropped policy
    /// drops its instances with all their memory, whatever the destructor would do.
    ///
    /// # Errors
    ///
    /// The destructor fails. The instances are dropped nevertheless.
    pub fn close(self) -> Result<(), CallError> {
        self.0.pool.drain().try_for_each(|member| member.instance.close())
    }

    /// Asks an instance, and gives it back if it has answered.
    fn ask<T>(&self, question: impl FnOnce(&mut Instance) -> Result<T, CallError>) -> Result<T, CallError> {
        let member = self.0.pool.take()?;
        self.ask_one(member, question)
    }

    fn ask_one<T>(
        &self,
        mut member: Box<Member>,
        question: impl FnOnce(&mut Instance) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let answer = question(&mut member.instance);
        match answer {
            Ok(_) => self.0.pool.give(member),
            Err(_) => self.0.pool.replace(member),
        }
        answer
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Policy").field("revision", &self.0.revision).finish_non_exhaustive()
    }
}
