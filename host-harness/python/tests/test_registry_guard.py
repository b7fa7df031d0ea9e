"""The example of a WSGI registry with a guard before it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

import pytest

from registry_guard import RegistryGuard

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from tagseal import Component


class MemoryRegistry:
    """The tags of a registry, kept in memory."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}

    def current(self, repository: str, tag: str) -> str:
        """Returns what a tag resolves to."""
        return self.tags.get(f"/v2/{repository}/manifests/{tag}", "absent")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "PUT":
            self.tags[path] = f"sha256:{hashlib.sha256(environ['wsgi.input'].read()).hexdigest()}"
            start_response("201 Created", [])
        elif environ["REQUEST_METHOD"] == "DELETE":
            start_response("202 Accepted", [])
        else:
            start_response("200 OK", [])
        return [self.tags.get(path, "").encode()]


@pytest.fixture
def registry() -> MemoryRegistry:
    return MemoryRegistry()


@pytest.fixture
def guard(component: Component, registry: MemoryRegistry) -> Iterator[RegistryGuard]:
    with component.compile('{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}') as policy:
        yield RegistryGuard(registry, policy, registry.current)


def _ask(guard: RegistryGuard, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": f"/v2/{path}"}
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    statuses: list[str] = []

    def start_response(status: str, _headers: Any, _error: Any = None) -> Any:
        statuses.append(status)

    answer = b"".join(guard(environ, start_response))
    return int(statuses[0].split()[0]), answer


def test_another_manifest_under_a_protected_tag_is_answered_409_with_denied(guard: RegistryGuard) -> None:
    assert _ask(guard, "PUT", "prod/app/manifests/v1", b"one")[0] == 201
    assert _ask(guard, "PUT", "prod/app/manifests/v1", b"one")[0] == 201
    status, body = _ask(guard, "PUT", "prod/app/manifests/v1", b"two")
    error = json.loads(body)["errors"][0]
    assert (status, error["code"]) == (409, "DENIED")
    assert error["message"].startswith("tag v1 of prod/app ")
    assert _ask(guard, "GET", "prod/app/manifests/v1")[1] == b"sha256:" + hashlib.sha256(b"one").hexdigest().encode()


def test_what_no_rule_protects_moves(guard: RegistryGuard) -> None:
    for path in ("prod/app/manifests/latest", "dev/app/manifests/v1"):
        assert [_ask(guard, "PUT", path, body)[0] for body in (b"one", b"two")] == [201, 201]
        assert _ask(guard, "DELETE", path)[0] == 202


def test_protected_tags_and_their_manifests_are_not_deleted(guard: RegistryGuard) -> None:
    _ask(guard, "PUT", "prod/app/manifests/v1", b"one")
    assert _ask(guard, "DELETE", "prod/app/manifests/v1")[0] == 405
    assert _ask(guard, "DELETE", f"prod/app/manifests/sha256:{'a' * 64}")[0] == 405


def test_of_many_first_pushes_at_once_one_wins(guard: RegistryGuard) -> None:
    with ThreadPoolExecutor(16) as threads:
        bodies = [f"manifest {index}".encode() for index in range(32)]
        statuses = list(threads.map(lambda body: _ask(guard, "PUT", "prod/app/manifests/v1", body)[0], bodies))
    assert sorted(statuses) == [201] + [409] * 31


def test_a_tag_of_unknown_state_is_not_written(component: Component, registry: MemoryRegistry) -> None:
    with component.compile('{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}') as policy:
        guard = RegistryGuard(registry, policy, lambda _repository, _tag: "unknown")
        assert _ask(guard, "PUT", "prod/app/manifests/v1", b"one")[0] == 409
