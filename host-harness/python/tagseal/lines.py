"""Lines of bytes as they come, in bounded memory, whatever is on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

#: Most bytes of an event in JSON. A longer line is passed over without being kept.
MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class NotAnEvent:
    """A line about which no component can be asked, and why."""

    problem: str


_TOO_LONG = NotAnEvent(f"the line is longer than {MAX_LINE_BYTES} bytes; split the event")
_EMPTY = NotAnEvent("the line is empty; write an event on it, or remove it")
_NOT_TEXT = NotAnEvent("the line is not UTF-8; write JSON in UTF-8")


def read_lines(source: BinaryIO) -> Iterator[str | NotAnEvent]:
    """Reads lines, each as soon as it is there."""
    while line := source.readline(MAX_LINE_BYTES + 1):
        content = line.removesuffix(b"\n")
        if len(content) > MAX_LINE_BYTES:
            _skip_line(source)
            yield _TOO_LONG
        else:
            yield _text(content)


def _skip_line(source: BinaryIO) -> None:
    while (rest := source.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass


def _text(content: bytes) -> str | NotAnEvent:
    if not content.strip(b" \t\f\r"):
        return _EMPTY
    try:
        return content.decode()
    except UnicodeDecodeError:
        return _NOT_TEXT
