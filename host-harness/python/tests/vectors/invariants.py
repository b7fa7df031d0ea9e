"""What holds of every answer, whatever a vector expects."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tagseal import Changed, Diagnostic, Refusal, Severity
from vectors.raw_json import raw_elements, raw_fields, raw_objects

_PRINTABLE_LINE = re.compile(r"[ -~]{0,600}")

#: Diagnostics before the one that counts the rest.
_MAX_DIAGNOSTICS = 1_000
_DESCRIBED_FIELDS = {"id", "namespace", "enabled", "deletion", "exempt", "note", "preset", "protects"}
_CODES_WITH_RULE = {"conflict", "not-found", "namespace-fixed"}
_CODES_WITH_DIAGNOSTICS = {"invalid", "invalid-document", "not-expressible"}


def _broken(sentences: dict[str, bool]) -> list[str]:
    return [f"expected {sentence}" for sentence, holds in sentences.items() if not holds]


def broken_of_decision(decision: dict[str, Any]) -> list[str]:
    """Returns what does not hold of a decision."""
    message, is_allowed = decision["message"], decision["outcome"] == "allow"
    return _broken(
        {
            "a message of one line of printable ASCII": _PRINTABLE_LINE.fullmatch(message) is not None,
            "a message where something is denied, and none where all is allowed": (message == "") == is_allowed,
        }
    )


def broken_of_diagnostics(severity: Severity, diagnostics: Sequence[Diagnostic]) -> list[str]:
    """Returns what does not hold of diagnostics that all have the same severity."""
    places = [(diagnostic.line, diagnostic.column) for diagnostic in diagnostics[:_MAX_DIAGNOSTICS]]
    return _broken(
        {
            f"diagnostics of the severity {severity}, each with a message and help": all(
                diagnostic.severity is severity and diagnostic.message and diagnostic.help for diagnostic in diagnostics
            ),
            "diagnostics in the order of their places": places == sorted(places),
        }
    )


def broken_of_refusal(refusal: Refusal, codes: Sequence[str]) -> list[str]:
    """Returns what does not hold of a refusal that may have these codes."""
    code, has_diagnostics = refusal.code, bool(refusal.diagnostics)
    is_line = refusal.message != "" and all(unicodedata.category(letter) != "Cc" for letter in refusal.message)
    may_have_diagnostics = code in _CODES_WITH_DIAGNOSTICS or code == "conflict"
    return broken_of_diagnostics(Severity.PROBLEM, refusal.diagnostics) + _broken(
        {
            f"one of the codes {', '.join(codes)}": code in codes,
            "a message of one line": is_line,
            "a rule only where one is in the way or meant": refusal.rule is None or code in _CODES_WITH_RULE,
            "diagnostics where a text is invalid": has_diagnostics or code not in _CODES_WITH_DIAGNOSTICS,
            "diagnostics only where a text is invalid, or a merge is in conflict": not has_diagnostics
            or may_have_diagnostics,
        }
    )


@dataclass(frozen=True)
class _Outline:
    """A document as changes see it."""

    revision: int
    next_id: int
    rules: dict[int, str]
    others: dict[str, str]

    @classmethod
    def read(cls, document: str) -> _Outline:
        others = raw_fields(document)
        revision, next_id = int(others.pop("revision", "0")), int(others.pop("next-id", "0"))
        rules = {rule["id"]: text for text, rule in raw_objects(others.pop("rules", "[]"))}
        others.pop("overrides", None)
        return cls(revision, next_id, rules, others)

    @property
    def free_id(self) -> int:
        """The least id that was never given, as far as the document says."""
        return max(self.next_id, max(self.rules, default=0) + 1)

    def without(self, ids: Iterable[int]) -> list[str]:
        """The texts of all other rules."""
        touched = set(ids)
        return [text for id_, text in self.rules.items() if id_ not in touched]


def broken_of_change(before: str, changed: Changed, compiled: int | None) -> list[str]:
    """Returns what does not hold of a change, whose new document compiles to a policy of a revision, if at all."""
    old, new = _Outline.read(before), _Outline.read(changed.document)
    is_changed = before != changed.document
    ids = [rule.id for rule in changed.rules]
    diagnostics = [broken_of_diagnostics(Severity.WARNING, rule.warnings) for rule in changed.rules]
    return [line for lines in diagnostics for line in lines] + _broken(
        {
            "a new document that compiles to a policy of the revision": compiled == changed.revision,
            "a revision that is one more where the text has changed": changed.revision == old.revision + is_changed,
            "all other rules as they were, byte for byte": old.without(ids) == new.without(ids),
            "all other fields as they were, byte for byte": old.others == new.others,
            "each rule that changed as it is in the new document": all(
                rule.rule == new.rules.get(rule.id) for rule in changed.rules
            ),
            "new rules with ids that were never given": all(
                id_ in old.rules or id_ >= old.free_id for id_ in new.rules.keys() - old.rules.keys()
            ),
            "a `next-id` that was never given": not is_changed or new.next_id >= max(old.free_id, new.free_id),
        }
    )


def broken_of_list(document: str, query: str, answer: str) -> list[str]:
    """Returns what does not hold of a list of rules."""
    listed, own = raw_fields(answer), raw_fields(document)
    rules = iter(raw_elements(own.get("rules", "[]")))
    listed_rules, ids = [], []
    for text, rule in raw_objects(listed["rules"]):
        listed_rules.append(text)
        ids.append(rule["id"])
    described = json.loads(listed.get("described", "null")) or []
    has_namespaces = "namespaces" in raw_fields(query)
    return _broken(
        {
            "the document's revision": listed.get("revision") == own.get("revision", "0"),
            "rules of the document, byte for byte and in its order": all(rule in rules for rule in listed_rules),
            "the same rules described, each with every field": [rule["id"] for rule in described] == ids
            and all(rule.keys() >= _DESCRIBED_FIELDS for rule in described),
            "`without-rule` where the query gives namespaces": ("without-rule" in listed) == has_namespaces,
        }
    )


def broken_of_explanation(explained: dict[str, Any], decided: dict[str, dict[str, Any]]) -> list[str]:
    """Returns what does not hold of an explanation, where the policy decides so of each thing that is explained."""
    if "malformed" in explained:
        return _broken(
            {
                "a line of printable ASCII": _PRINTABLE_LINE.fullmatch(explained["malformed"]) is not None,
                "nothing besides `malformed`": len(explained) == 1,
            }
        )
    fields = ("outcome", "code", "rule", "namespace", "pair")
    outcomes = {name: {field: decision[field] for field in fields} for name, decision in decided.items()}
    rules = [_broken_of_explained_rule(rule) for rule in explained["rules"]]
    return [line for lines in rules for line in lines] + _broken(
        {"outcomes that are what the policy decides": explained["outcomes"] == outcomes}
    )


def _broken_of_explained_rule(rule: dict[str, Any]) -> list[str]:
    pairs = rule["pairs"]
    selectors = [pair[side] for pair in pairs for side in ("repositories", "tags")]
    is_protected = rule["enabled"] and rule["exempt"] is None and any(pair["holds"] for pair in pairs)
    return _broken(
        {
            "`protects` of a rule that is enabled, a tag that is not exempt and a pair that holds": rule["protects"]
            == is_protected,
            "`holds` of pairs whose selectors both hold": all(
                pair["holds"] == (pair["repositories"]["holds"] and pair["tags"]["holds"]) for pair in pairs
            ),
            "patterns in each selector": all(
                selector.get("matches") or selector.get("excludes") for selector in selectors
            ),
            "all pairs in their order": [pair["pair"] for pair in pairs] == list(range(len(pairs))),
        }
    )
