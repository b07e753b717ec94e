"""The unified diff, as ``git apply`` and ``patch -p1`` take it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from remediate.engine import Report
from remediate.gitignore import repository
from remediate.report.lines import Change, changes

_CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file\n"
_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def render(report: Report) -> str:
    """Return the diff of a report, empty where nothing changes. Lines end where the file's lines end, LF or CRLF.

    The path is relative to the working directory, so that both programs take the diff there. Neither leaves the directory
    that it works in, whatever the diff says. A file outside of it is therefore named from the top of the repository, if it
    is in that of the working directory, and both programs take the diff at the top. Any other file has its whole path
    without the first ``/``, and the diff is for ``patch -p1 -d /``. A file in a folder of the same name as the folder around
    it (``sub/x.yaml`` as seen from ``sub``) needs ``git apply -p1``: without it git takes the name to be relative to the
    repository's root.
    """
    return "".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    old, new = _split(report.before, bom=report.template.bom), _split(report.after, bom=report.template.bom)
    found = changes(old, new)
    if found:
        name = _shown(report.name)
        yield f"--- {_quoted(f'a/{name}')}\n+++ {_quoted(f'b/{name}')}\n"
    for hunk in _hunks(found):
        yield from (line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in _written(old, new, hunk))


def _split(text: str, *, bom: bool) -> list[str]:
    """Split at LF alone: diff tools know no other line end."""
    text = "\ufeff" + text if bom else text
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _hunks(found: list[Change]) -> Iterator[list[Change]]:
    """Put changes together of which the lines around touch."""
    hunk: list[Change] = []
    for change in found:
        if hunk and change.start - hunk[-1].end > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _written(old: Sequence[str], new: Sequence[str], hunk: list[Change]) -> Iterator[str]:
    first, last = hunk[0], hunk[-1]
    before = min(_CONTEXT, first.start)
    after = min(_CONTEXT, len(old) - last.end)
    gone = _range(first.start - before, last.end + after)
    come = _range(first.new_start - before, last.new_end + after)
    yield f"@@ -{gone} +{come} @@\n"
    done = first.start - before
    for change in hunk:
        yield from (f" {line}" for line in old[done : change.start])
        yield from (f"-{line}" for line in old[change.start : change.end])
        yield from (f"+{line}" for line in new[change.new_start : change.new_end])
        done = change.end
    yield from (f" {line}" for line in old[done : done + after])


def _range(start: int, end: int) -> str:
    """Return a hunk's lines: first and count, where 1 is not said and no lines are named by the one before them."""
    count = end - start
    return f"{start + 1}" if count == 1 else f"{start + 1 if count else start},{count}"


def _quoted(name: str) -> str:
    """Write a name as git does: what is not printable ASCII in quotes and escaped, and a tab behind one with spaces.

    Without the tab ``patch`` would take what follows the space for a date. A space at the end it reads in quotes alone.
    """
    raw = os.fsencode(name)
    if any(byte in _ESCAPES or not 0x20 <= byte < 0x7F for byte in raw) or name.endswith(" "):
        name = '"' + "".join(_escaped(byte) for byte in raw) + '"'
    return f"{name}\t" if " " in name else name


def _escaped(byte: int) -> str:
    if byte in _ESCAPES:
        return "\\" + _ESCAPES[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"


def _shown(name: str) -> str:
    """Return the path as a patch names it, with forward slashes and without links and ``..``, which git refuses."""
    try:
        # What is written is the target of a link, and so that is what the patch is for.
        path = PurePath(os.path.realpath(name))
        here = Path.cwd()
    except OSError:  # the working directory is gone
        path, here = PurePath(name), None
    if here is None or path.is_relative_to(here):
        base = here
    else:
        top = repository(str(here))
        base = Path(top) if top and top == repository(str(path.parent)) else None
    return (path.relative_to(base) if base else path).as_posix().lstrip("/")
