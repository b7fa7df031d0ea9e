//! A checked and compiled document, held by as many instances as threads ask at once.

use crate::component::Component;
use crate::contract::{Decision, Diagnostic, Event};
use crate::failure::{CompileError, Failure};
use crate::instance::Instance;
use crate::pool::{Member, Pool};
use std::fmt;
use std::sync::Arc;

/// A checked and compiled document. Threads share it and ask it in parallel; clones share the same instances.
///
/// It never changes: for a new document, compile another policy and drop this one.
#[derive(Clone)]
pub struct Policy(Arc<Checked>);

struct Checked {
    pool: Arc<Pool>,
    revision: u64,
}

impl Policy {
    /// Compiles a document in the first instance of a new pool.
    pub(crate) fn new(component: Component, document: &str) -> Result<Self, CompileError> {
        let mut first = Instance::new(component.clone(), document)?;
        let fuel = first.fuel();
        let revision = first.revision()?;
        let pool = Pool::new(component, document.into(), first, fuel);
        Ok(Self(Arc::new(Checked { pool, revision })))
    }

    /// Decides an event. Total: where no answer comes, the decision is a denial with the code `unavailable`.
    pub fn evaluate(&self, event: &Event) -> Decision {
        self.try_evaluate(event).unwrap_or_else(|failure| failure.deny(self.0.revision))
    }

    /// Decides an event.
    ///
    /// # Errors
    ///
    /// The component fails, or all its instances are busy until the deadline. It is then not decided, and must not be
    /// taken as allowed.
    pub fn try_evaluate(&self, event: &Event) -> Result<Decision, Failure> {
        self.ask(|instance| instance.evaluate(event))
    }

    /// Decides an event as [`Policy::evaluate`] does, but only if an instance is idle. `None`: all are busy, and to ask
    /// would be to wait.
    pub fn evaluate_at_once(&self, event: &Event) -> Option<Decision> {
        let answer = self.ask_one(self.0.pool.take_idle()?, |instance| instance.evaluate(event));
        Some(answer.unwrap_or_else(|failure| failure.deny(self.0.revision)))
    }

    /// Decides each event by itself, in order, for the price of one crossing and within one deadline.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`]: none of them is then decided.
    pub fn evaluate_batch(&self, events: &[Event]) -> Result<Vec<Decision>, Failure> {
        self.ask(|instance| instance.evaluate_batch(events))
    }

    /// Decides an event in JSON, and answers in JSON.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`]. An event that can't be read is none: it is denied as `malformed`.
    pub fn evaluate_json(&self, event: &str) -> Result<String, Failure> {
        self.ask(|instance| instance.evaluate_json(event))
    }

    /// Explains in JSON what is decided for one tag, asked in JSON: `{"repository": "prod/app", "tag": "v1"}`. Each rule that
    /// was considered, each selector with its verdict, and the outcome of each thing that can happen to the tag. The
    /// document is read again for it, within the compile deadline.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`]. A question that can't be read is answered by `{"malformed": "…"}`.
    pub fn explain_json(&self, question: &str) -> Result<String, Failure> {
        self.ask(|instance| instance.explain_json(question))
    }

    /// What is legal in the document but surely not meant. The document is read again for it, as slowly as for
    /// problems, within the compile deadline.
    ///
    /// # Errors
    ///
    /// As [`Policy::try_evaluate`].
    pub fn warnings(&self) -> Result<Vec<Diagnostic>, Failure> {
        self.ask(Instance::warnings)
    }

    /// The revision of the document, 0 where it has none.
    pub fn revision(&self) -> u64 {
        self.0.revision
    }

    /// Bytes of memory that its instances hold now, all together.
    pub fn memory(&self) -> usize {
        self.0.pool.memory()
    }

    /// Instances that it has now, those in the making too.
    pub fn instances(&self) -> usize {
        self.0.pool.instances()
    }

    /// What all calls so far have used, those that compiled the document in further instances left out. Counted only
    /// with a limit ([`Settings::fuel`](crate::Settings::fuel)), else 0.
    pub fn fuel(&self) -> u64 {
        self.0.pool.fuel()
    }

    /// Lets the component drop the policy by its own destructor, in each instance that is idle. There is no need to:
    /// a dropped policy drops its instances and all their memory, whatever the destructor would do.
    ///
    /// # Errors
    ///
    /// The destructor fails. The instances are gone all the same.
    pub fn close(self) -> Result<(), Failure> {
        self.0.pool.drain().try_for_each(|member| member.instance.close())
    }

    /// Asks an instance, and gives it back if it has answered.
    fn ask<T>(&self, question: impl FnOnce(&mut Instance) -> Result<T, Failure>) -> Result<T, Failure> {
        let member = self.0.pool.take()?;
        self.ask_one(member, question)
    }

    fn ask_one<T>(
        &self,
        mut member: Box<Member>,
        question: impl FnOnce(&mut Instance) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
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
