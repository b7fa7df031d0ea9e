"""The clock by which calls end that take too long."""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from collections.abc import Callable

from wasmtime import Engine

#: Seconds between two ticks.
TICK_SECONDS = 0.01


class Clock:
    """Advances the epoch of an engine, until it is stopped or the engine is gone.

    Calls that are under way when it is stopped still end at their deadline, after so many seconds at most.
    """

    def __init__(self, engine: Engine, longest_seconds: float) -> None:
        self._engine = weakref.ref(engine)
        self._stopped = threading.Event()
        self._ticks_after = ticks(longest_seconds)
        self._start()
        # A process that was forked has none of its parent's threads, and calls without a clock would never end.
        restart = weakref.WeakMethod(self._start)
        os.register_at_fork(after_in_child=lambda: _call(restart))

    def _start(self) -> None:
        if not self._stopped.is_set():
            arguments = (self._engine, self._stopped, self._ticks_after)
            threading.Thread(target=_tick, args=arguments, name="tagseal-clock", daemon=True).start()

    def stop(self) -> None:
        """Stops the clock. Later calls are refused."""
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether no call may begin any more."""
        return self._stopped.is_set()


def ticks(seconds: float) -> int:
    """Returns how many ticks are at least so many seconds. The tick that comes next may come at once."""
    return math.ceil(seconds / TICK_SECONDS) + 1


def _tick(reference: weakref.ref[Engine], stopped: threading.Event, ticks_after: int) -> None:
    remaining = ticks_after
    while remaining > 0:
        remaining -= stopped.is_set()
        time.sleep(TICK_SECONDS)
        engine = reference()
        if engine is None:
            return
        engine.increment_epoch()
        del engine


def _call(reference: weakref.WeakMethod[Callable[[], None]]) -> None:
    method = reference()
    if method:
        method()
