"""Events of vectors, typed."""

from __future__ import annotations

import json
from typing import Any

from tagseal import DeleteManifest, DeleteTag, Event, Operation, Retired, TagWrite, Write
from vectors.raw_json import has_duplicate_key

#: Bytes that an event in JSON may have. A typed event has no such limit.
_MAX_EVENT_BYTES = 1 << 20


class _NotTypedError(Exception):
    """Only a text can be this: it does not have the form of an event."""


def typed_event(text: str) -> Event | None:
    """Returns the typed event of the same meaning. None for what does not have the form of an event."""
    try:
        if len(text.encode()) > _MAX_EVENT_BYTES:
            return None
        value = json.loads(text)
        # A text with half a character can't be written.
        json.dumps(value, ensure_ascii=False).encode()
        return None if has_duplicate_key(text) else _event(value)
    except (_NotTypedError, ValueError, RecursionError):
        return None


def _event(value: Any) -> Event:
    if not isinstance(value, dict):
        raise _NotTypedError
    fields = dict(value)
    context = fields.pop("context", {})
    if not isinstance(context, dict) or len(fields) != 1:
        raise _NotTypedError
    [(name, operation)] = fields.items()
    return Event(_operation(name, operation), {key: _text(fact) for key, fact in context.items()})


def _operation(name: str, value: Any) -> Operation:
    match name, value:
        case "write", {"repository": repository, "digest": digest, "tags": list(tags), **rest} if not rest:
            return Write(_text(repository), _text(digest), [_tag_write(tag) for tag in tags])
        case "delete-tag", {"repository": repository, "tag": tag, **rest}:
            return DeleteTag(_text(repository), _text(tag), _remembers(rest))
        case "delete-manifest", {"repository": repository, "digest": digest, "tags": tags, **rest}:
            return DeleteManifest(_text(repository), _text(digest), _tags(tags), _remembers(rest))
        case _:
            raise _NotTypedError


def _tag_write(value: Any) -> TagWrite:
    match value:
        case {"tag": str(tag), "current": str(current), **rest} if not rest:
            return TagWrite(tag, current)
        case {"tag": str(tag), "current": {"retired": str(digest), **more}, **rest} if not rest and not more:
            return TagWrite(tag, Retired(digest))
        case _:
            raise _NotTypedError


def _tags(value: Any) -> list[str] | None:
    if value == "unknown":
        return None
    if not isinstance(value, list):
        raise _NotTypedError
    return [_text(tag) for tag in value]


def _remembers(rest: dict[Any, Any]) -> bool:
    remembers = rest.pop("remembers", False)
    if rest or not isinstance(remembers, bool):
        raise _NotTypedError
    return remembers


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _NotTypedError
    return value
