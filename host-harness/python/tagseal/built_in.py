"""The component that this package brings."""

from __future__ import annotations

from pathlib import Path

from tagseal.errors import LoadError, LoadProblem

_NAME = "tagseal.wasm"

#: In the package, and in a checkout of the project, where the one copy of it lies with the host for Go.
_PLACES = (Path(__file__).parent / _NAME, Path(__file__).parents[2] / "go" / _NAME)


def built_in_bytes() -> bytes:
    """Returns the bytes of the component that this package brings.

    Raises:
        LoadError: It brings none.
    """
    for place in _PLACES:
        if place.is_file():
            return place.read_bytes()
    raise LoadError(LoadProblem.FILE, "this package brings no component; load one from a file")
