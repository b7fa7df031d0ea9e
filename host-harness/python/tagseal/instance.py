"""A running component, and calls of its functions. An instance is used by one thread at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, Func, Linker

from tagseal.deadline import Clock, ticks
from tagseal.errors import CallError, CallProblem
from tagseal.interface import FUNCTIONS, INTERFACE
from tagseal.settings import Settings

_NOT_UTF_8 = "the text has characters that UTF-8 can't write"


@dataclass(frozen=True, slots=True)
class Code:
    """The compiled code of a component, from which instances are made."""

    engine: Engine
    component: Component
    settings: Settings
    clock: Clock


class _Signature:
    """The parameters and the result of a function, read once.

    The runtime's own type of a function reads them again for each call, which takes longer than the call.
    """

    def __init__(self, function: Func, store: Store) -> None:
        type_ = function.type(store)
        self.params = type_.params
        self.result = type_.result


class Instance:
    """A running component. After any error it is of no use, and must be thrown away."""

    def __init__(self, code: Code) -> None:
        """Starts an instance.

        Raises:
            CallError: It does not start in time, or within its memory.
        """
        settings = code.settings
        self._store = Store(code.engine)
        self._store.set_limits(memory_size=settings.memory_bytes, table_elements=settings.table_elements)
        self._clock = code.clock
        self._functions: dict[str, Func] = {}

        def start() -> None:
            linker = Linker(code.engine)
            instance = linker.instantiate(self._store, code.component)
            interface = instance.get_export_index(self._store, INTERFACE)
            for name in FUNCTIONS:
                index = instance.get_export_index(self._store, name, interface)
                function = instance.get_func(self._store, index) if index else None
                if function is None:
                    raise CallError(CallProblem.ANSWER, f"the component lacks `{name}`")
                signature = _Signature(function, self._store)
                vars(function)["type"] = lambda _store, signature=signature: signature
                self._functions[name] = function

        self._within(settings.compile_seconds, start)

    def call(self, name: str, seconds: float, *values: Any) -> Any:
        """Calls a function of the contract.

        Raises:
            CallError: There is no answer.
        """
        function = self._functions[name]
        store = self._store
        return self._within(seconds, lambda: function(store, *values))

    def drop(self, policy: Any, seconds: float) -> None:
        """Frees a policy.

        Raises:
            CallError: The component fails at it.
        """
        self._within(seconds, lambda: policy.drop(self._store))

    def close(self) -> None:
        """Frees the instance with its memory."""
        self._functions.clear()
        self._store.close()

    def _within(self, seconds: float, run: Callable[[], Any]) -> Any:
        if self._clock.is_stopped:
            raise CallError(CallProblem.CLOSED, "the component is closed")
        self._store.set_epoch_deadline(ticks(seconds))
        start = time.monotonic()
        try:
            return run()
        except UnicodeEncodeError as error:
            raise CallError(CallProblem.TEXT, _NOT_UTF_8) from error
        except WasmtimeError as error:
            raise call_error(str(error), seconds, time.monotonic() - start) from error


def check_text(text: str) -> None:
    """Checks that a text can be passed to a component.

    Raises:
        CallError: It has half of a surrogate pair in it.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise CallError(CallProblem.TEXT, _NOT_UTF_8) from error


def call_error(message: str, allowed: float, took: float) -> CallError:
    """Returns what an error of the runtime means, for a call that might take so many seconds, and took so many."""
    if "wasm trap: interrupt" in message and took >= allowed:
        return CallError(CallProblem.DEADLINE, f"the component took longer than {allowed:g} s")
    reason = message.strip().splitlines()[-1].strip() if message.strip() else "without a reason"
    if "fuel allocated for hostcalls" in message:
        return CallError(CallProblem.LARGE_ANSWER, "the component's answer is too large")
    if "wasm trap" in message or "wasm backtrace" in message:
        return CallError(CallProblem.TRAP, f"the component failed ({reason})")
    return CallError(CallProblem.ANSWER, f"the component's answer is too large or breaks the contract ({reason})")
