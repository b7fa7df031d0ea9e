"""Components that mean harm: each ends in its typed error, never in a permission, and the next question is answered."""

from __future__ import annotations

import re
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm
from wasmtime.component import Record, Variant

from tagseal import (
    CallError,
    CallProblem,
    Component,
    DeleteTag,
    LoadError,
    LoadProblem,
    Outcome,
    Policy,
    Settings,
)

_DECISION_SECONDS = 0.2
_SETTINGS = Settings(
    cache=False, memory_bytes=64 << 20, table_elements=10_000, decision_seconds=_DECISION_SECONDS, compile_seconds=0.5
)

#: How long a call may take that ends at its deadline, on a machine with more to do.
_PATIENCE_SECONDS = 10

#: What begins to define a part: `$drop` of `(func $drop (export …`.
_DEFINED = re.compile(r"^\(\S+ (\$[^\s)]+)", re.MULTILINE)


def _binary(folder: Path, name: str) -> bytes:
    """Returns a component around the parts of a file, with the behaved parts that the file does not define."""
    parts = (folder / f"{name}.wat").read_text()
    defined = set(_DEFINED.findall(parts))
    behaved = (folder / "behaved.wat").read_text().split("\n\n")
    missing = [part for part in behaved if not defined & set(_DEFINED.findall(part))]
    world = (folder / "world.wat").read_text()
    return bytes(wat2wasm(world.replace(";; PARTS", "\n".join([parts, *missing]))))


@pytest.fixture
def load(hostile_folder: Path) -> Callable[[str], Component]:
    return lambda name: Component(_binary(hostile_folder, name), _SETTINGS)


def _typed(case: str, **fields: object) -> Any:
    """Returns an event as the runtime takes it. This host asks in JSON, but harm is written into the typed function."""
    operation, event = Record(), Record()
    vars(operation).update(fields)
    vars(event).update(operation=Variant(case, operation), context=[])
    return event


#: What does no harm, and what makes a component do the harm that it is written to do.
_PUSH = _typed("write", repository="prod/app", digest="sha256:aa", tags=[])
_DELETE = _typed("delete-tag", repository="prod/app", tag="v1", remembers=False)


def _evaluate(policy: Policy, event: Any) -> Any:
    seconds = _DECISION_SECONDS
    return policy._pool.lend(
        lambda lent: lent.instance.call("[method]policy.evaluate", seconds, lent.policy, event), seconds
    )


def _fails(problem: CallProblem, ask: Callable[[], object]) -> None:
    start = time.monotonic()
    with pytest.raises(CallError) as caught:
        ask()
    assert caught.value.problem is problem, caught.value
    assert time.monotonic() - start < _PATIENCE_SECONDS


def _assert_harm(component: Component, problem: CallProblem) -> None:
    """Asks three times for harm, each time followed by a question to the same policy that does none."""
    with component, component.compile("{}") as policy:
        for _ in range(3):
            _fails(problem, lambda: _evaluate(policy, _DELETE))
            assert _evaluate(policy, _PUSH).outcome == "allow"


Load = Callable[[str], Component]


def test_a_component_that_means_no_harm_is_answered(load: Load) -> None:
    with load("behaved") as component, component.compile("{}") as policy:
        assert policy.revision == 7
        assert policy.warnings() == ()
        assert _evaluate(policy, _DELETE).outcome == "allow"
        assert policy.try_decide_json("{}") == ""
        assert component.list_rules_json("{}", "{}") == ""
        assert component.change_rules("{}", "{}").document == ""
        assert component.import_rules("tcr", "{}").text == ""


def test_an_answer_that_is_not_a_decision_is_a_denial(load: Load) -> None:
    with load("behaved") as component, component.compile("{}") as policy:
        decision = policy.decide(DeleteTag("prod/app", "v1"))
        assert (decision.outcome, decision.code, decision.revision) == (Outcome.DENY, "unavailable", 7)


@pytest.mark.parametrize("name", ["trap", "division", "stack_overflow"])
def test_a_trap_ends_its_own_call_alone(load: Load, name: str) -> None:
    _assert_harm(load(name), CallProblem.TRAP)


@pytest.mark.parametrize("name", ["endless_loop", "endless_loop_on_return"])
def test_a_call_that_never_ends_is_ended_at_its_deadline(load: Load, name: str) -> None:
    _assert_harm(load(name), CallProblem.DEADLINE)


def test_a_call_that_never_ends_is_ended_though_its_component_is_closed_meanwhile(load: Load) -> None:
    component = load("endless_loop")
    policy = component.compile("{}")
    closing = threading.Timer(_DECISION_SECONDS / 4, component.close)
    closing.start()
    _fails(CallProblem.DEADLINE, lambda: _evaluate(policy, _DELETE))
    closing.join()


def test_a_deadline_is_not_early(load: Load) -> None:
    with load("endless_loop") as component, component.compile("{}") as policy:
        start = time.monotonic()
        _fails(CallProblem.DEADLINE, lambda: _evaluate(policy, _DELETE))
        assert time.monotonic() - start >= _DECISION_SECONDS


@pytest.mark.parametrize("name", ["answer_outside_memory", "answer_not_text", "answer_not_an_outcome"])
def test_an_answer_that_breaks_the_contract_is_not_taken(load: Load, name: str) -> None:
    _assert_harm(load(name), CallProblem.ANSWER)


