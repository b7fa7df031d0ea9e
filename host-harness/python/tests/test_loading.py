"""What is not a component of the contract is refused before it runs, and with a typed error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tagseal import CacheError, Component, LoadError, LoadProblem, Settings
from tagseal.interface import FUNCTIONS, INTERFACE

_CORE_MODULE = b"\0asm\x01\0\0\0"
_EMPTY_COMPONENT = b"\0asm\x0d\0\x01\0"
_NO_CACHE = Settings(cache=False)
_MIB = 1 << 20


def _problem(component: bytes, settings: Settings = _NO_CACHE) -> LoadProblem:
    with pytest.raises(LoadError) as caught:
        Component(component, settings)
    return caught.value.problem


def test_the_interface_is_what_the_wit_says(interface_table: Path) -> None:
    table = json.loads(interface_table.read_text())
    assert table["interface"] == INTERFACE
    assert {name: function["type"] for name, function in table["functions"].items()} == FUNCTIONS


def test_what_is_not_webassembly_is_refused() -> None:
    for content in (b"", b"\0asm", b"#!/bin/sh", b"(component)", _CORE_MODULE):
        assert _problem(content) is LoadProblem.NOT_A_COMPONENT


def test_an_empty_component_is_refused_because_it_lacks_the_interface() -> None:
    assert _problem(_EMPTY_COMPONENT) is LoadProblem.INTERFACE


def test_100_mb_of_junk_are_refused() -> None:
    large = Settings(cache=False, component_bytes=200 * _MIB)
    junk = b"\xff" * (100 * _MIB)
    assert _problem(junk) is LoadProblem.SIZE
    assert _problem(junk, large) is LoadProblem.NOT_A_COMPONENT
    assert _problem(_EMPTY_COMPONENT + junk, large) is LoadProblem.NOT_A_COMPONENT


def test_a_component_that_is_cut_off_is_refused(component_bytes: bytes) -> None:
    length = len(component_bytes)
    for cut in (9, 100, length // 2, length - 100, length - 1):
        assert _problem(component_bytes[:cut]) in {LoadProblem.NOT_A_COMPONENT, LoadProblem.INTERFACE}


def test_a_component_of_an_older_contract_is_refused(component_bytes: bytes) -> None:
    assert _problem(component_bytes.replace(b"tag-policy@0.2.0", b"tag-policy@0.1.0")) is LoadProblem.INTERFACE


def test_a_component_with_another_word_in_a_type_is_refused(component_bytes: bytes) -> None:
    changed = component_bytes.replace(b"\x09namespace\x0f", b"\x09nameplace\x0f")
    assert changed != component_bytes
    assert _problem(changed) in {LoadProblem.INTERFACE, LoadProblem.NOT_A_COMPONENT}


def test_a_file_that_can_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="can't be read"):
        Component.from_file(tmp_path / "missing.wasm")


def test_compiled_code_is_kept_for_this_user_alone(component_bytes: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    settings = Settings(cache_folder=folder)
    with Component(component_bytes, settings):
        pass
    [code] = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, code.stat().st_mode & 0o777) == (0o700, 0o600)
    changed = code.stat().st_mtime_ns
    with Component(component_bytes, settings) as component:
        assert component.compile('{"version": 1, "revision": 3, "rules": []}').revision == 3
    assert code.stat().st_mtime_ns == changed


def test_code_of_another_runtime_is_made_again(component_bytes: bytes, tmp_path: Path) -> None:
    settings = Settings(cache_folder=tmp_path)
    tmp_path.chmod(0o700)
    with Component(component_bytes, settings):
        pass
    [code] = tmp_path.iterdir()
    code.write_bytes(b"of another runtime")
    with Component(component_bytes, settings) as component:
        assert component.compile('{"version": 1, "rules": []}').revision == 0


def test_a_component_that_is_refused_is_not_kept(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert _problem(_EMPTY_COMPONENT, Settings(cache_folder=tmp_path)) is LoadProblem.INTERFACE
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_others_may_write_to_is_refused(component_bytes: bytes, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(CacheError, match="others may write"):
        Component(component_bytes, Settings(cache_folder=tmp_path))
