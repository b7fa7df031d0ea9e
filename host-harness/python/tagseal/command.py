"""The command line."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO

from tagseal.bench import bench_line
from tagseal.component import Component
from tagseal.contract import Decision, Outcome
from tagseal.denial import denial
from tagseal.errors import CallError, CallProblem, DocumentError, LoadError, LoadProblem, TagsealError
from tagseal.event_json import decision_json
from tagseal.lines import NotAnEvent, read_lines
from tagseal.policy import Policy


class Exit(IntEnum):
    """The exit codes, which are those of the other `tagseal` commands."""

    FINE = 0
    DENIED = 1
    USAGE = 2
    COMPONENT = 3
    FAILED = 4
    #: What a shell shows for a program that wrote to a pipe without a reader.
    PIPE = 141


class _UsageError(Exception):
    """A file that can't be read, arguments that don't go together, or no event."""


def run(arguments: Sequence[str]) -> int:
    """Does what the command line says, and returns the exit code."""
    try:
        return _dispatch(_parser().parse_args(arguments))
    except BrokenPipeError:
        # What is left in the buffer has no reader either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PIPE
    except DocumentError as error:
        for problem in error.diagnostics:
            _complain(f"error: {problem.line}:{problem.column}: {problem.message}\n  = help: {problem.help}")
        _complain(f"error: {error}")
        return Exit.USAGE
    except _UsageError as error:
        _complain(f"error: {error}")
        return Exit.USAGE
    except TagsealError as error:
        _complain(f"error: {error}")
        return _exit_code(error)


def _exit_code(error: TagsealError) -> Exit:
    match error:
        case CallError():
            return Exit.FAILED
        case LoadError(problem=LoadProblem.FILE):
            return Exit.USAGE
        case _:
            return Exit.COMPONENT


def _parser() -> argparse.ArgumentParser:
    codes = (
        "Exit codes: 0 allowed or fine; 1 denied; 2 wrong usage, no event, an unreadable file or an invalid policy; "
    )
    parser = argparse.ArgumentParser(
        prog="tagseal",
        description="Decides by a policy whether tags of a container registry may be written or deleted.",
        epilog=f"{codes}3 the component is refused; 4 the component failed.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    decide = commands.add_parser("decide", help="decide events: JSON, one on each line")
    decide.add_argument("policy", metavar="POLICY", help="the policy document, - for standard input")
    decide.add_argument("events", metavar="EVENTS", nargs="?", default="-", help="the events, - for standard input")
    bench = commands.add_parser("bench", help="measure this host, and write one line of JSON")
    bench.add_argument("--vectors", metavar="FOLDER", type=Path, help="also run the vectors of this folder")
    for command in (decide, bench):
        command.add_argument(
            "--component",
            metavar="FILE",
            type=Path,
            default=os.environ.get("TAGSEAL_COMPONENT"),
            help="ask this component, or that of TAGSEAL_COMPONENT, instead of the built-in one",
        )
    return parser


def _dispatch(arguments: argparse.Namespace) -> int:
    path = Path(arguments.component) if arguments.component else None
    if arguments.command == "bench":
        sys.stdout.write(json.dumps(bench_line(path, arguments.vectors)) + "\n")
        return Exit.FINE
    if arguments.policy == arguments.events == "-":
        raise _UsageError("policy and events can't both be standard input; name a file for one of them")
    document = _read_document(arguments.policy)
    with (
        _load(path) as component,
        component.compile(document) as policy,
        _opened(arguments.events) as events,
    ):
        return _decide(policy, events)


def _load(path: Path | None) -> Component:
    return Component.from_file(path) if path else Component.built_in()


def _decide(policy: Policy, events: BinaryIO) -> int:
    decided = denied = failed = 0
    first_failure: CallError | None = None
    for line in read_lines(events):
        answer, is_allowed, failure = _answer(policy, line)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
        decided += 1
        denied += not is_allowed
        failed += failure is not None
        first_failure = first_failure or failure
    if decided == 0:
        raise _UsageError("there is no event, so nothing was decided; give events as lines of JSON")
    if first_failure:
        count = f"{failed} {'event' if failed == 1 else 'events'}"
        message = f"{count} could not be decided, and counted as denied: {first_failure}"
        raise CallError(first_failure.problem, message)
    return Exit.DENIED if denied else Exit.FINE


def _answer(policy: Policy, line: str | NotAnEvent) -> tuple[str, bool, CallError | None]:
    if isinstance(line, NotAnEvent):
        return decision_json(_malformed(line.problem, policy.revision)), False, None
    try:
        decision = policy.try_decide_json(line)
        return decision, _is_allowed(decision), None
    except CallError as failure:
        return decision_json(denial(failure, policy.revision)), False, failure


def _is_allowed(decision: str) -> bool:
    """Returns whether an answer is a permission.

    Raises:
        CallError: It is not a decision on one line.
    """
    outcome = None
    with contextlib.suppress(ValueError, AttributeError):
        outcome = None if "\n" in decision else json.loads(decision).get("outcome")
    if outcome not in set(Outcome):
        raise CallError(CallProblem.ANSWER, "the component answered with something that is not a decision")
    return Outcome(outcome) is Outcome.ALLOW


def _malformed(problem: str, revision: int) -> Decision:
    message = f"malformed event: {problem}"
    return Decision(Outcome.DENY, "malformed", None, None, None, revision, message, ())


def _read_document(path: str) -> str:
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return content.decode()
    except OSError as error:
        raise _UsageError(f"could not read `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _UsageError(f"`{path}` is not UTF-8") from error


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("rb"))
        except OSError as error:
            raise _UsageError(f"could not read `{path}`: {error.strerror}") from error
        yield file


def _complain(message: str) -> None:
    sys.stderr.write(message + "\n")
