//! The engine, without a component around it.

use tagseal::Failure;
use tagseal::contract;
use tagseal::vector::{Event, Judge, Subject};
use tagseal_engine::Policy;
use tagseal_engine::diagnostic::{Diagnostic, Severity};
use tagseal_engine::exchange::{self, Converted};
use tagseal_engine::refusal::Refusal;
use tagseal_engine::rules::{self, Changed};

/// The engine, without a component around it.
pub(crate) struct Native;

struct Compiled(Policy);

impl Subject for Native {
    fn compile(&self, document: &str) -> Result<Result<Box<dyn Judge>, Vec<contract::Diagnostic>>, Failure> {
        Ok(match Policy::compile(document.to_owned()) {
            Ok(policy) => Ok(Box::new(Compiled(policy))),
            Err(problems) => Err(diagnostics(problems)),
        })
    }

    fn list_rules(&self, document: &str, query: &str) -> Result<Result<String, contract::Refusal>, Failure> {
        Ok(rules::list(document, query).map_err(refusal))
    }

    fn change_rules(
        &self,
        document: &str,
        change: &str,
    ) -> Result<Result<contract::Changed, contract::Refusal>, Failure> {
        let changed = rules::change(document, change);
        let typed = |Changed { document, rule, revision }| contract::Changed { document, rule, revision };
        Ok(changed.map(typed).map_err(refusal))
    }

    fn import_rules(
        &self,
        format: &str,
        text: &str,
        options: &str,
    ) -> Result<Result<contract::Converted, contract::Refusal>, Failure> {
        Ok(exchange::import(format, text, options).map(converted).map_err(refusal))
    }

    fn export_rules(
        &self,
        format: &str,
        document: &str,
        options: &str,
    ) -> Result<Result<contract::Converted, contract::Refusal>, Failure> {
        Ok(exchange::export(format, document, options).map(converted).map_err(refusal))
    }
}

impl Judge for Compiled {
    fn decide(&self, event: &Event) -> Result<String, Failure> {
        Ok(self.0.evaluate_json(event.text()))
    }

    fn explain(&self, question: &str) -> Result<String, Failure> {
        Ok(self.0.explain_json(question))
    }

    fn warnings(&self) -> Result<Vec<contract::Diagnostic>, Failure> {
        Ok(diagnostics(self.0.warnings()))
    }

    fn revision(&self) -> u64 {
        self.0.revision()
    }
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
    let Diagnostic { severity, pointer, line, column, message, mend } = diagnostic;
    let severity = match severity {
        Severity::Problem => contract::Severity::Problem,
        Severity::Warning => contract::Severity::Warning,
    };
    contract::Diagnostic { severity, pointer, line, column, message, mend }
}
