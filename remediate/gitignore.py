"""Which files and folders git ignores, and which the user excludes, in the syntax of ``.gitignore``.

Source: Git Reference, gitignore. Patterns of a deeper folder count before those of one above it, later ones before earlier
ones, and what is in an ignored folder cannot be taken back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE = ".gitignore"


class Rules(Struct, frozen=True):
    """The patterns of one file, which are about the folder ``base``, an absolute path without a slash at its end."""

    base: str
    spec: GitIgnoreSpec

    def matches(self, path: str, *, is_folder: bool) -> bool | None:
        """Tell whether an absolute path is ignored; None where no pattern is about it."""
        if not path.startswith(self.base + os.sep):
            return None
        relative = path[len(self.base) + 1 :].replace(os.sep, "/")
        return self.spec.check_file(f"{relative}/" if is_folder else relative).include


Chain: TypeAlias = "tuple[Rules, ...]"
"""The rules of a folder and of those above it, the deepest last."""


def rules(base: str, patterns: Iterable[str]) -> Chain:
    """Return the rules of patterns, empty without patterns. Raises ValueError for a text that is not a pattern."""
    lines = [*patterns]
    if not lines:
        return ()
    from pathspec import GitIgnoreSpec  # most runs have no patterns

    return (Rules(base.rstrip(os.sep), GitIgnoreSpec.from_lines(lines)),)


def is_ignored(chain: Chain, path: str, *, is_folder: bool) -> bool:
    """Tell whether the rules of the folders above a path ignore it."""
    for one in reversed(chain):
        found = one.matches(path, is_folder=is_folder)
        if found is not None:
            return found
    return False


def rules_of(folder: str) -> Chain:
    """Return the rules of a folder's own ``.gitignore``, none where it has none that can be read."""
    return _read(Path(folder, FILE), folder)


def rules_above(folder: str) -> Chain:
    """Return the rules that the folders above one have for it, from the top of its git repository on."""
    top = repository(folder)
    if top is None or top == folder:
        return () if top is None else _own(top)
    chain = (*_own(top), *rules_of(top))
    for above in _between(top, folder):
        chain += rules_of(above)
    return chain


def repository(folder: str) -> str | None:
    """Return the top of the git repository that a folder, given by its absolute path, is in; None where it is in none."""
    path = Path(folder)
    return next((str(one) for one in (path, *path.parents) if (one / ".git").exists()), None)


def is_left_out(path: str, *, is_folder: bool) -> bool:
    """Tell whether git ignores an absolute path, for itself or with a folder that it is in."""
    top = repository(str(Path(path).parent))
    if top is None:
        return False
    chain: Chain = _own(top)
    for folder in (top, *_between(top, path)):
        if folder != top and is_ignored(chain, folder, is_folder=True):
            return True
        chain += rules_of(folder)
    return is_ignored(chain, path, is_folder=is_folder)


def _between(top: str, path: str) -> Iterator[str]:
    """Yield the folders below ``top`` that a path is in, from the top on."""
    current = Path(top)
    for part in Path(path).relative_to(top).parts[:-1]:
        current /= part
        yield str(current)


def _own(top: str) -> Chain:
    """Return the rules that a repository keeps outside its files."""
    return _read(Path(top, ".git", "info", "exclude"), top)


def _read(file: Path, base: str) -> Chain:
    try:
        lines = file.read_text("utf-8", errors="surrogateescape").splitlines()
    except OSError:  # git itself passes over what it cannot read
        return ()
    return rules(base, (line for line in lines if line.strip() and not line.startswith("#") and _is_pattern(line)))


def _is_pattern(line: str) -> bool:
    """Tell whether a line is a pattern; git, too, skips a line that is not one."""
    try:
        return bool(rules("", [line]))
    except ValueError:
        return False
