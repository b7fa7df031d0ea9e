"""A guard before a registry that is a WSGI application: it asks a policy before a tag is written or deleted."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from tagseal import Decision, DeleteManifest, DeleteTag, Event, Operation, TagWrite, Write

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)")
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]+")

#: Bytes that a manifest may have, as the OCI distribution specification says.
_MAX_MANIFEST_BYTES = 4 << 20


class Decides(Protocol):
    """What the guard needs of a policy."""

    def decide(self, event: Event) -> Decision:
        """Decides an event."""


class RegistryGuard:
    """Asks a policy about each write and delete of a manifest, before the registry does it.

    `current` says what a tag of a repository resolves to: `"absent"`, `"unknown"` or its digest. Writes to one
    repository happen one after the other, so that what the policy decided still holds when the registry writes. That is
    so within one process; several processes need a lock that they share, such as one of the registry's database.
    """

    def __init__(self, registry: WSGIApplication, policy: Decides, current: Callable[[str, str], str]) -> None:
        self._registry = registry
        self._policy = policy
        self._current = current
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request."""
        found = _MANIFEST.fullmatch(environ.get("PATH_INFO", ""))
        method = environ["REQUEST_METHOD"]
        if found is None or method not in {"PUT", "DELETE"}:
            return self._registry(environ, start_response)
        repository, reference = found["repository"], found["reference"]
        with self._locks[repository]:
            if method == "PUT":
                body = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), _MAX_MANIFEST_BYTES + 1))
                if len(body) > _MAX_MANIFEST_BYTES:
                    return _answer(start_response, "413 Content Too Large", "SIZE_INVALID", "the manifest is too large")
                environ["wsgi.input"] = io.BytesIO(body)
                operation: Operation = self._write(repository, reference, body)
            else:
                operation = _delete(repository, reference)
            decision = self._policy.decide(Event(operation, {"time": _now()}))
            if not decision.is_allowed:
                status = "409 Conflict" if method == "PUT" else "405 Method Not Allowed"
                return _answer(start_response, status, "DENIED", decision.message)
            # The lock is held until the registry has written, which it may do while its answer is read.
            answer = self._registry(environ, start_response)
            try:
                return list(answer)
            finally:
                close = getattr(answer, "close", None)
                if close:
                    close()

    def _write(self, repository: str, reference: str, body: bytes) -> Write:
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        is_tag = _DIGEST.fullmatch(reference) is None
        tags = [TagWrite(reference, self._current(repository, reference))] if is_tag else []
        return Write(repository, digest, tags)


def _delete(repository: str, reference: str) -> Operation:
    # To find all tags of a manifest takes a look at each tag, so this guard says that it does not know them.
    if _DIGEST.fullmatch(reference):
        return DeleteManifest(repository, reference, tags=None)
    return DeleteTag(repository, reference)


def _answer(start_response: StartResponse, status: str, code: str, message: str) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps({"errors": [{"code": code, "message": message}]}).encode()]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
