"""Values of the contract out of those of the runtime."""

from __future__ import annotations

from typing import Any

from wasmtime.component import Variant

from tagseal.contract import Changed, ChangedRule, Converted, Diagnostic, Refusal, Severity
from tagseal.errors import RefusedError


def diagnostics(values: list[Any]) -> tuple[Diagnostic, ...]:
    """Returns diagnostics."""
    return tuple(
        Diagnostic(
            severity=Severity(value.severity),
            pointer=value.pointer,
            line=value.line,
            column=value.column,
            message=value.message,
            help=value.help,
        )
        for value in values
    )


def accepted(result: Any) -> Any:
    """Returns what a result has where it is not a refusal.

    Raises:
        RefusedError: It is a refusal.
    """
    if isinstance(result, str):
        return result
    if isinstance(result, Variant) and result.tag == "ok":
        return result.payload
    value: Any = result.payload if isinstance(result, Variant) else result
    refusal = Refusal(
        code=value.code, message=value.message, rule=value.rule, diagnostics=diagnostics(value.diagnostics)
    )
    raise RefusedError(refusal)


def changed(value: Any) -> Changed:
    """Returns the result of a change."""
    rules = tuple(ChangedRule(rule.id, rule.rule, diagnostics(rule.warnings)) for rule in value.rules)
    return Changed(value.document, value.revision, rules)


def converted(value: Any) -> Converted:
    """Returns the result of an import or an export."""
    return Converted(value.text, diagnostics(value.losses))
