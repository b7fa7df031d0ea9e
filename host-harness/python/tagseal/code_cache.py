"""Compiled code on disk, for the next start.

It is machine code that runs as it is found. So it is kept in a folder that belongs to this user and that nobody else
may write to, and is never read from anywhere else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from importlib.metadata import version
from pathlib import Path

from tagseal.errors import CacheError

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class CodeCache:
    """A folder with compiled code, for this user alone."""

    def __init__(self, folder: Path) -> None:
        """Opens the folder, and makes it where it is missing.

        Raises:
            CacheError: It can't be made, belongs to another user, or others may write to it.
        """
        self._folder = _secured(folder)

    def place(self, component: bytes) -> Path:
        """Returns where the code of a component is kept. Another version of the runtime has other code."""
        name = hashlib.sha256(component).hexdigest()
        return self._folder / f"{name}-wasmtime-{version('wasmtime')}.cwasm"

    def read(self, component: bytes) -> bytes | None:
        """Returns the compiled code of a component, or `None` where nothing is cached."""
        try:
            return self.place(component).read_bytes()
        except OSError:
            return None

    def write(self, component: bytes, code: bytes) -> None:
        """Keeps compiled code. Where that fails, the next start compiles again."""
        with contextlib.suppress(OSError):
            descriptor, name = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(code)
                Path(name).replace(self.place(component))
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise


def open_cache(folder: Path | None) -> CodeCache | None:
    """Opens a folder, or that of the user. Where the user has no safe folder, there is no cache.

    Raises:
        CacheError: The folder was named, and is not safe.
    """
    if folder is not None:
        return CodeCache(folder)
    own = _user_folder()
    try:
        return CodeCache(own) if own else None
    except CacheError:
        return None


def _user_folder() -> Path | None:
    """Returns the user's folder, by the variables of the environment. A relative path counts as none."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    home = Path(os.environ.get("HOME", ""))
    if caches.is_absolute():
        return caches / "tagseal"
    return home / ".cache" / "tagseal" if home.is_absolute() else None


def _secured(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        true = folder.resolve(strict=True)
        status = true.stat()
    except OSError as error:
        raise CacheError(f"the cache folder `{folder}` can't be used: {error}; name another one, or none") from error
    if status.st_uid != os.geteuid():
        raise CacheError(f"the cache folder `{true}` belongs to another user; name one of your own, or none")
    if status.st_mode & _WRITABLE_BY_OTHERS:
        raise CacheError(f"others may write to the cache folder `{true}`; run `chmod 700` on it, or name another one")
    return true
