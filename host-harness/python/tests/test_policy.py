"""What vectors can't see: how the objects of this package behave."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import PATIENT
from tagseal import (
    CallError,
    CallProblem,
    Component,
    DeleteManifest,
    DeleteTag,
    DocumentError,
    Event,
    Outcome,
    Precondition,
    RefusedError,
    Retired,
    Settings,
    TagDecision,
    TagWrite,
    Write,
)
from tagseal.contract import Current
from tagseal.event_json import decision_json, event_json

_DOCUMENT = '{"version": 1, "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}'
_A, _B = (f"sha256:{digit * 64}" for digit in "ab")


def _push(current: Current) -> Write:
    return Write("prod/app", _B, [TagWrite("v1", current)])


def test_a_first_push_is_allowed_and_another_digest_after_it_is_not(component: Component) -> None:
    with component.compile(_DOCUMENT) as policy:
        allowed = policy.decide(_push("absent"))
        denied = policy.decide(_push(_A))
    assert (allowed.is_allowed, allowed.code, allowed.revision) == (True, "first-push", 7)
    assert allowed.tags == (TagDecision("v1", Outcome.ALLOW, "first-push", 1, "prod", 0, Precondition.ABSENT),)
    assert (denied.is_allowed, denied.code, denied.namespace) == (False, "immutable", "prod")
    assert "cannot be overwritten because the tag is immutable (rule 1, namespace prod)" in denied.message


def test_typed_and_json_decisions_are_the_same(component: Component) -> None:
    with component.compile(_DOCUMENT) as policy:
        for current in ("absent", "unknown", _A, _B, Retired(_A)):
            event = Event(_push(current), {"actor": "alice"})
            assert decision_json(policy.decide(event)) == policy.decide_json(event_json(event))
        for delete in (
            DeleteTag("prod/app", "v1"),
            DeleteManifest("prod/app", _A, None),
            DeleteManifest("p", _A, ["v1"]),
        ):
            assert decision_json(policy.decide(delete)) == policy.decide_json(event_json(delete))


def test_what_is_not_an_event_is_denied(component: Component) -> None:
    with component.compile(_DOCUMENT) as policy:
        assert '"malformed"' in policy.decide_json("no event")
        assert '"unavailable"' in policy.decide_json("\ud800")
        with pytest.raises(CallError) as caught:
            policy.try_decide_json("\ud800")
        assert caught.value.problem is CallProblem.TEXT
        assert policy.decide(Write("prod/app", "\ud800")).outcome is Outcome.DENY
        assert policy.decide(None).outcome is Outcome.DENY  # type: ignore[arg-type]


def test_a_policy_that_is_closed_denies(component: Component) -> None:
    policy = component.compile(_DOCUMENT)
    policy.close()
    policy.close()
    decision = policy.decide(_push("absent"))
    assert (decision.outcome, decision.code, decision.revision) == (Outcome.DENY, "unavailable", 7)
    assert policy.decide_json("{}") == decision_json(decision)


def test_a_policy_of_a_closed_component_denies(component_bytes: bytes) -> None:
    component = Component(component_bytes, PATIENT)
    policy = component.compile(_DOCUMENT)
    component.close()
    component.close()
    assert policy.decide(_push("absent")).code == "unavailable"
    for ask in (lambda: policy.try_decide(_push("absent")), lambda: component.compile(_DOCUMENT)):
        with pytest.raises(CallError) as caught:
            ask()
        assert caught.value.problem is CallProblem.CLOSED
    policy.close()


def test_a_text_that_can_not_be_passed_costs_no_instance(component: Component, monkeypatch: pytest.MonkeyPatch) -> None:
    with component.compile(_DOCUMENT) as policy:
        monkeypatch.setattr(policy, "_compile", lambda: pytest.fail("another instance was made"))
        assert policy.decide_json("\ud800") == policy.decide_json("\udfff")
        assert policy.decide(_push(_A)).code == "immutable"


def test_an_explanation_has_the_time_of_compiling_because_it_reads_the_document(component_bytes: bytes) -> None:
    rules = [{"id": index + 1, "namespace": f"n{index}", "preset": "latest"} for index in range(30_000)]
    settings = Settings(compile_seconds=600, decision_seconds=0.01)
    with Component(component_bytes, settings) as component:
        policy = component.compile(json.dumps({"version": 1, "rules": rules}))
        assert policy.explain("n7/app", "v1")["outcomes"]["delete"]["code"] == "immutable"


def test_many_threads_get_the_same_answers(component: Component) -> None:
    currents: list[Current] = ["absent", "unknown", _A, _B]
    with component.compile(_DOCUMENT) as policy, ThreadPoolExecutor(8) as threads:
        expected = [policy.decide(_push(current)) for current in currents]
        answers = list(threads.map(lambda index: policy.decide(_push(currents[index % 4])), range(2_000)))
    assert answers == expected * 500


def test_a_fork_has_deadlines_of_its_own(component: Component) -> None:
    with component.compile(_DOCUMENT) as policy:
        child = os.fork()
        if child == 0:
            names = [thread.name for thread in threading.enumerate()]
            is_fine = policy.decide(_push(_A)).code == "immutable" and "tagseal-clock" in names
            os._exit(0 if is_fine else 1)
        deadline = time.monotonic() + 30
        while (status := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert status == (child, 0)


def test_an_invalid_document_is_refused_with_every_problem(component: Component) -> None:
    with pytest.raises(DocumentError) as caught:
        component.compile('{"version": 1, "rules": [{"id": 0}, 7]}')
    assert len(caught.value.diagnostics) >= 2
    assert caught.value.diagnostics[0].pointer.startswith("/rules/0")


def test_a_change_that_is_refused_says_why(component: Component) -> None:
    with pytest.raises(RefusedError) as caught:
        component.change_rules(_DOCUMENT, {"disable": {"id": 9}})
    assert (caught.value.refusal.code, caught.value.refusal.rule) == ("not-found", 9)


def test_rules_are_changed_listed_imported_and_exported(component: Component) -> None:
    changed = component.change_rules(_DOCUMENT, {"create": {"namespace": "dev", "preset": "latest"}})
    assert (changed.revision, [rule.id for rule in changed.rules]) == (8, [2])
    assert [rule["namespace"] for rule in component.list_rules(changed.document)["rules"]] == ["prod", "dev"]
    exported = component.export_rules("tcr", _DOCUMENT)
    with component.compile(component.import_rules("tcr", exported.text).text) as policy:
        assert policy.decide(_push(_A)).code == "immutable"


def test_a_policy_explains_itself(component: Component) -> None:
    with component.compile(_DOCUMENT) as policy:
        explanation = policy.explain("prod/app", "v1", {"time": "2026-12-01T17:00:00Z"})
        assert explanation["outcomes"]["push-other"]["code"] == "immutable"
        assert [warning.pointer for warning in policy.warnings()] == ["/rules/0"]
