"""Measures this host."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from tagseal.component import Component
from tagseal.event_json import event_json
from tagseal.settings import Settings
from tagseal.workload import POLICY, workload

Asked = TypeVar("Asked")

_EVENTS = 50_000
_WARM_UP = 1_000


def bench_line(path: Path | None, vectors: Path | None) -> dict[str, object]:
    """Returns what was measured, as one line of the table of hosts."""
    events = workload(_EVENTS)
    texts = [event_json(event) for event in events]
    settings = Settings(instances=1)
    component = Component.from_file(path, settings) if path else Component.built_in(settings)
    with component, component.compile(POLICY) as policy:
        typed_p50, typed_p99 = _percentiles(policy.try_decide, events)
        json_p50, json_p99 = _percentiles(policy.try_decide_json, texts)
    return {
        "host": "Python",
        "version": f"{platform.python_implementation()} {platform.python_version()}, wasmtime {version('wasmtime')}",
        "depends_on": ["wasmtime"],
        "decide_typed_ns_p50": typed_p50,
        "decide_typed_ns_p99": typed_p99,
        "decide_json_ns_p50": json_p50,
        "decide_json_ns_p99": json_p99,
        **(_vector_counts(path, vectors) if vectors else {}),
    }


def _percentiles(ask: Callable[[Asked], object], questions: Sequence[Asked]) -> tuple[int, int]:
    for question in questions[:_WARM_UP]:
        ask(question)
    samples = []
    for question in questions:
        start = time.perf_counter_ns()
        ask(question)
        samples.append(time.perf_counter_ns() - start)
    samples.sort()
    return samples[len(samples) // 2], samples[len(samples) * 99 // 100]


def _vector_counts(path: Path | None, folder: Path) -> dict[str, object]:
    """Counts how many vectors of a folder pass, by the runner of the checkout."""
    runner = Path(__file__).parent.parent / "tests" / "run_vectors.py"
    arguments = [sys.executable, str(runner), str(folder), *([str(path)] if path else [])]
    ended = subprocess.run(arguments, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
    counts = json.loads(ended.stdout)
    return {"vectors_passed": counts["passed"], "vectors_failed": len(counts["failed"])}
