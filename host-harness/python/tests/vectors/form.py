"""The short forms in vectors that stand for something longer, as the vectors' README describes them."""

from __future__ import annotations

import json
import re
from typing import Any

_DIGEST = re.compile("((?:sha256|sha512|blake3):|(?:sha256|sha512)-)([0-9a-f]+)…")


def _lengthen(text: str) -> str:
    def digest(found: re.Match[str]) -> str:
        start, digits = found.groups()
        length = 128 if start == "sha512:" else 64
        return start + digits + digits[-1] * (length - len(digits))

    return _DIGEST.sub(digest, text) if "…" in text else text


def expand(value: Any, number: int | None = None) -> Any:
    """Returns the value that a value of a vector stands for, where `$n` is a number."""
    if isinstance(value, str):
        if number is None:
            return _lengthen(value)
        return number if value == "$n" else _lengthen(value).replace("$n", str(number))
    if isinstance(value, list):
        return [element for part in value for element in _elements(part, number)]
    if isinstance(value, dict):
        form = next((key for key in value if key.startswith("$")), None)
        if form == "$join":
            return "".join(_joined(part, number) for part in value["$join"])
        if form is not None:
            raise ValueError(f"unknown form {form}")
        return {key: expand(field, number) for key, field in value.items()}
    return value


def _joined(part: Any, number: int | None) -> str:
    # So that a document of 256 MiB is not put together space by space.
    if isinstance(part, dict) and isinstance(part.get("$repeat"), str) and "$n" not in part["$repeat"]:
        return _lengthen(part["$repeat"]) * int(part["times"])
    return "".join(str(element) for element in _elements(part, number))


def _elements(part: Any, number: int | None) -> list[Any]:
    if isinstance(part, dict) and "$repeat" in part:
        return [expand(part["$repeat"], count) for count in range(1, part["times"] + 1)]
    return [expand(part, number)]


def expand_text(value: Any) -> str:
    """Returns a text of a vector, in which a list stands for its lines."""
    text = expand(value)
    return "\n".join(str(line) for line in text) if isinstance(text, list) else str(text)


def spelled(value: Any, text: Any) -> str:
    """Returns the text of a value, spelled by this runner, or the text itself."""
    return expand_text(text) if value is None else json.dumps(expand(value), ensure_ascii=False)
