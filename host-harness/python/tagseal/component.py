"""Loads a component, and asks it for all that needs no compiled policy."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from wasmtime import Config, Engine, Store, Trap, WasmtimeError
from wasmtime import component as runtime

from tagseal import answer
from tagseal.built_in import built_in_bytes
from tagseal.code_cache import CodeCache, open_cache
from tagseal.contract import Changed, Converted
from tagseal.deadline import Clock, ticks
from tagseal.errors import CallError, CallProblem, LoadError, LoadProblem
from tagseal.instance import Code, Instance, call_error
from tagseal.interface import check_interface
from tagseal.large_answer import CoreModule
from tagseal.policy import Policy
from tagseal.settings import Settings

_COMPONENT_HEADER = b"\0asm\x0d\0\x01\0"


class Component:
    """A component that was checked and can be started. It may be used by several threads at once."""

    def __init__(self, component: bytes, settings: Settings | None = None) -> None:
        """Checks and compiles a component. None of its code runs.

        Raises:
            LoadError: It is not a component, imports something, or has another interface.
            CacheError: The cache folder that the settings name is not safe.
        """
        settings = settings or Settings()
        _check_bytes(component, settings)
        config = Config()
        config.epoch_interruption = True
        engine = Engine(config)
        compiled = _compiled(engine, component, open_cache(settings.cache_folder) if settings.cache else None)
        self._clock = Clock(engine, max(settings.compile_seconds, settings.decision_seconds))
        self._code = Code(engine, compiled, settings, self._clock)
        self._bytes = component
        self._core_module: CoreModule | None = None
        self._core_lock = threading.Lock()

    @classmethod
    def built_in(cls, settings: Settings | None = None) -> Component:
        """Loads the component that this package brings.

        Raises:
            LoadError: The package brings none.
        """
        return cls(built_in_bytes(), settings)

    @classmethod
    def from_file(cls, path: Path, settings: Settings | None = None) -> Component:
        """Loads a component from a file.

        Raises:
            LoadError: The file can't be read, or is refused.
        """
        try:
            component = path.read_bytes()
        except OSError as error:
            raise LoadError(LoadProblem.FILE, f"the component `{path}` can't be read: {error.strerror}") from error
        return cls(component, settings)

    def compile(self, document: str) -> Policy:
        """Validates and compiles a policy document.

        Raises:
            DocumentError: The document is invalid: every problem.
            CallError: There is no answer.
        """
        return Policy(self._code, document)

    def list_rules_json(self, document: str, query: str) -> str:
        """Lists rules of a document: query and answer are JSON.

        Raises:
            RefusedError: The document or the query is invalid.
            CallError: There is no answer.
        """
        listed: str = answer.accepted(self._ask("list-rules", document, query))
        return listed

    def list_rules(self, document: str, query: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Lists rules of a document: all of them, or those that the query selects.

        Raises:
            RefusedError: The document or the query is invalid.
            CallError: There is no answer.
        """
        listed: dict[str, Any] = json.loads(self.list_rules_json(document, json.dumps(query or {})))
        return listed

    def change_rules(self, document: str, change: str | Mapping[str, object]) -> Changed:
        """Makes one change to a document, and returns the new document. The change is JSON, or what is written as JSON.

        Raises:
            RefusedError: The change can't be made. The document stays as it was.
            CallError: There is no answer.
        """
        return answer.changed(answer.accepted(self._ask("change-rules", document, _json(change))))

    def import_rules(self, format_: str, text: str, options: str | Mapping[str, object] = "{}") -> Converted:
        """Turns the rules of another registry into a policy document.

        Raises:
            RefusedError: There is no such format, or the text or the options are invalid.
            CallError: There is no answer.
        """
        return answer.converted(answer.accepted(self._ask("import-rules", format_, text, _json(options))))

    def export_rules(self, format_: str, document: str, options: str | Mapping[str, object] = "{}") -> Converted:
        """Turns a policy document into the rules of another registry.

        Raises:
            RefusedError: There is no such format, a text is invalid, or the format can't say what the document says.
            CallError: There is no answer.
        """
        return answer.converted(answer.accepted(self._ask("export-rules", format_, document, _json(options))))

    def close(self) -> None:
        """Closes the component and its policies. Calls that are under way come to their end; later ones fail."""
        self._clock.stop()

    def __enter__(self) -> Component:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, name: str, *texts: str) -> Any:
        """Asks an instance of its own, because the memory of one never shrinks, and documents are large."""
        instance = Instance(self._code)
        try:
            return instance.call(name, self._code.settings.compile_seconds, *texts)
        except CallError as error:
            if error.problem is not CallProblem.LARGE_ANSWER:
                raise
        finally:
            instance.close()
        return self._ask_core_module(name, *texts)

    def _ask_core_module(self, name: str, *texts: str) -> Any:
        settings = self._code.settings
        store = Store(self._code.engine)
        store.set_limits(memory_size=settings.memory_bytes, table_elements=settings.table_elements)
        store.set_epoch_deadline(ticks(settings.compile_seconds))
        start = time.monotonic()
        try:
            with self._core_lock:
                if self._core_module is None:
                    self._core_module = CoreModule(self._code.engine, self._bytes)
            return self._core_module.call(store, settings.answer_bytes, name, *texts)
        except (WasmtimeError, Trap) as error:
            raise call_error(str(error), settings.compile_seconds, time.monotonic() - start) from error
        except (KeyError, ValueError) as error:
            raise CallError(CallProblem.ANSWER, f"the component's answer breaks the contract ({error})") from error
        finally:
            store.close()


def _check_bytes(component: bytes, settings: Settings) -> None:
    if len(component) > settings.component_bytes:
        sizes = f"{len(component)} bytes, and may have {settings.component_bytes}"
        raise LoadError(LoadProblem.SIZE, f"the component has {sizes}; allow it more")
    # The runtime would also take a component as text.
    if not component.startswith(_COMPONENT_HEADER):
        message = "not a WebAssembly component: it begins otherwise than a component"
        raise LoadError(LoadProblem.NOT_A_COMPONENT, message)


def _compiled(engine: Engine, component: bytes, cache: CodeCache | None) -> runtime.Component:
    kept = _kept(engine, component, cache) if cache else None
    if kept:
        return kept
    try:
        compiled = runtime.Component(engine, component)
    except WasmtimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise LoadError(LoadProblem.NOT_A_COMPONENT, f"not a WebAssembly component: {reason}") from error
    check_interface(compiled, engine)
    if cache:
        cache.write(component, bytes(compiled.serialize()))
    return compiled


def _kept(engine: Engine, component: bytes, cache: CodeCache) -> runtime.Component | None:
    """Returns the code that an earlier start kept. Only components that were checked are kept."""
    code = cache.read(component)
    try:
        return runtime.Component.deserialize(engine, code) if code else None
    except WasmtimeError:
        # It is of another build of the runtime, so it is made again.
        return None


def _json(value: str | Mapping[str, object]) -> str:
    return value if isinstance(value, str) else json.dumps(value)
