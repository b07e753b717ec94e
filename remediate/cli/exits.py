"""What makes the exit code of a command that fixes 1."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

if TYPE_CHECKING:
    from remediate.engine import Report

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Exit(Struct, frozen=True):
    """What makes the exit code 1: problems that are ``left``, or that something was ``fixed``."""

    left: bool
    fixed: bool

    def is_due(self, report: Report) -> bool:
        """Tell whether a report makes it 1."""
        return (self.left and bool(report.unfixed)) or (self.fixed and report.changed)


def exit_options(command: _Command) -> _Command:
    """Add the options of a command that fixes about its exit code; they are passed on as ``exit_on``, see Exit.

    The command has a parameter ``dry_run``, which ``--diff`` sets.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, diff: bool, dry_run: bool, exit_zero: bool, exit_non_zero_on_fix: bool, **kwargs: Any) -> Any:
        if exit_zero and (exit_non_zero_on_fix or diff):
            raise click.UsageError(f"--exit-zero and --{'diff' if diff else 'exit-non-zero-on-fix'} exclude each other")
        exit_on = Exit(left=not exit_zero, fixed=exit_non_zero_on_fix or diff)
        return command(*args, exit_on=exit_on, dry_run=dry_run or diff, **kwargs)

    both = click.option("--diff", is_flag=True, help="Same as --dry-run --exit-non-zero-on-fix.")
    zero = click.option("--exit-zero", is_flag=True, help="Exit 0 also if problems remain.")
    fixed = "Exit 1 also if something was fixed; with --dry-run, if it would be."
    found: Any = click.option("--exit-non-zero-on-fix", is_flag=True, help=fixed)(wrapped)
    return both(zero(found))  # type: ignore[no-any-return]  # what a decorator of click returns is the function itself
