"""What is expected is compared part by part: an answer may have more fields than are expected, and nothing else."""

from __future__ import annotations

import json
from typing import Any

_MAX_SHOWN_CHARACTERS = 500


def differences(expected: Any, came: Any, pointer: str = "") -> list[str]:
    """Returns where an answer is not what was expected."""
    if isinstance(expected, dict) and isinstance(came, dict):
        return [
            difference
            for key, field in expected.items()
            for difference in (
                differences(field, came[key], f"{pointer}/{key}")
                if key in came
                else [f"{pointer}/{key}: expected {show(field)}, and it is missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(came, list):
        if len(expected) != len(came):
            return [f"{pointer}: expected {len(expected)} elements, came {len(came)}: {show(came)}"]
        return [
            difference
            for index, (element, other) in enumerate(zip(expected, came, strict=True))
            for difference in differences(element, other, f"{pointer}/{index}")
        ]
    is_same = type(expected) is type(came) and expected == came
    return [] if is_same else [f"{pointer}: expected {show(expected)}, came {show(came)}"]


def whole_differences(expected: Any, came: Any, pointer: str) -> list[str]:
    """Returns where an answer is not exactly what was expected, with nothing more in it."""
    missing = differences(expected, came, pointer)
    if missing or not differences(came, expected, pointer):
        return missing
    return [f"{pointer}: expected {show(expected)} and nothing more, came {show(came)}"]


def show(value: Any) -> str:
    """Returns a value for people."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= _MAX_SHOWN_CHARACTERS:
        return text
    return f"{text[:_MAX_SHOWN_CHARACTERS]}… ({len(text)} characters)"
