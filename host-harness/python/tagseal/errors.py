"""Why a component was refused, a document is invalid, or a call got no answer."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagseal.contract import Diagnostic, Refusal


class TagsealError(Exception):
    """What all errors of this package have in common."""


class LoadProblem(StrEnum):
    """Why a component was refused."""

    IMPORTS = "imports"
    INTERFACE = "interface"
    NOT_A_COMPONENT = "not-a-component"
    SIZE = "size"
    FILE = "file"


class LoadError(TagsealError):
    """A component was refused before any of its code ran."""

    def __init__(self, problem: LoadProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class CacheError(TagsealError):
    """The folder for compiled code can't be used safely."""


class DocumentError(TagsealError):
    """A document is invalid. `diagnostics` has every problem."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        count = len(diagnostics)
        super().__init__(f"the document is invalid: {count} {'problem' if count == 1 else 'problems'}")
        self.diagnostics = diagnostics


class RefusedError(TagsealError):
    """The component refused to list, change, import or export rules, and says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class CallProblem(StrEnum):
    """Why a call got no answer."""

    TRAP = "trap"
    DEADLINE = "deadline"
    ANSWER = "answer"
    LARGE_ANSWER = "large-answer"
    BUSY = "busy"
    CHANGED = "changed"
    CLOSED = "closed"
    TEXT = "text"


class CallError(TagsealError):
    """A call got no answer. The instance that failed is gone, and the next call gets another one."""

    def __init__(self, problem: CallProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem
