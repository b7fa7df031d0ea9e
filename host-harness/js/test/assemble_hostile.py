"""Writes the components of `tests/hostile`, which are text, as binaries: `assemble_hostile.py SOURCE TARGET`.

Needs the package `wasmtime`, which knows the text format of components.
"""

import re
import sys
from pathlib import Path

from wasmtime import wat2wasm

#: How a whole component begins, or a core module. All other files hold parts of the component in `world.wat`.
WHOLE = re.compile(r"^\((?:component|module)\b", re.MULTILINE)

#: What begins to define a part: `$drop` of `(func $drop (export …`.
DEFINED = re.compile(r"^\((?:\S+) (\$[^\s)]+)", re.MULTILINE)


def assemble(source: Path, name: str) -> str:
    """Returns a component around the parts of a file, with the behaved parts that the file does not define."""
    parts = (source / f"{name}.wat").read_text()
    if WHOLE.search(parts):
        return parts
    defined = set(DEFINED.findall(parts))
    behaved = (source / "behaved.wat").read_text().split("\n\n")
    missing = [part for part in behaved if not defined & set(DEFINED.findall(part))]
    return (source / "world.wat").read_text().replace(";; PARTS", "\n".join([parts, *missing]))


def main(source: Path, target: Path) -> None:
    """Writes all components."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.wat")):
        name = path.stem
        if name != "world":
            (target / f"{name}.wasm").write_bytes(wat2wasm(assemble(source, name)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
