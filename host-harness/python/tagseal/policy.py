"""A compiled policy document, and the instances that hold it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tagseal import answer
from tagseal.contract import Decision, Diagnostic, Event, Operation
from tagseal.denial import denial
from tagseal.errors import CallError, CallProblem, DocumentError
from tagseal.event_json import decision_from_json, decision_json, event_json
from tagseal.instance import Code, Instance, check_text
from tagseal.pool import Pool


@dataclass(frozen=True, slots=True)
class _Compiled:
    """An instance with the compiled document in it."""

    instance: Instance
    policy: Any


class Policy:
    """A compiled policy. It never changes, and may be used by several threads at once.

    It has a few instances of the component to itself; one that failed is replaced.
    """

    def __init__(self, code: Code, document: str) -> None:
        """Compiles a document; `Component.compile` is what programs call."""
        self._code = code
        self._document = document
        self._seconds = code.settings.decision_seconds
        self._pool = Pool(self._replacement, _discard, code.settings.instances)
        first = self._compile()
        self.revision: int = first.instance.call("[method]policy.revision", code.settings.compile_seconds, first.policy)
        self._pool.put(first)

    def decide(self, event: Event | Operation) -> Decision:
        """Decides an event. Where no decision can be made, it denies with the code `unavailable`."""
        try:
            return self.try_decide(event)
        except Exception as failure:  # noqa: BLE001 - nothing that goes wrong may become a permission
            return denial(failure, self.revision)

    def decide_json(self, event: str) -> str:
        """Decides an event in JSON, and answers in JSON. Where no decision can be made, it denies as `decide` does."""
        try:
            return self.try_decide_json(event)
        except Exception as failure:  # noqa: BLE001 - nothing that goes wrong may become a permission
            return decision_json(denial(failure, self.revision))

    def try_decide(self, event: Event | Operation) -> Decision:
        """Decides an event.

        Raises:
            CallError: There is no answer.
        """
        return decision_from_json(self.try_decide_json(event_json(event)))

    def try_decide_json(self, event: str) -> str:
        """Decides an event in JSON, and answers in JSON.

        Raises:
            CallError: There is no answer.
        """
        decision: str = self._ask("[method]policy.evaluate-json", self._seconds, event)
        return decision

    def explain_json(self, question: str) -> str:
        """Explains what the policy does to one tag: question and answer are JSON.

        The document is read again for it, so it may take as long as compiling.

        Raises:
            CallError: There is no answer.
        """
        explanation: str = self._ask("[method]policy.explain-json", self._code.settings.compile_seconds, question)
        return explanation

    def explain(self, repository: str, tag: str, context: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Explains what the policy does to one tag.

        Raises:
            CallError: There is no answer.
        """
        question = {"repository": repository, "tag": tag}
        explanation: dict[str, Any] = json.loads(
            self.explain_json(json.dumps({**question, "context": dict(context)} if context else question))
        )
        return explanation

    def warnings(self) -> tuple[Diagnostic, ...]:
        """Returns what is valid in the document but almost certainly not meant.

        Raises:
            CallError: There is no answer.
        """
        return answer.diagnostics(self._ask("[method]policy.warnings", self._code.settings.compile_seconds))

    def close(self) -> None:
        """Frees the policy.

        Raises:
            CallError: The component fails at it. The policy is gone all the same.
        """
        failures = []
        for compiled in self._pool.close():
            try:
                # With the component, the whole instance goes.
                if not self._code.clock.is_stopped:
                    compiled.instance.drop(compiled.policy, self._seconds)
            except CallError as failure:
                failures.append(failure)
            finally:
                _discard(compiled)
        if failures:
            raise failures[0]

    def __enter__(self) -> Policy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, name: str, seconds: float, *values: str) -> Any:
        # What can't be passed is refused here, so that no instance is thrown away for it.
        for value in values:
            check_text(value)
        return self._pool.lend(lambda lent: lent.instance.call(name, seconds, lent.policy, *values), seconds)

    def _compile(self) -> _Compiled:
        instance = Instance(self._code)
        try:
            result = instance.call("[static]policy.compile", self._code.settings.compile_seconds, self._document)
        except BaseException:
            instance.close()
            raise
        if isinstance(result, list):
            problems = answer.diagnostics(result)
            instance.close()
            raise DocumentError(problems)
        return _Compiled(instance, result)

    def _replacement(self) -> _Compiled:
        try:
            return self._compile()
        except DocumentError as error:
            message = "the component refused a document that it had accepted before"
            raise CallError(CallProblem.CHANGED, message) from error


def _discard(compiled: _Compiled) -> None:
    compiled.instance.close()
