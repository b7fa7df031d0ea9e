"""Asks for answers that the runtime's interface to components can't give.

That interface copies at most 128 MiB for one answer, and the package for Python has no way to raise the limit, while
documents may have 256 MiB. So a call whose answer is larger is made once more, through the component's core module:
texts are copied into its memory, and its answer is read by the layout that `wit/README.md` describes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from wasmtime import Engine, Func, FuncType, Instance, Memory, Module, Store, ValType
from wasmtime.component import Variant

from tagseal.binary import core_modules
from tagseal.interface import INTERFACE

#: What the component answers itself when its code asks for the seed of hash maps.
_SEED = b"1laesgat2laesgat"

_I32 = ValType.i32


@dataclass(frozen=True, slots=True)
class _Layout:
    """How values of a type lie in memory, and how one is read at an address."""

    size: int
    alignment: int
    read: Callable[[_Answer, int], Any]


class _Answer:
    """The memory of an instance while an answer is read."""

    def __init__(self, store: Store, memory: Memory, allowed: int) -> None:
        self._store = store
        self._memory = memory
        self._allowed = allowed

    def number(self, address: int, size: int) -> int:
        """Reads a whole number without a sign."""
        return int.from_bytes(self._bytes(address, size), "little")

    def text(self, address: int) -> str:
        """Reads a text, of which an address and a length are at an address."""
        return self._bytes(self.number(address, 4), self.number(address + 4, 4)).decode()

    def _bytes(self, address: int, size: int) -> bytearray:
        if address + size > self._memory.data_len(self._store):
            raise ValueError("the component answered with something outside of its memory")
        self._allowed -= size
        if self._allowed < 0:
            raise ValueError("the component's answer is too large")
        return self._memory.read(self._store, address, address + size)


def _number(size: int) -> _Layout:
    return _Layout(size, size, lambda answer, address: answer.number(address, size))


def _option(some: _Layout) -> _Layout:
    def read(answer: _Answer, address: int) -> Any:
        return some.read(answer, address + some.alignment) if answer.number(address, 1) else None

    return _Layout(_aligned(some.alignment + some.size, some.alignment), some.alignment, read)


def _list(element: _Layout) -> _Layout:
    def read(answer: _Answer, address: int) -> list[Any]:
        start, count = answer.number(address, 4), answer.number(address + 4, 4)
        return [element.read(answer, start + index * element.size) for index in range(count)]

    return _Layout(8, 4, read)


def _record(**fields: _Layout) -> _Layout:
    starts, end = {}, 0
    for name, field in fields.items():
        starts[name] = _aligned(end, field.alignment)
        end = starts[name] + field.size
    alignment = max(field.alignment for field in fields.values())

    def read(answer: _Answer, address: int) -> SimpleNamespace:
        return SimpleNamespace(**{name: field.read(answer, address + starts[name]) for name, field in fields.items()})

    return _Layout(_aligned(end, alignment), alignment, read)


def _aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


_TEXT = _Layout(8, 4, lambda answer, address: answer.text(address))
_SEVERITY = _Layout(1, 1, lambda answer, address: ("problem", "warning")[answer.number(address, 1)])
_U32, _U64 = _number(4), _number(8)
_DIAGNOSTICS = _list(
    _record(severity=_SEVERITY, pointer=_TEXT, line=_U32, column=_U32, message=_TEXT, help=_TEXT),
)
_REFUSAL = _record(code=_TEXT, message=_TEXT, rule=_option(_U64), diagnostics=_DIAGNOSTICS)
_CHANGED_RULE = _record(id=_U64, rule=_option(_TEXT), warnings=_DIAGNOSTICS)
_CONVERTED = _record(text=_TEXT, losses=_DIAGNOSTICS)

#: What each function whose answer may be large gives, where it does not refuse.
_RESULTS = {
    "list-rules": _TEXT,
    "change-rules": _record(document=_TEXT, revision=_U64, rules=_list(_CHANGED_RULE)),
    "import-rules": _CONVERTED,
    "export-rules": _CONVERTED,
}


class CoreModule:
    """The core module of a component that has its functions."""

    def __init__(self, engine: Engine, component: bytes) -> None:
        """Compiles the code.

        Raises:
            ValueError: It lies elsewhere in the component.
        """
        # The other modules answer for what this one imports, and are tiny.
        module = max(core_modules(component), key=len, default=None)
        if module is None:
            raise ValueError("the component's code lies in a component in it")
        self._module = Module(engine, bytes(module))

    def call(self, store: Store, allowed: int, name: str, *texts: str) -> Any:
        """Calls a function in a new instance. Its result, of at most so many bytes, is as the runtime gives results.

        Raises:
            WasmtimeError: The component fails.
            ValueError: The answer is not one of the contract.
        """
        exports = Instance(store, self._module, self._imports(store)).exports(store)
        memory, allocate = exports["memory"], exports["cabi_realloc"]
        function = exports[f"{INTERFACE}#{name}"]
        if not (isinstance(memory, Memory) and isinstance(allocate, Func) and isinstance(function, Func)):
            raise ValueError("the component's code has other names than those of the contract")
        parameters: list[int] = []
        for text in texts:
            content = text.encode()
            address = allocate(store, 0, 0, 1, len(content))
            memory.write(store, content, address)
            parameters += [address, len(content)]
        # The instance is thrown away, so nothing is freed after the answer was read.
        return _result(_Answer(store, memory, allowed), function(store, *parameters), _RESULTS[name])

    def _imports(self, store: Store) -> list[Func]:
        def seed(caller: Any, address: int) -> None:
            caller["memory"].write(caller, _SEED, address)

        # No function here makes or drops a policy.
        known = {
            "[resource-new]policy": lambda: Func(store, FuncType([_I32()], [_I32()]), lambda _policy: 0),
            "[resource-drop]policy": lambda: Func(store, FuncType([_I32()], []), lambda _policy: None),
            "insecure-seed": lambda: Func(store, FuncType([_I32()], []), seed, access_caller=True),
        }
        return [known[str(item.name)]() for item in self._module.imports]


def _result(answer: _Answer, address: int, ok: _Layout) -> Any:
    start = address + max(ok.alignment, _REFUSAL.alignment)
    if answer.number(address, 1):
        return Variant("err", _REFUSAL.read(answer, start))
    value = ok.read(answer, start)
    return value if ok is _TEXT else Variant("ok", value)