def test_an_answer_that_is_too_large_is_not_taken(load: Load) -> None:
    _assert_harm(load("giant_list"), CallProblem.LARGE_ANSWER)


def test_memory_that_the_host_gives_to_nobody_else_is_not_reserved(load: Load) -> None:
    with load("realloc_outside_memory") as component, component.compile("{}") as policy:
        with pytest.raises(CallError):
            policy.try_decide_json("{}")
        assert policy.decide(DeleteTag("prod/app", "v1")).outcome is Outcome.DENY


@pytest.mark.parametrize("name", ["memory_bomb", "table_bomb", "memory_bomb_in_compile"])
def test_memory_over_the_cap_is_not_given(load: Load, name: str) -> None:
    # A component that asks for more than there is learns so, and goes on.
    with load(name) as component, component.compile("{}") as policy:
        assert _evaluate(policy, _DELETE).outcome == "allow"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 << 20


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("trap_in_compile", CallProblem.TRAP),
        ("trap_in_start", CallProblem.TRAP),
        ("endless_loop_in_compile", CallProblem.DEADLINE),
        ("endless_loop_in_start", CallProblem.DEADLINE),
    ],
)
def test_a_document_that_is_not_compiled_ends_in_a_typed_error(load: Load, name: str, problem: CallProblem) -> None:
    with load(name) as component:
        for _ in range(2):
            _fails(problem, lambda: component.compile("{}"))


@pytest.mark.parametrize(
    ("name", "problem"),
    [("trap_in_json", CallProblem.TRAP), ("endless_loop_in_json", CallProblem.DEADLINE)],
)
def test_a_decision_in_json_that_fails_is_a_denial(load: Load, name: str, problem: CallProblem) -> None:
    with load(name) as component, component.compile("{}") as policy:
        _fails(problem, lambda: policy.try_decide_json("{}"))
        denial = policy.decide(DeleteTag("prod/app", "v1"))
        assert (denial.outcome, denial.code, denial.revision, denial.tags) == (Outcome.DENY, "unavailable", 7, ())
        assert re.fullmatch(r"no decision could be made: [ -~]{1,570}", denial.message)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("trap_in_rules", CallProblem.TRAP),
        ("endless_loop_in_rules", CallProblem.DEADLINE),
        ("memory_bomb_in_rules", CallProblem.DEADLINE),
    ],
)
def test_harm_done_to_those_who_ask_for_rules_is_ended(load: Load, name: str, problem: CallProblem) -> None:
    with load(name) as component, component.compile("{}") as policy:
        for ask in (
            lambda: component.list_rules_json("{}", "{}"),
            lambda: component.change_rules("{}", "{}"),
            lambda: component.import_rules("tcr", "{}"),
            lambda: component.export_rules("tcr", "{}"),
            lambda: policy.explain_json("{}"),
        ):
            _fails(problem, ask)
        assert _evaluate(policy, _PUSH).outcome == "allow"


def test_a_refusal_that_is_too_large_is_not_taken(load: Load) -> None:
    with load("giant_refusal") as component:
        _fails(CallProblem.ANSWER, lambda: component.change_rules("{}", "{}"))


@pytest.mark.parametrize(
    ("name", "problem"), [("trap_on_drop", CallProblem.TRAP), ("endless_loop_on_drop", CallProblem.DEADLINE)]
)
def test_a_policy_that_fails_when_it_is_closed_is_gone_all_the_same(
    load: Load, name: str, problem: CallProblem
) -> None:
    with load(name) as component:
        policy = component.compile("{}")
        _fails(problem, policy.close)
        assert policy.decide(DeleteTag("prod/app", "v1")).code == "unavailable"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("import_wasi", LoadProblem.IMPORTS),
        ("import_unused", LoadProblem.IMPORTS),
        ("other_world", LoadProblem.INTERFACE),
        ("core_module", LoadProblem.NOT_A_COMPONENT),
    ],
)
def test_what_must_not_be_loaded_is_refused_before_it_runs(
    hostile_folder: Path, name: str, problem: LoadProblem
) -> None:
    component = bytes(wat2wasm((hostile_folder / f"{name}.wat").read_text()))
    with pytest.raises(LoadError) as caught:
        Component(component, _SETTINGS)
    assert caught.value.problem is problem


def test_a_component_that_starts_with_too_much_memory_does_not_start(load: Load) -> None:
    with load("initial_memory") as component, pytest.raises(CallError):
        component.compile("{}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[method]policy.revision", "[method]policy.version"),
        ('(param "event" string) (result string)', '(param "event" (list u8)) (result string)'),
        ('(enum "allow" "deny")', '(enum "deny" "allow")'),
        ('(field "line" u32)', '(field "row" u32)'),
        ('(field "losses" (list $', '(field "lost" (list $'),
    ],
)
def test_a_component_of_another_interface_is_refused(hostile_folder: Path, before: str, after: str) -> None:
    behaved = (hostile_folder / "behaved.wat").read_text()
    world = (hostile_folder / "world.wat").read_text().replace(";; PARTS", behaved)
    assert before in world
    with pytest.raises(LoadError) as caught:
        Component(bytes(wat2wasm(world.replace(before, after))), _SETTINGS)
    assert caught.value.problem is LoadProblem.INTERFACE
