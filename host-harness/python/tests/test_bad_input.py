"""Broken input, from the list that the tests of every host read: a typed error or a denial, never a permission."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from tagseal import Component, DocumentError, LoadError, LoadProblem, Settings

_LIST: dict[str, Any] = json.loads((Path(__file__).parents[3] / "tests" / "hostile" / "bad-input.json").read_text())
_JUNK = "x" * _LIST["junk-bytes"]
_HEADER = b"\0asm\x0d\0\x01\0"
_NO_CACHE = Settings(cache=False)


def _problem(component: bytes, settings: Settings = _NO_CACHE) -> LoadProblem:
    with pytest.raises(LoadError) as caught:
        Component(component, settings)
    return caught.value.problem


@pytest.mark.parametrize(("name", "problem"), _LIST["components"].items())
def test_bad_components_are_refused(hostile_folder: Path, name: str, problem: str) -> None:
    assert _problem(bytes(wat2wasm((hostile_folder / f"{name}.wat").read_text()))) == problem


@pytest.mark.parametrize("text", _LIST["not-components"])
def test_what_is_no_component_is_refused(text: str) -> None:
    assert _problem(text.encode()) is LoadProblem.NOT_A_COMPONENT


@pytest.mark.parametrize("per_mille", _LIST["cut-after-per-mille"])
def test_a_component_that_is_cut_anywhere_is_refused(component_bytes: bytes, per_mille: int) -> None:
    cut = component_bytes[: len(component_bytes) * per_mille // 1000]
    assert _problem(cut) in {LoadProblem.NOT_A_COMPONENT, LoadProblem.INTERFACE}


@pytest.mark.parametrize("start", [b"", _HEADER], ids=["without a header", "after a header"])
def test_junk_is_no_component_whatever_its_size(start: bytes) -> None:
    junk = start.ljust(_LIST["junk-bytes"], b"\xff")
    assert _problem(junk) is LoadProblem.SIZE
    assert _problem(junk, Settings(cache=False, component_bytes=1 << 30)) is LoadProblem.NOT_A_COMPONENT


@pytest.mark.parametrize("text", [*_LIST["documents"], pytest.param(_JUNK, id="junk")])
def test_bad_documents_are_invalid(component: Component, text: str) -> None:
    with pytest.raises(DocumentError) as caught:
        component.compile(text)
    assert caught.value.diagnostics


@pytest.mark.parametrize("text", [*_LIST["events"], pytest.param(_JUNK, id="junk")])
def test_bad_events_are_denied_by_a_policy_that_allows_what_it_understands(component: Component, text: str) -> None:
    with component.compile(_LIST["allowing-document"]) as policy:
        decision = json.loads(policy.decide_json(text))
    assert (decision["outcome"], decision["code"]) == ("deny", "malformed")
