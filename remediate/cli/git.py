"""What a git repository has of a file at another commit, and which files differ from it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from remediate.template import TemplateError


class GitFailed(TemplateError):
    """git is not there, or cannot do what it was asked; the message says why."""


class Change(Struct, frozen=True):
    """A file that differs, and the file that it was: another one, if it was renamed."""

    path: Path
    was: Path


def commit_of(revision: str, folder: Path) -> str:
    """Return the id of the commit that a revision names; ``REV...`` is where HEAD left REV, as in ``git diff``.

    Raises GitFailed where there is no such commit, or ``folder`` is in no repository.
    """
    folder = _existing(folder)
    _run(folder, "rev-parse", "--show-toplevel")
    name = revision.removesuffix("...")
    found = _run(folder, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode().strip()
    return _run(folder, "merge-base", found, "HEAD").decode().strip() if revision.endswith("...") else found


def content_at(commit: str, file: Path) -> bytes | None:
    """Return what a file held at a commit, None where it was not there. Raises GitFailed."""
    listed = _listed(commit, file)
    return _run(_existing(file.parent), "cat-file", "blob", listed.split()[2].decode()) if listed else None


def is_at(commit: str, file: Path) -> bool:
    """Tell whether a file was there at a commit. Raises GitFailed."""
    return bool(_listed(commit, file))


def _listed(commit: str, file: Path) -> bytes:
    folder = _existing(file.parent)
    inside = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    return _run(folder, "ls-tree", "-z", commit, "--", inside)


def changed_since(commit: str, folder: Path) -> list[Change]:
    """Return the files of a folder that differ from a commit, those too that are gone or that git does not know yet.

    A file that git finds to be renamed is one change, wherever it comes from; one that has left the folder is gone.
    """
    prefix = os.fsdecode(_run(folder, "rev-parse", "--show-prefix").removesuffix(b"\n"))
    new = _run(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ".").split(b"\0")
    pairs = [*_renamed(commit, folder), *((one, one) for one in map(os.fsdecode, filter(None, new)))]
    inside = {name if name.startswith(prefix) else old: old for old, name in pairs}
    return [
        Change(folder / name.removeprefix(prefix), folder / os.path.relpath(old, prefix or "."))
        for name, old in sorted(inside.items())
        if name.startswith(prefix)
    ]


def _renamed(commit: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the old and the new name, from the top of the repository, of each file that differs and that git knows."""
    options = ("--name-status", "--find-renames", "--no-relative", "--no-ext-diff", "-z")
    parts = iter(os.fsdecode(_run(folder, "diff", *options, commit, "--")).split("\0"))
    for status in filter(None, parts):
        old = next(parts)
        yield old, next(parts) if status.startswith("R") else old


def _existing(folder: Path) -> Path:
    """Return the nearest folder that is there: that of a deleted file may be gone with it."""
    return folder if folder.is_dir() or folder == folder.parent else _existing(folder.parent)


def _run(folder: Path, *arguments: str) -> bytes:
    try:
        # git is the one on the PATH, and what it is given behind `--` or `--end-of-options` is no option.
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError as error:
        raise GitFailed("git was not found; --base needs it" if folder.is_dir() else f"{folder}: no such folder") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise GitFailed(f"git {arguments[0]}: {said[0].removeprefix('fatal: ')}")
    return done.stdout
