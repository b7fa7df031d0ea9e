"""Reads files of vectors, and refuses what it does not know."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectors.kinds import KINDS, Vector

_HEAD_FIELDS = frozenset({"$schema", "kind", "about", "document", "vectors"})


@dataclass(frozen=True)
class VectorFile:
    """A file of vectors."""

    name: str
    kind: str
    vectors: tuple[Vector, ...]


def read_vectors(folder: Path) -> list[VectorFile]:
    """Reads the files of a folder, in the order of their names."""
    paths = sorted(path for path in folder.glob("*.json") if path.name != "schema.json")
    files = [read_file(path.name, path.read_text(encoding="utf-8")) for path in paths]
    if not any(file.vectors for file in files):
        raise ValueError(f"there are no vectors in {folder}")
    return files


def read_file(name: str, text: str) -> VectorFile:
    """Reads a file."""
    file = json.loads(text)
    _refuse_unknown(name, file, _HEAD_FIELDS)
    if file["kind"] not in KINDS:
        raise ValueError(f"{name}: unknown kind {file['kind']}")
    names = [vector["name"] for vector in file["vectors"]]
    if len(set(names)) != len(names):
        raise ValueError(f"{name}: a name is given twice")
    return VectorFile(name, file["kind"], tuple(_vector(name, file, vector) for vector in file["vectors"]))


def _vector(name: str, file: dict[str, Any], vector: dict[str, Any]) -> Vector:
    kind = KINDS[file["kind"]]
    place = f"{name}: {vector['name']}"
    _refuse_unknown(place, vector, {"name", *kind.fields, *kind.answers})
    for answer, fields in kind.answers.items():
        if fields is not None:
            _refuse_unknown(f"{place}: {answer}", vector.get(answer, {}), fields)
    has_document = "document" in file and "document" in kind.fields
    return {"document": file["document"], **vector} if has_document else vector


def _refuse_unknown(place: str, fields: Iterable[str], known: Iterable[str]) -> None:
    unknown = set(fields) - set(known)
    if unknown:
        raise ValueError(f"{place}: unknown field {', '.join(sorted(unknown))}")
