"""Asking for each change of a fix whether it is wanted, as ``git add -p`` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from msgspec import Struct
from msgspec.structs import replace

from remediate import engine
from remediate.cli.inputs import STDIN
from remediate.cli.output import say
from remediate.cli.reports import Done
from remediate.errors import BadChoice
from remediate.patch_set import PatchSet
from remediate.plan import Applied, Options
from remediate.report import diff
from remediate.report.escape import visible
from remediate.report.terminal import wrapped

_HELP = """\
y - make this change
n - do not make this change
a - make this change and all later ones in the file
d - make neither this change nor a later one in the file
q - quit: make neither this change nor a later one in any file
? - print help"""
_ONE_ENVIRONMENT = "--interactive takes one environment: name one with --parameter-file"
_COLORS = {"+": "green", "-": "red", "@": "cyan"}
_Command = TypeVar("_Command", bound=Callable[..., Any])


def interactive_option(command: _Command) -> _Command:
    """Add the option that asks."""
    text = "Ask for each change whether to make it; what is written is what the chosen changes give alone."
    return click.option("-i", "--interactive", is_flag=True, help=text)(command)


class Questions(Struct, eq=False):
    """The questions of a run; after ``q`` nothing more is asked, and nothing more is changed."""

    color: bool
    stopped: bool = False

    @classmethod
    def of(cls, wanted: bool, templates: Sequence[str], parameter_files: Sequence[str]) -> Questions | None:
        """Return the questions of a run, None where none are wanted. Raises click.UsageError where nobody can answer."""
        if not wanted:
            return None
        if STDIN in templates:
            raise click.UsageError('--interactive reads answers from standard input, so "-" cannot be a template')
        if len(parameter_files) > 1:
            raise click.UsageError(_ONE_ENVIRONMENT)
        if not _is_terminal():
            raise click.UsageError("--interactive asks questions, so standard input and standard error must be a terminal")
        return cls(color=not os.environ.get("NO_COLOR"))

    def answered(self, done: Done) -> engine.Report:
        """Ask for each change of a template that has a report already. Raises BadChoice for several environments."""
        if len(done.wanted.environments) > 1:
            raise BadChoice(_ONE_ENVIRONMENT, "--interactive")
        return self.report(done.raw, done.name, done.wanted.patch_sets, done.options)

    def report(self, raw: bytes, name: str, patch_sets: Sequence[PatchSet], options: Options) -> engine.Report:
        """Ask for each change of a template, and return the report of a run with those alone that are wanted.

        What is shown of a change is what it adds to all others that are not declined. Declining one may leave another
        without a purpose, or make a third one necessary, for which is asked then. Raises as engine.remediate_all does.
        """
        whole = report = engine.remediate_all(raw, name, patch_sets, options)
        accepted: set[tuple[str, str]] = set()
        refusing = self.stopped
        while left := [one for one in report.applied if _name(one) not in accepted]:
            names = {_name(one) for one in left} if refusing else {_name(left[0])}
            fewer = replace(options, declined=options.declined | names)
            without = engine.remediate_all(raw, name, patch_sets, fewer)
            answer = "d" if refusing else self._ask(left[0], len(left), report, without)
            self.stopped |= answer == "q"
            refusing |= answer in {"d", "q"}
            if answer == "a":
                break
            if answer == "y":
                accepted |= names
            else:
                options, report = fewer, without
        return _with_declined(report, whole)

    def _ask(self, one: Applied, left: int, report: engine.Report, without: engine.Report) -> str:
        say("\n".join(wrapped(f"{one.patch.id} ({one.logical_id}): {one.patch.title}", "", "    ")))
        for note in one.notes:
            say("\n".join(wrapped(note, "  - ")))
        partial = replace(report, template=replace(report.template, text=without.after))
        for line in diff.render(partial).splitlines():
            click.echo(self._colored(visible(line)), err=True, color=self.color)
        more = f"; {left - 1} more" if left > 1 else ""
        while True:
            click.echo(f"Make this change in {visible(report.name)}{more} [y,n,a,d,q,?]? ", err=True, nl=False)
            said = sys.stdin.readline()
            answer = said.strip().lower()[:1] if said else "q"  # the end of the input ends the questions
            if answer in {"y", "n", "a", "d", "q"}:
                return answer
            say(_HELP)

    def _colored(self, line: str) -> str:
        return click.style(line, fg=_COLORS[line[0]]) if self.color and line[:1] in _COLORS else line


def _with_declined(report: engine.Report, whole: engine.Report) -> engine.Report:
    """Say of what the whole fix would have left nothing of that it was declined; nothing is in the way of that."""
    known = {(one.subject, one.logical_id) for one in whole.unfixed}
    skipped = [
        replace(one, why="declined", advice="") if one.unfixed and (one.subject, one.logical_id) not in known else one
        for one in report.skipped
    ]
    return replace(report, skipped=tuple(skipped))


def _name(one: Applied) -> tuple[str, str]:
    return one.patch.id, one.logical_id


def _is_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
