"""What several suites need: the component that is tested, and where things are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tagseal import Component, Settings
from tagseal.built_in import built_in_bytes

#: Deadlines that a machine with more to do can keep.
PATIENT = Settings(compile_seconds=600, decision_seconds=60)

_ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def component_bytes() -> bytes:
    """Returns the bytes of the component that is tested."""
    path = os.environ.get("TAGSEAL_COMPONENT")
    return Path(path).read_bytes() if path else built_in_bytes()


@pytest.fixture(scope="session")
def component(component_bytes: bytes) -> Iterator[Component]:
    """Loads the component that is tested."""
    with Component(component_bytes, PATIENT) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def hostile_folder() -> Path:
    """Returns the folder of the hostile components, which are text that the runtime can read."""
    return _ROOT / "tests" / "hostile"


@pytest.fixture(scope="session")
def interface_table() -> Path:
    """Returns the table that is made from the WIT."""
    return _ROOT / "wit" / "interface.json"
