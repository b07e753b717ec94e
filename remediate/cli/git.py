"""What a git repository has of a file at another commit, and which files differ from it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from remediate.template import TemplateError


class GitFailed(TemplateError):
    """git is not there, or cannot do what it was asked; the message says why."""


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
    folder = _existing(file.parent)
    inside = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    listed = _run(folder, "ls-tree", "-z", commit, "--", inside)
    return _run(folder, "cat-file", "blob", listed.split()[2].decode()) if listed else None


def changed_since(commit: str, folder: Path) -> list[Path]:
    """Return the files of a folder that differ from a commit, those too that are gone or that git does not know yet."""
    named = _run(folder, "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", "--relative", commit, "--", ".")
    new = _run(folder, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    names = {os.fsdecode(one) for one in (named + new).split(b"\0") if one}
    return [folder / one for one in sorted(names)]


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
