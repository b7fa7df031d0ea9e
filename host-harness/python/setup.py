"""Packs the component into the package, from the one place in a checkout where it is kept."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

_HERE = Path(__file__).parent
_PACKED = _HERE / "tagseal" / "tagseal.wasm"
_KEPT = _HERE.parent / "go" / "tagseal.wasm"


class BuildWithComponent(build_py):
    """Copies the component before the package is built. A source distribution has its copy already."""

    def run(self) -> None:
        """Copies the component, and builds."""
        if _KEPT.is_file():
            shutil.copyfile(_KEPT, _PACKED)
        if not _PACKED.is_file():
            raise SystemExit(f"the component is missing: {_KEPT}")
        super().run()


setup(cmdclass={"build_py": BuildWithComponent})
