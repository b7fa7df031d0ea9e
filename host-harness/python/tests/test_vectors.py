"""Every vector of `tests/vectors`, each as a test with the vector's sentence as its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tagseal import Component
from vectors.file import read_vectors
from vectors.kinds import KINDS, Vector

_FOLDER = Path(os.environ.get("TAGSEAL_VECTORS", Path(__file__).parents[3] / "tests" / "vectors"))

_CASES = [
    pytest.param(file.kind, vector, id=f"{file.name}: {vector['name']}")
    for file in read_vectors(_FOLDER)
    for vector in file.vectors
]


@pytest.mark.parametrize(("kind", "vector"), _CASES)
def test_vector(kind: str, vector: Vector, component: Component) -> None:
    wrong = KINDS[kind].check(vector, component)
    assert not wrong, "\n".join(wrong)
