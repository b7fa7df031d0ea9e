"""Events as JSON, and decisions out of JSON."""

from __future__ import annotations

import json
from typing import Any

from tagseal.contract import (
    Decision,
    DeleteManifest,
    DeleteTag,
    Event,
    Operation,
    Outcome,
    Precondition,
    Retired,
    TagDecision,
    Write,
)
from tagseal.errors import CallError, CallProblem

#: The words by which enumerations are looked up, which is faster than to call the enumeration.
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_PRECONDITIONS = {precondition.value: precondition for precondition in Precondition}


def event_json(event: Event | Operation) -> str:
    """Writes an event as JSON. An operation alone is an event without a context."""
    if isinstance(event, Event):
        operation = _operation(event.operation)
        return json.dumps({**operation, "context": dict(event.context)} if event.context else operation)
    return json.dumps(_operation(event))


def _operation(operation: Operation) -> dict[str, object]:
    match operation:
        case Write(repository, digest, tags):
            writes = [{"tag": write.tag, "current": _current(write.current)} for write in tags]
            return {"write": {"repository": repository, "digest": digest, "tags": writes}}
        case DeleteTag(repository, tag, remembers):
            return {"delete-tag": {"repository": repository, "tag": tag, "remembers": remembers}}
        case DeleteManifest(repository, digest, tags, remembers):
            known = "unknown" if tags is None else list(tags)
            fields = {"repository": repository, "digest": digest, "tags": known, "remembers": remembers}
            return {"delete-manifest": fields}


def _current(current: str | Retired) -> object:
    return {"retired": current.digest} if isinstance(current, Retired) else current


def decision_from_json(text: str) -> Decision:
    """Reads a decision.

    Raises:
        CallError: The text is not a decision of the contract.
    """
    try:
        return _decision(json.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CallError(CallProblem.ANSWER, "the component answered with something that is not a decision") from error


def _decision(fields: dict[str, Any]) -> Decision:
    return Decision(
        outcome=_OUTCOMES[fields["outcome"]],
        code=fields["code"],
        rule=fields["rule"],
        namespace=fields["namespace"],
        pair=fields["pair"],
        revision=fields["revision"],
        message=fields["message"],
        tags=tuple(_tag_decision(tag) for tag in fields["tags"]),
    )


def _tag_decision(fields: dict[str, Any]) -> TagDecision:
    return TagDecision(
        tag=fields["tag"],
        outcome=_OUTCOMES[fields["outcome"]],
        code=fields["code"],
        rule=fields["rule"],
        namespace=fields["namespace"],
        pair=fields["pair"],
        precondition=_PRECONDITIONS[fields["precondition"]],
    )


def decision_json(decision: Decision) -> str:
    """Writes a decision as the component writes it."""
    tags = [_fields(tag) for tag in decision.tags]
    return json.dumps({**_fields(decision), "tags": tags}, separators=(",", ":"))


def _fields(value: Decision | TagDecision) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__slots__}
