"""The core modules in a component."""

from __future__ import annotations

from collections.abc import Iterator

_CORE_MODULE = 1
_HEADER_BYTES = 8


def core_modules(component: bytes) -> Iterator[memoryview]:
    """Returns the core modules that lie directly in a valid component."""
    content = memoryview(component)
    offset = _HEADER_BYTES
    while offset < len(content):
        section = content[offset]
        size, start = _u32(content, offset + 1)
        offset = start + size
        if section == _CORE_MODULE:
            yield content[start:offset]


def _u32(content: memoryview, offset: int) -> tuple[int, int]:
    """Returns a number in LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte = content[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset
        shift += 7
