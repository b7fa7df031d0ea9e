"""Tagseal: decides by a WebAssembly component whether a tag of a container registry may be written or deleted."""

from __future__ import annotations

from tagseal.component import Component
from tagseal.contract import (
    Changed,
    ChangedRule,
    Converted,
    Current,
    Decision,
    DeleteManifest,
    DeleteTag,
    Diagnostic,
    Event,
    Operation,
    Outcome,
    Precondition,
    Refusal,
    Retired,
    Severity,
    TagDecision,
    TagWrite,
    Write,
)
from tagseal.denial import denial
from tagseal.errors import (
    CacheError,
    CallError,
    CallProblem,
    DocumentError,
    LoadError,
    LoadProblem,
    RefusedError,
    TagsealError,
)
from tagseal.policy import Policy
from tagseal.settings import Settings

__all__ = [
    "CacheError",
    "CallError",
    "CallProblem",
    "Changed",
    "ChangedRule",
    "Component",
    "Converted",
    "Current",
    "Decision",
    "DeleteManifest",
    "DeleteTag",
    "Diagnostic",
    "DocumentError",
    "Event",
    "LoadError",
    "LoadProblem",
    "Operation",
    "Outcome",
    "Policy",
    "Precondition",
    "Refusal",
    "RefusedError",
    "Retired",
    "Settings",
    "Severity",
    "TagDecision",
    "TagWrite",
    "TagsealError",
    "Write",
    "denial",
]
