"""The values of the contract: events, decisions, diagnostics, and the results of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Outcome(StrEnum):
    """Whether something may happen."""

    ALLOW = "allow"
    DENY = "deny"


class Precondition(StrEnum):
    """What must still hold for a tag at the moment in which a write commits."""

    UNCONDITIONAL = "unconditional"
    ABSENT = "absent"
    UNCHANGED = "unchanged"


class Severity(StrEnum):
    """How serious a diagnostic is."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Retired:
    """The state of a tag that was deleted, and had this digest once."""

    digest: str


#: What a tag resolves to: `"absent"`, `"unknown"`, a digest, or `Retired`.
Current = Literal["absent", "unknown"] | str | Retired


@dataclass(frozen=True, slots=True)
class TagWrite:
    """One tag that a write sets, and what it resolves to before."""

    tag: str
    current: Current


@dataclass(frozen=True, slots=True)
class Write:
    """A manifest is about to be stored, under tags or by its digest alone."""

    repository: str
    digest: str
    tags: Sequence[TagWrite] = ()


@dataclass(frozen=True, slots=True)
class DeleteTag:
    """A tag is about to be deleted."""

    repository: str
    tag: str
    remembers: bool = False


@dataclass(frozen=True, slots=True)
class DeleteManifest:
    """A manifest is about to be deleted, and the tags that need it with it.

    `tags` is `None` where the host could not find out which tags need it.
    """

    repository: str
    digest: str
    tags: Sequence[str] | None
    remembers: bool = False


Operation = Write | DeleteTag | DeleteManifest


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is about to happen to a tag or a manifest, and facts about the request, such as its `time`."""

    operation: Operation
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TagDecision:
    """What was decided for one tag of an event."""

    tag: str
    outcome: Outcome
    code: str
    rule: int | None
    namespace: str | None
    pair: int | None
    precondition: Precondition


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to an event."""

    outcome: Outcome
    code: str
    rule: int | None
    namespace: str | None
    pair: int | None
    revision: int
    message: str
    tags: tuple[TagDecision, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether the event may happen, under the precondition of each tag."""
        return self.outcome is Outcome.ALLOW


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong with a text: where, what, and what to do."""

    severity: Severity
    pointer: str
    line: int
    column: int
    message: str
    help: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change or a question was refused."""

    code: str
    message: str
    rule: int | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class ChangedRule:
    """A rule that a change was for: its text after the change, `None` after a delete, and the warnings about it."""

    id: int
    rule: str | None
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """The result of a change."""

    document: str
    revision: int
    rules: tuple[ChangedRule, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """The result of an import or an export."""

    text: str
    losses: tuple[Diagnostic, ...]
