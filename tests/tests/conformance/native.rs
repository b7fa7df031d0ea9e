//! The engine, without a component around it.

use tagseal::Failure;
use tagseal::contract;
use tagseal::vector::{Event, Judge, Subject};
use tagseal_engine::Policy;
use tagseal_engine::diagnostic::{Diagnostic, Severity};

/// The engine, without a component around it.
pub(crate) struct Native;

struct Compiled(Policy);

impl Subject for Native {
    fn compile(&self, document: &str) -> Result<Result<Box<dyn Judge>, Vec<contract::Diagnostic>>, Failure> {
        Ok(match Policy::compile(document.to_owned()) {
            Ok(policy) => Ok(Box::new(Compiled(policy))),
            Err(problems) => Err(problems.into_iter().map(diagnostic).collect()),
        })
    }
}

impl Judge for Compiled {
    fn decide(&self, event: &Event) -> Result<String, Failure> {
        Ok(self.0.evaluate_json(event.text()))
    }

    fn warnings(&self) -> Result<Vec<contract::Diagnostic>, Failure> {
        Ok(self.0.warnings().into_iter().map(diagnostic).collect())
    }

    fn revision(&self) -> u64 {
        self.0.revision()
    }
}

fn diagnostic(diagnostic: Diagnostic) -> contract::Diagnostic {
    let Diagnostic { severity, pointer, line, column, message, mend } = diagnostic;
    let severity = match severity {
        Severity::Problem => contract::Severity::Problem,
        Severity::Warning => contract::Severity::Warning,
    };
    contract::Diagnostic { severity, pointer, line, column, message, mend }
}
