"""The texts of the fields and the elements of JSON, byte for byte. The JSON must be valid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_SPACES = " \t\n\r"
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def raw_fields(text: str) -> dict[str, str]:
    """Returns the fields of an object: each key, with the text of its value."""
    return dict(_fields(text, _skip(text, 0)))


def raw_elements(text: str) -> list[str]:
    """Returns the texts of the elements of a list."""
    return [text[start:end] for start, end in _elements(text, _skip(text, 0))]


def raw_objects(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Returns the texts of the elements of a list of objects, each with what it says."""
    index = _skip(text, _skip(text, 0) + 1)
    while text[index] != "]":
        value, end = _DECODER.raw_decode(text, index)
        yield text[index:end], value
        index = _next(text, end)


def has_duplicate_key(text: str) -> bool:
    """Returns whether any object has a key twice, of which a parser would silently drop the first."""

    def checked(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) != len(pairs):
            raise _DuplicateKeyError
        return dict(pairs)

    try:
        json.loads(text, object_pairs_hook=checked)
    except _DuplicateKeyError:
        return True
    return False


class _DuplicateKeyError(Exception):
    """An object has a key twice."""


def _skip(text: str, index: int) -> int:
    # Most texts have no space here, and a document may have a million rules.
    if text[index : index + 1] not in _SPACES:
        return index
    found = _SPACE.match(text, index)
    return found.end() if found else index


def _fields(text: str, start: int) -> Iterator[tuple[str, str]]:
    index = _skip(text, start + 1)
    while text[index] != "}":
        key, index = _DECODER.raw_decode(text, index)
        begin = _skip(text, _skip(text, index) + 1)
        end = _end(text, begin)
        yield key, text[begin:end]
        index = _next(text, end)


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
    index = _skip(text, start + 1)
    while text[index] != "]":
        end = _end(text, index)
        yield index, end
        index = _next(text, end)


def _next(text: str, end: int) -> int:
    """Returns where the part after this one begins, or the closing bracket."""
    index = _skip(text, end)
    return _skip(text, index + 1) if text[index] == "," else index


def _end(text: str, start: int) -> int:
    """Returns where a value ends. A list may be long, so it is not kept whole."""
    if text[start] != "[":
        return int(_DECODER.raw_decode(text, start)[1])
    index = _skip(text, start + 1)
    while text[index] != "]":
        index = _next(text, _end(text, index))
    return index + 1
