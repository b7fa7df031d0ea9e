"""Runs all vectors without pytest, and writes one line of JSON: `run_vectors.py FOLDER [COMPONENT]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tagseal import Component, Settings, TagsealError
from vectors.file import VectorFile, read_vectors
from vectors.kinds import KINDS, Vector


def _is_passed(file: VectorFile, vector: Vector, component: Component) -> bool:
    try:
        return not KINDS[file.kind].check(vector, component)
    except (TagsealError, LookupError, ValueError):
        return False


def main(folder: Path, path: Path | None) -> int:
    """Runs the vectors, and returns the exit code."""
    passed, failed = 0, []
    settings = Settings(compile_seconds=600, decision_seconds=60)
    with Component.from_file(path, settings) if path else Component.built_in(settings) as component:
        for file in read_vectors(folder):
            for vector in file.vectors:
                if _is_passed(file, vector, component):
                    passed += 1
                else:
                    failed.append(f"{file.name}: {vector['name']}")
    sys.stdout.write(json.dumps({"passed": passed, "failed": failed}) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
