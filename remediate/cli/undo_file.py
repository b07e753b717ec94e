"""The file of `fix --save-undo`: what takes the changes of a run back is saved before each of them is made."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remediate.cli.output import reason
from remediate.engine import Report
from remediate.report.escape import visible
from remediate.template import TemplateError

if TYPE_CHECKING:
    from remediate.undo import Undo

_Command = TypeVar("_Command", bound=Callable[..., Any])


def undo_option(command: _Command) -> _Command:
    """Add the option that names the file."""
    text = "Save to FILE what `remediate apply FILE` needs to restore the templates, byte for byte."
    return click.option("--save-undo", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help=text)(command)


class UndoFile:
    """What takes the changes of a run back, in a file that is written anew with each change."""

    def __init__(self, path: Path | None, *, dry_run: bool) -> None:
        """Begin with no change. Raises click.UsageError where the file must not be written; None is for no file."""
        if path is not None and dry_run:
            raise click.UsageError("--save-undo: a dry run changes nothing that could be taken back; leave out --dry-run")
        if path is not None and path.exists():
            message = f"{path} exists already, and may be what takes an earlier run back: remove it, or name another file"
            raise click.BadParameter(message, param_hint="--save-undo")
        self._path = path
        self._undos: list[Undo] = []

    @contextlib.contextmanager
    def saved(self, report: Report) -> Iterator[None]:
        """Save what takes a change back, and make the change inside; one that fails leaves nothing in the file.

        Raises TemplateError where the file cannot be written.
        """
        if self._path is None or not report.changed:
            yield
            return
        from remediate.undo import undo_of  # most runs need none

        before = [*self._undos]
        self._write(self._path, [*before, undo_of(report)])
        try:
            yield
        except Exception:
            self._write(self._path, before)
            raise

    def said(self) -> str:
        """Return what people are told at the end of a run."""
        if self._path is None:
            return ""
        name = visible(str(self._path))
        return (
            f"to take this back: remediate apply {name}"
            if self._undos
            else f"nothing was changed, so {name} was not written"
        )

    def _write(self, path: Path, undos: list[Undo]) -> None:
        """Let the file hold these; one that fails holds what it did."""
        import secrets  # slow to import, and most runs save no file

        from remediate.undo import render

        # A short name beside it, for half a file takes nothing back.
        temporary = path.with_name(f".remediate-{secrets.token_hex(8)}")
        try:
            if undos:
                temporary.write_text(render(undos), "utf-8", "strict", "\n")
                temporary.replace(path)
            else:
                path.unlink(missing_ok=True)
            self._undos = undos
        except OSError as error:
            message = f"the undo file {path} could not be written ({reason(error)}), so the template is unchanged"
            raise TemplateError(message) from error
        finally:
            temporary.unlink(missing_ok=True)
