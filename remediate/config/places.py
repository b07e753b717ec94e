"""Where the keys of a TOML file are, for messages. The parser of the standard library does not tell."""

from __future__ import annotations

import re
from collections import Counter
from typing import TypeAlias

Path: TypeAlias = "tuple[str | int, ...]"

_PART = r"""(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_NAME = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_TABLE = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_NAME})[ \t]*\]")
_KEY = re.compile(rf"[ \t]*({_NAME})[ \t]*=")


def place(text: str, path: Path) -> tuple[int, int]:
    """Return line and column of a key, or of the nearest key above it that stands on a line of its own."""
    known = _places(text)
    while path and path not in known:
        path = path[:-1]
    return known.get(path, (1, 1))


def _places(text: str) -> dict[Path, tuple[int, int]]:
    found: dict[Path, tuple[int, int]] = {}
    table: Path = ()
    counted: Counter[Path] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        header = _TABLE.match(line)
        if header:
            table = _indexed(_parts(header[2]), counted, repeated=header[1] == "[[")
            found.setdefault(table, (number, header.start(1) + 1))
        elif key := _KEY.match(line):
            path = (*table, *_parts(key[1]))
            found.setdefault(path, (number, key.start(1) + 1))
    return found


def _indexed(parts: Path, counted: Counter[Path], *, repeated: bool) -> Path:
    """Return the path of a table, in which each array of tables has the number of the table that is the last until now."""
    path: Path = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if repeated and position == len(parts) - 1:
            counted[path] += 1
        if counted[path]:
            path = (*path, counted[path] - 1)
    return path


def _parts(name: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_PART, name))
