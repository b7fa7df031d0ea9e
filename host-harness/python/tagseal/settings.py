"""How much a component and its instances may use."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """How much a component and its instances may use. The defaults fit a hundred thousand rules, with room."""

    #: Bytes of memory that one instance may hold.
    memory_bytes: int = 2048 * _MIB
    #: Elements that all tables of one instance may hold.
    table_elements: int = 100_000
    #: Bytes that an answer about the rules of a document may have.
    answer_bytes: int = 320 * _MIB
    #: Bytes that a component's file may have.
    component_bytes: int = 64 * _MIB
    #: Seconds that it may take to compile a document, or to change, list, import or export rules.
    compile_seconds: float = 30.0
    #: Seconds that a decision may take, and that one waits for an instance while all are busy.
    decision_seconds: float = 1.0
    #: Instances that one policy may have, each with the compiled document in it.
    instances: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    #: Whether compiled code is kept from one start to the next.
    cache: bool = True
    #: Where it is kept. `None` is a folder of the user.
    cache_folder: Path | None = None
