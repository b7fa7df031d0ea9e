"""The command: its input, its output and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent

_DELETE = b'{"delete-tag": {"repository": "prod/app", "tag": "v1"}}\n'
_TAGS = '[{"tag": "v1", "current": "absent"}]'
_PUSH = f'{{"write": {{"repository": "prod/app", "digest": "sha256:{"a" * 64}", "tags": {_TAGS}}}}}\n'.encode()

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text('{"version": 1, "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}')
    return path


@pytest.fixture
def run(component_bytes: bytes, tmp_path: Path) -> Run:
    component = tmp_path / "component.wasm"
    component.write_bytes(component_bytes)

    def run_command(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "tagseal", *map(str, arguments)]
        environment = {**os.environ, "TAGSEAL_COMPONENT": str(component)}
        return subprocess.run(command, check=False, input=given, capture_output=True, cwd=_ROOT, env=environment)

    return run_command


def _codes(output: bytes) -> list[str]:
    return [json.loads(line)["code"] for line in output.splitlines()]


def test_each_line_is_answered_by_one_decision_in_order(run: Run, policy: Path) -> None:
    ended = run("decide", policy, given=_PUSH + _DELETE + b"no event\n\n" + _PUSH.strip())
    assert _codes(ended.stdout) == ["first-push", "immutable", "malformed", "malformed", "first-push"]
    assert ended.returncode == 1


def test_what_is_allowed_ends_well(run: Run, policy: Path) -> None:
    assert run("decide", policy, given=_PUSH).returncode == 0


def test_without_an_event_nothing_is_allowed(run: Run, policy: Path) -> None:
    ended = run("decide", policy)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr == b"error: there is no event, so nothing was decided; give events as lines of JSON\n"


def test_an_empty_line_is_denied_and_says_so(run: Run, policy: Path) -> None:
    ended = run("decide", policy, given=b"\n \t\f\r\n\v\n")
    empty, blank, other = (json.loads(line)["message"] for line in ended.stdout.splitlines())
    assert ended.returncode == 1
    assert empty == blank == "malformed event: the line is empty; write an event on it, or remove it"
    assert "from line 1, byte 1 on" in other


def test_a_line_that_is_not_text_or_too_long_is_denied_and_the_next_one_is_answered(run: Run, policy: Path) -> None:
    long = b"x" * ((1 << 20) + 1)
    ended = run("decide", policy, given=b"\xff\n" + long + b"\n" + _PUSH + long)
    assert _codes(ended.stdout) == ["malformed", "malformed", "first-push", "malformed"]
    assert b"not UTF-8" in ended.stdout
    assert b"longer than 1048576 bytes" in ended.stdout
    assert ended.returncode == 1


def test_events_are_read_from_a_file_and_the_policy_from_standard_input(run: Run, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_bytes(_DELETE)
    assert run("decide", "-", events, given=b'{"version": 1, "rules": []}').returncode == 0
    assert run("decide", "-", "-").returncode == 2


def test_wrong_usage_an_unreadable_file_and_an_invalid_policy_end_with_2(
    run: Run, policy: Path, tmp_path: Path
) -> None:
    invalid = tmp_path / "invalid.json"
    invalid.write_text('{"version": 1, "rules": 3}')
    ended = run("decide", invalid)
    assert ended.returncode == 2
    assert ended.stderr.endswith(b"error: the document is invalid: 1 problem\n")
    for arguments in (["decide", tmp_path / "missing"], ["decide"], ["guess"], ["decide", policy, "--guess"]):
        assert run(*arguments).returncode == 2


def test_a_component_that_is_refused_ends_with_3_and_one_that_can_not_be_read_with_2(
    run: Run, policy: Path, tmp_path: Path
) -> None:
    assert run("decide", "--component", policy, policy, given=_DELETE).returncode == 3
    assert run("decide", "--component", tmp_path / "missing", policy, given=_DELETE).returncode == 2


def test_a_reader_that_leaves_is_noticed(component_bytes: bytes, policy: Path, tmp_path: Path) -> None:
    component = tmp_path / "component.wasm"
    component.write_bytes(component_bytes)
    events = tmp_path / "events.jsonl"
    events.write_bytes(_DELETE * 5_000)
    command = f"{sys.executable} -m tagseal decide --component {component} {policy} {events} | head -1"
    ended = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], check=False, capture_output=True, cwd=_ROOT
    )
    assert (ended.returncode, ended.stderr) == (141, b"")
