//! The engine, without a component around it.

use tagseal::CallError;
use tagseal::contract;
use tagseal_engine::Policy;
use tagseal_engine::convert::{self, Converted};
use tagseal_engine::diagnostic::{Diagnostic, Severity};
use tagseal_engine::manage::{self, Changed, ChangedRule};
use tagseal_engine::refusal::Refusal;
use tagseal_vectors::{Event, Subject, SubjectPolicy};

/// The engine, without a component around it.
pub(crate) struct Native;

struct Compiled(Policy);

impl Subject for Native {
    fn compile(&self, document: &str) -> Result<Result<Box<dyn SubjectPolicy>, Vec<contract::Diagnostic>>, CallError> {
        Ok(match Policy::compile(document.to_owned()) {
            Ok(policy) => Ok(Box::new(Compiled(policy))),
            Err(problems) => Err(diagnostics(problems)),
        })
    }

    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, contract::Refusal>, CallError> {
        Ok(manage::list(document, query).map_err(refusal))
    }

    fn change_rules(
        &self,
        document: &str,
        change: &str,
    ) -> Result<Result<contract::Changed, contract::Refusal>, CallError> {
        let changed = manage::change(document, change);
        Ok(changed.map(self::changed).map_err(refusal))
    }

    fn import_rules(
        &self,
        format: &str,
        text: &str,
        options: &str,
    ) -> Result<Result<contract::Converted, contract::Refusal>, CallError> {
        Ok(convert::import(format, text, options).map(converted).map_err(refusal))
    }

    fn export_rules(
        &self,
        format: &str,
        document: &str,
        options: &str,
    ) -> Result<Result<contract::Converted, contract::Refusal>, CallError> {
        Ok(convert::export(format, document, options).map(converted).map_err(refusal))
    }
}

impl SubjectPolicy for Compiled {
    fn decide(&self, event: &Event) -> Result<String, CallError> {
        Ok(self.0.evaluate_json(event.text()))
    }

    fn explain(&self, question: &str) -> Result<String, CallError> {
        Ok(self.0.explain_json(question))
    }

    fn warnings(&self) -> Result<Vec<contract::Diagnostic>, CallError> {
        Ok(diagnostics(self.0.warnings()))
    }

    fn revision(&self) -> u64 {
        self.0.revision()
    }
}

fn changed(Changed { document, revision, rules }: Changed) -> contract::Changed {
    let rules = rules.into_iter().map(|ChangedRule { id, rule, warnings }| contract::ChangedRule {
        id,
        rule,
        warnings: diagnostics(warnings),
    });
    contract::Changed { document, revision, rules: rules.collect() }
}

fn converted(Converted { text, losses }: Converted) -> contract::Converted {
    contract::Converted { text, losses: diagnostics(losses) }
}

fn refusal(Refusal { code, message, rule, diagnostics }: Refusal) -> contract::Refusal {
    contract::Refusal { code: code.word().to_owned(), message, rule, diagnostics: self::diagnostics(diagnostics) }
}

fn diagnostics(diagnostics: Vec<Diagnostic>) -> Vec<contract::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> contract::Diagnostic {
    let Diagnostic { severity, pointer, line, column, message, help } = diagnostic;
    let severity = match severity {
        Severity::Problem => contract::Severity::Problem,
        Severity::Warning => contract::Severity::Warning,
    };
    contract::Diagnostic { severity, pointer, line, column, message, help }
}
