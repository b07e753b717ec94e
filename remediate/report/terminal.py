"""What a terminal shows: how wide lines are, and in which colours."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from remediate.report.escape import visible

_DEFAULT = 110
_NARROWEST = 40
_COLORS = {"error": 31, "warning": 33, "note": 36}
"""Red, yellow and cyan. Source: ECMA-48, Select Graphic Rendition."""


def width() -> int:
    """Return how many columns a line of prose takes: at most :func:`limit`, or 110 without a limit."""
    return limit() or _DEFAULT


def limit() -> int | None:
    """Return how many columns fit on a line: COLUMNS, else the terminal's, or None where neither stream is a terminal."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return max(int(given), _NARROWEST)
    for stream in (sys.stderr, sys.stdout):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, replaced, or not a terminal
            return max(os.get_terminal_size(stream.fileno()).columns, _NARROWEST)
    return None


def wrapped(text: str, lead: str, indent: str | None = None) -> Iterator[str]:
    """Yield a text, which may come from a template, in lines of a terminal's width.

    ``lead`` begins the first line, ``indent`` the others: by default as many spaces as the lead has columns.
    """
    import textwrap  # not needed for a quiet run

    follow = " " * len(lead) if indent is None else indent
    yield from textwrap.wrap(
        visible(text), width(), initial_indent=lead, subsequent_indent=follow, break_long_words=False, break_on_hyphens=False
    )


def painted(text: str, level: str, *, color: bool) -> str:
    """Return a text in the colour of a severity (``error``, ``warning`` or ``note``), unchanged without colour."""
    return f"\x1b[{_COLORS[level]}m{text}\x1b[0m" if color else text
