"""Finding templates in folders, as git sees them: without what it ignores, and without what tools have made."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from remediate import gitignore
from remediate.gitignore import Chain, is_ignored

SUFFIXES = (".yaml", ".yml", ".json", ".template")
"""What the name of a file in a folder must end with to be looked at; one that is named outright may be called anything."""

OUTPUT = frozenset({"node_modules", "cdk.out", "venv", "site-packages", "__pypackages__", "bower_components"})
"""Folders that tools fill. Those with a dot at their beginning, as .aws-sam, .serverless and .venv, are left out anyway."""

_MARKS = frozenset({"cdk.out", "pyvenv.cfg"})
"""Files by which the CDK and Python mark a folder that they have filled, whatever it is called."""

_MADE, _HIDDEN = "made by a tool", "hidden"


class Found(NamedTuple):
    """A file in a folder. ``real`` names it without links, so that it is taken once."""

    path: str
    real: str


class _Rules(NamedTuple):
    """The user's and git's patterns for what is in a folder."""

    excluded: Chain
    git: Chain


class Walk(Struct, frozen=True):
    """How folders are walked.

    ``failed`` is told of what cannot be looked at, ``left_out`` of each folder or file that is not, and why. ``excluded``
    are the user's patterns, to which ``nearer`` adds those for the content of a folder, given by its absolute path.
    ``git``: what git ignores is left out.
    """

    failed: Callable[[str, OSError], None]
    left_out: Callable[[str, str], None] = lambda _path, _why: None
    excluded: Chain = ()
    git: bool = True
    nearer: Callable[[str], Chain] = lambda _folder: ()

    def templates_in(self, folder: str) -> Iterator[Found]:
        """Yield the files below a folder that can be templates, in order. One that cannot be looked at costs no other."""
        name = str(Path(folder))
        try:
            root, real = os.path.abspath(name).rstrip(os.sep), os.path.realpath(name).rstrip(os.sep)  # noqa: PTH100  # as below
        except OSError as error:  # the working folder is gone
            self.failed(folder, error)
            return
        waiting = [(self._entries(name, named=True), self._rules(root))]
        while waiting:
            entries, rules = waiting[-1]
            entry = next(entries, None)
            if entry is None:
                waiting.pop()
                continue
            below = entry.path[len(name.rstrip(os.sep)) :]
            try:
                if self._is_template(entry, root + below, rules):
                    yield Found(_shown(entry.path), os.path.realpath(entry.path) if entry.is_symlink() else real + below)
                elif entry.is_dir(follow_symlinks=False) and not self._is_left_out(entry, root + below, rules):
                    waiting.append((self._entries(entry.path), self._inside(root + below, rules)))
            except OSError as error:
                self.failed(_shown(entry.path), error)

    def names_in(self, folder: str, names: Iterable[Path]) -> Iterator[Path]:
        """Yield the files that a walk of a folder comes to, of those with some names; none of them need be there."""
        root = os.path.abspath(folder)  # noqa: PTH100  # as above
        known: dict[str, _Rules | None] = {root: self._rules(root)}
        for one in names:
            path = os.path.abspath(one)  # noqa: PTH100  # as above
            if path.lower().endswith(SUFFIXES) and path.startswith(os.path.join(root, "")):  # noqa: PTH118
                rules = self._walked(os.path.dirname(path), known)  # noqa: PTH120  # a key, which is a string
                if rules and not _why(one.name, path, rules, is_folder=False):
                    yield one

    def _walked(self, folder: str, known: dict[str, _Rules | None]) -> _Rules | None:
        """Return the rules in a folder, None where a walk does not enter it; ``known`` gains what is found out."""
        if folder not in known:
            above, name = os.path.split(folder)
            rules = self._walked(above, known)
            if rules and (_why(name, folder, rules, is_folder=True) or _is_marked(Path(folder))):
                rules = None
            known[folder] = self._inside(folder, rules) if rules else None
        return known[folder]

    def _rules(self, root: str) -> _Rules:
        """Return the rules in a folder that is named; where git ignores it, it is named on purpose."""
        ignored = self.git and gitignore.is_left_out(root, is_folder=True)
        above = gitignore.rules_above(root) if self.git and not ignored else ()
        return _Rules(self._user(root), above + self._own(root))

    def _inside(self, folder: str, above: _Rules) -> _Rules:
        return _Rules(self._user(folder), above.git + self._own(folder))

    def is_excluded(self, path: str, *, is_folder: bool) -> str:
        """Return why a named path is left out where even named ones are, "" where it is not."""
        whole = os.path.abspath(path)  # noqa: PTH100  # resolve() follows links
        above = [(whole, is_folder), *((str(one), True) for one in Path(whole).parents)]
        passed = _passed_over(whole, is_folder=is_folder)
        if passed:
            return passed
        excluded = self._user(str(Path(whole).parent))
        if any(is_ignored(excluded, one, is_folder=folder) for one, folder in above):
            return "excluded"
        return "ignored by git" if self.git and gitignore.is_left_out(whole, is_folder=is_folder) else ""

    def _user(self, folder: str) -> Chain:
        return self.excluded + self.nearer(folder)

    def _own(self, folder: str) -> Chain:
        return gitignore.rules_of(folder) if self.git else ()

    def _entries(self, folder: str, *, named: bool = False) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.failed(_shown(folder), error)
            return iter(())
        if not named and any(entry.name in _MARKS and not entry.is_dir() for entry in entries):
            self.left_out(_shown(folder), _MADE)
            return iter(())
        return (entry for entry in entries if not entry.name.startswith("."))

    def _is_template(self, entry: os.DirEntry[str], path: str, rules: _Rules) -> bool:
        if not entry.name.lower().endswith(SUFFIXES) or entry.is_dir(follow_symlinks=False):
            return False
        # A link's target is asked for: one that leads nowhere is an error.
        regular = entry.is_file(follow_symlinks=False) or (entry.is_symlink() and _is_file(entry))
        return regular and not self._is_left_out(entry, path, rules)

    def _is_left_out(self, entry: os.DirEntry[str], path: str, rules: _Rules) -> bool:
        why = _why(entry.name, path, rules, is_folder=entry.is_dir(follow_symlinks=False))
        if why:
            self.left_out(_shown(entry.path), why)
        return bool(why)


def _why(name: str, path: str, rules: _Rules, *, is_folder: bool) -> str:
    """Return why a walk leaves out what it finds in a folder, "" where it does not."""
    if name.startswith("."):
        return _HIDDEN
    if is_folder and name in OUTPUT:
        return _MADE
    if rules.excluded and is_ignored(rules.excluded, path, is_folder=is_folder):
        return "excluded"
    return "ignored by git" if rules.git and is_ignored(rules.git, path, is_folder=is_folder) else ""


def _passed_over(whole: str, *, is_folder: bool) -> str:
    """Return why a walk from the top of its repository, or else from the working folder, passes over a path.

    What is above that says nothing of the path: the whole checkout may be in a folder that is called ``venv``.
    """
    path = Path(whole)
    top = Path(gitignore.repository(whole if is_folder else str(path.parent)) or Path.cwd())
    below = path.relative_to(top).parts if path.is_relative_to(top) else ()
    if any(name.startswith(".") for name in below):
        return _HIDDEN
    folders = [top.joinpath(*below[:count]) for count in range(1, len(below) + is_folder)]
    return _MADE if any(one.name in OUTPUT or _is_marked(one) for one in folders) else ""


def _is_marked(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _MARKS)


def _shown(path: str) -> str:
    return path.removeprefix(f".{os.sep}")


def _is_file(entry: os.DirEntry[str]) -> bool:
    return stat.S_ISREG(entry.stat().st_mode)
