"""Instances that threads share: each is lent to one thread at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from tagseal.errors import CallError, CallProblem

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Pool(Generic[Item]):
    """At most so many items, each made when threads wait for one."""

    def __init__(self, make: Callable[[], Item], discard: Callable[[Item], None], limit: int) -> None:
        self._make = make
        self._discard = discard
        self._idle: deque[Item] = deque()
        self._free = threading.BoundedSemaphore(limit)
        self._closed = False

    def put(self, item: Item) -> None:
        """Adds an item that is not in use."""
        self._idle.append(item)

    def lend(self, use: Callable[[Item], Answer], seconds: float) -> Answer:
        """Lends an item. One for which `use` fails is discarded.

        Raises:
            CallError: All items were in use for so many seconds, or the pool is closed.
        """
        if not self._free.acquire(timeout=seconds):
            raise CallError(CallProblem.BUSY, f"all instances of the component were busy for {seconds:g} s")
        try:
            if self._closed:
                raise CallError(CallProblem.CLOSED, "the policy is closed")
            item = self._take()
            try:
                answer = use(item)
            except BaseException:
                self._discard(item)
                raise
            self._idle.append(item)
            if self._closed:
                self._discard_idle()
            return answer
        finally:
            self._free.release()

    def close(self) -> list[Item]:
        """Closes the pool, and returns the items that are not in use. The others are discarded when they come back."""
        self._closed = True
        items = []
        while self._idle:
            items.append(self._idle.pop())
        return items

    def _take(self) -> Item:
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    def _discard_idle(self) -> None:
        for item in self.close():
            self._discard(item)
