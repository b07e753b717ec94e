"""The unified diff, as ``git apply`` and ``patch`` take it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from remediate.engine import Report

_CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file\n"


def render(report: Report) -> str:
    """Return the diff of a report, empty where nothing changes. Lines end where the file's lines end, LF or CRLF."""
    return "".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    before, after = _split(report.before, bom=report.bom), _split(report.after, bom=report.bom)
    # Most of a large template is the same: comparing only what lies between saves the quadratic part.
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    first = max(0, start - _CONTEXT)
    last = max(0, end - _CONTEXT)
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    name = _shown(report.name)
    for line in difflib.unified_diff(old, new, _quoted(f"a/{name}"), _quoted(f"b/{name}"), n=_CONTEXT):
        yield _shifted(line, first) if line.startswith("@@") else line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"


def _split(text: str, *, bom: bool) -> list[str]:
    """Split at LF alone: diff tools know no other line end."""
    text = "\ufeff" + text if bom else text
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _common(one: list[str], other: list[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((count for count, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _shifted(header: str, lines: int) -> str:
    """Move a hunk header by the lines that were left out before it."""
    _, old, new, _ = header.split(" ", 3)
    return f"@@ -{_moved(old[1:], lines)} +{_moved(new[1:], lines)} @@\n"


def _moved(place: str, lines: int) -> str:
    start, comma, count = place.partition(",")
    return f"{int(start) + lines}{comma}{count}"


def _quoted(name: str) -> str:
    """Quote a name with control characters as git does, for a line break in it would end the line of the patch."""
    if name.isprintable():
        return name
    escaped = "".join(one if one.isprintable() and one not in '"\\' else f"\\{ord(one):03o}" for one in name)
    return f'"{escaped}"'


def _shown(name: str) -> str:
    """Return the path as a patch names it: relative to here where that is possible, with forward slashes."""
    # What is written is the target of a link, and so that is what the patch is for.
    path = PurePath(os.path.realpath(name) if Path(name).is_symlink() else name)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix().lstrip("/")
