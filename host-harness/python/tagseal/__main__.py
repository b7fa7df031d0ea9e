"""Runs the command line: `python3 -m tagseal`."""

from __future__ import annotations

import sys

from tagseal.command import run


def main() -> None:
    """Runs the command line, and exits."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
