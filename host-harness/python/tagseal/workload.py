"""What `bench` asks: policy and events are those of `tagseal bench` in Rust, so that the figures can be compared."""

from __future__ import annotations

from tagseal.contract import DeleteTag, Operation, TagWrite, Write

#: It has each kind of rule, and both kinds of namespace.
POLICY = """{
  "version": 1,
  "instance": "bench",
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] },
    { "id": 2, "namespace": "team", "exempt": ["signatures", "referrers"], "protects": [
      { "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } } ] },
    { "id": 3, "namespace": "*", "protects": [
      { "repositories": { "matches": "**" }, "tags": { "matches": "@release" } } ] }
  ]
}"""

_NAMESPACES = ("prod", "team", "without-a-rule")
_REPOSITORIES = 100
_VERSIONS = 1_000

#: Takes neighbours far apart.
_STRIDE = 1_000_003


def workload(count: int) -> list[Operation]:
    """Returns so many events: in turn a first push, the same again, other content, `latest` moved, a delete."""
    return [_event(index) for index in range(count)]


def _event(index: int) -> Operation:
    repository = f"{_NAMESPACES[index * _STRIDE % len(_NAMESPACES)]}/team/app-{index % _REPOSITORIES}"
    tag = f"v1.{index % _VERSIONS}.0"
    pushed, other = _digest(index), _digest(index + 1)
    match index % 5:
        case 0:
            return Write(repository, pushed, [TagWrite(tag, "absent")])
        case 1:
            return Write(repository, pushed, [TagWrite(tag, pushed)])
        case 2:
            return Write(repository, pushed, [TagWrite(tag, other)])
        case 3:
            return Write(repository, pushed, [TagWrite("latest", other)])
        case _:
            return DeleteTag(repository, tag)


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"
