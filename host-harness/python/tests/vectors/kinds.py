"""The kinds of vectors: the fields that each may have, how its question is asked, and what must hold of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tagseal import (
    Changed,
    Component,
    Converted,
    DeleteTag,
    Diagnostic,
    DocumentError,
    Policy,
    Refusal,
    RefusedError,
    Severity,
)
from tagseal.event_json import decision_json, event_json
from vectors.difference import differences, show, whole_differences
from vectors.form import expand, expand_text, spelled
from vectors.invariants import (
    broken_of_change,
    broken_of_decision,
    broken_of_diagnostics,
    broken_of_explanation,
    broken_of_list,
    broken_of_refusal,
)
from vectors.typed_event import typed_event

Vector = Mapping[str, Any]
Check = Callable[[Vector, Component], list[str]]


@dataclass(frozen=True)
class Kind:
    """A kind of vectors: its fields, the fields of each answer where they are known, and how it is checked."""

    fields: frozenset[str]
    answers: Mapping[str, frozenset[str] | None]
    check: Check


def _decide(vector: Vector, component: Component) -> list[str]:
    event = spelled(vector.get("event"), vector.get("text"))
    with component.compile(_document(vector)) as policy:
        answer = policy.try_decide_json(event)
        typed = typed_event(event)
        other = decision_json(policy.try_decide(typed)) if typed else answer
    decision = json.loads(answer)
    # Typed decisions are in JSON again, whose letters may be written in another way.
    is_same = json.loads(other) == decision and list(json.loads(other)) == list(decision)
    return [
        *([] if is_same else [f"typed it is {show(other)}, and not {show(answer)}"]),
        *differences(expand(vector["decision"]), decision),
        *broken_of_decision(decision),
    ]


def _compile(vector: Vector, component: Component) -> list[str]:
    expected = expand(_only(vector, "policy", "problems"))
    compiled = _compiled(component, spelled(vector.get("document"), vector.get("text")))
    if isinstance(compiled, tuple):
        return [
            *differences(expected, {"problems": _diagnostics(compiled)}),
            *broken_of_diagnostics(Severity.PROBLEM, compiled),
        ]
    with compiled as policy:
        warnings = policy.warnings()
    answer = {"policy": {"revision": policy.revision, "warnings": _diagnostics(warnings)}}
    return [*differences(expected, answer), *broken_of_diagnostics(Severity.WARNING, warnings)]


def _change(vector: Vector, component: Component) -> list[str]:
    document, change = _document(vector), spelled(vector.get("change"), vector.get("text"))
    codes = ["invalid", "invalid-document", "stale", "not-found", "namespace-fixed", "conflict"]

    def check(changed: Changed, expected: Vector) -> list[str]:
        rules = [{**asdict(rule), "warnings": _diagnostics(rule.warnings)} for rule in changed.rules]
        came = {"document-text": changed.document, "revision": changed.revision, "rules": rules}
        if "document" in expected:
            came["document"] = json.loads(changed.document)
        compiled = _compiled(component, changed.document)
        revision = None if isinstance(compiled, tuple) else compiled.revision
        return [*differences(_texts(expected), came), *broken_of_change(document, changed, revision)]

    return _answered(vector, "changed", codes, lambda: component.change_rules(document, change), check)


def _explain(vector: Vector, component: Component) -> list[str]:
    question = spelled(vector.get("question"), vector.get("text"))
    with component.compile(_document(vector)) as policy:
        explained = json.loads(policy.explain_json(question))
        decided = {} if "malformed" in explained else _decided(policy, json.loads(question))
    return [*differences(expand(vector["explained"]), explained), *broken_of_explanation(explained, decided)]


def _list(vector: Vector, component: Component) -> list[str]:
    document, query = _document(vector), spelled(vector.get("query"), vector.get("text"))

    def check(listed: str, expected: Vector) -> list[str]:
        return [*differences(expand(expected), json.loads(listed)), *broken_of_list(document, query, listed)]

    codes = ["invalid", "invalid-document"]
    return _answered(vector, "listed", codes, lambda: component.list_rules_json(document, query), check)


def _import(vector: Vector, component: Component) -> list[str]:
    format_, text, options = vector["format"], spelled(vector.get("rules"), vector.get("text")), _options(vector)

    def check(converted: Converted, expected: Vector) -> list[str]:
        came = {"document-text": converted.text, "losses": _diagnostics(converted.losses)}
        with component.compile(converted.text) as policy:
            deletes = _deletes(policy, expand(expected.get("deletes", {})))
        return [
            *differences(_texts(_only(expected, "document-text", "losses")), came),
            *_whole(expected, "document", lambda: json.loads(converted.text)),
            *_whole(expected, "back", lambda: _back(lambda: component.export_rules(format_, converted.text, options))),
            *broken_of_diagnostics(Severity.WARNING, converted.losses),
            *deletes,
        ]

    codes = ["unknown-format", "invalid"]
    return _answered(vector, "imported", codes, lambda: component.import_rules(format_, text, options), check)


def _export(vector: Vector, component: Component) -> list[str]:
    format_, document, options = vector["format"], _document(vector), _options(vector)
    codes = ["unknown-format", "invalid", "invalid-document", "not-found", "not-expressible"]

    def check(converted: Converted, expected: Vector) -> list[str]:
        came = {"text": converted.text, "losses": _diagnostics(converted.losses)}
        return [
            *differences(_texts(_only(expected, "text", "losses")), came),
            *_whole(expected, "rules", lambda: json.loads(converted.text)),
            *_whole(expected, "back", lambda: _back(lambda: component.import_rules(format_, converted.text, options))),
            *broken_of_diagnostics(Severity.WARNING, converted.losses),
        ]

    return _answered(vector, "exported", codes, lambda: component.export_rules(format_, document, options), check)


def _match(vector: Vector, component: Component) -> list[str]:
    wrong = []
    with (
        _pattern_policy(component, vector, "matches") as matching,
        _pattern_policy(component, vector, "excludes") as excluding,
    ):
        for field, codes in (("matches", ["immutable", "unprotected"]), ("misses", ["unprotected", "immutable"])):
            for name in expand(vector[field]):
                delete = DeleteTag(name, "a") if vector["of"] == "repositories" else DeleteTag("a", name)
                came = [
                    json.loads(policy.try_decide_json(event_json(delete)))["code"] for policy in (matching, excluding)
                ]
                wrong += differences(codes, came, f"/{field}/{name}")
    return wrong


def _kind(fields: str, check: Check, **answers: str | None) -> Kind:
    known = {name: None if inner is None else frozenset(inner.split()) for name, inner in answers.items()}
    return Kind(frozenset(fields.split()), known, check)


#: The kinds, by their names.
KINDS = {
    "decide": _kind("document event text", _decide, decision=None),
    "compile": _kind("document text", _compile, policy="revision warnings", problems=None),
    "change": _kind(
        "document document-text change text", _change, changed="document document-text rules revision", refused=None
    ),
    "explain": _kind("document question text", _explain, explained=None),
    "list": _kind("document document-text query text", _list, listed=None, refused=None),
    "import": _kind(
        "format rules text options options-text",
        _import,
        imported="document document-text losses deletes back",
        refused=None,
    ),
    "export": _kind(
        "format document document-text options options-text", _export, exported="rules text losses back", refused=None
    ),
    "match": _kind("of pattern", _match, matches=None, misses=None),
}


def _document(vector: Vector) -> str:
    text = vector.get("document-text")
    return spelled(vector.get("document") if text is None else None, text)


def _options(vector: Vector) -> str:
    text = vector.get("options-text")
    return spelled(vector.get("options", {}) if text is None else None, text)


def _only(fields: Vector, *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in names}


def _texts(expected: Vector) -> dict[str, Any]:
    """Returns what is expected, with each text written out."""
    return {
        name: expand_text(value) if name in {"document-text", "text"} else expand(value)
        for name, value in expected.items()
    }


def _compiled(component: Component, document: str) -> Policy | tuple[Diagnostic, ...]:
    try:
        return component.compile(document)
    except DocumentError as error:
        return error.diagnostics


def _diagnostics(diagnostics: tuple[Diagnostic, ...]) -> list[dict[str, Any]]:
    return [{**asdict(diagnostic), "severity": diagnostic.severity.value} for diagnostic in diagnostics]


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {"refused": {**asdict(refusal), "diagnostics": _diagnostics(refusal.diagnostics)}}


def _answered(
    vector: Vector,
    name: str,
    codes: list[str],
    ask: Callable[[], Any],
    check: Callable[[Any, Vector], list[str]],
) -> list[str]:
    """Checks an answer that may be a refusal."""
    try:
        answer = ask()
    except RefusedError as error:
        came = _refused(error.refusal)
        return [
            *differences(expand(_only(vector, name, "refused")), came),
            *broken_of_refusal(error.refusal, codes),
        ]
    expected = vector.get(name)
    return [f"expected a refusal, came {show(answer)}"] if expected is None else check(answer, expected)


def _whole(expected: Vector, field: str, came: Callable[[], Any]) -> list[str]:
    return whole_differences(expand(expected[field]), came(), f"/{field}") if field in expected else []


def _back(convert: Callable[[], Converted]) -> Any:
    """Returns what a conversion back gives."""
    try:
        return json.loads(convert().text)
    except RefusedError as error:
        return _refused(error.refusal)


def _deletes(policy: Policy, deletes: dict[str, str]) -> list[str]:
    wrong = []
    for place, code in deletes.items():
        repository, _, tag = place.partition(":")
        wrong += differences(code, policy.try_decide(DeleteTag(repository, tag)).code, f"/deletes/{place}")
    return wrong


def _pattern_policy(component: Component, vector: Vector, selector: str) -> Policy:
    pattern = vector["pattern"]
    is_object = isinstance(pattern, dict) and "$join" not in pattern
    pair = {"repositories": {"matches": "**"}, "tags": {"matches": "**"}}
    pair[vector["of"]] = {selector: expand(pattern) if is_object else expand_text(pattern)}
    rule = {"id": 1, "namespace": "*", "protects": [pair]}
    return component.compile(json.dumps({"version": 1, "rules": [rule]}))


def _decided(policy: Policy, question: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns what a policy decides when each thing that an explanation is about happens."""
    repository, tag = question["repository"], question["tag"]
    context = {"context": question["context"]} if "context" in question else {}
    digest, other = (f"sha256:{digit * 64}" for digit in "ab")

    def write(current: str) -> dict[str, Any]:
        tags = [{"tag": tag, "current": current}]
        return {"write": {"repository": repository, "digest": digest, "tags": tags}, **context}

    events = {
        "push": write("absent"),
        "push-again": write(digest),
        "push-other": write(other),
        "delete": {"delete-tag": {"repository": repository, "tag": tag}, **context},
    }
    return {name: json.loads(policy.try_decide_json(json.dumps(event))) for name, event in events.items()}
