"""The options that say which files a command takes and how it goes through them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

from remediate.cli.completion import FILE
from remediate.cli.configured import config, excluded_in
from remediate.cli.inputs import STDIN, Choice, listed
from remediate.cli.output import reason
from remediate.gitignore import Chain, rules

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Work(Struct, frozen=True):
    """The files of a run, and how it goes through them.

    ``jobs``: so many processes, 0 leaves it to the amount of work. ``listing``: the names are printed, and that is all.
    ``verbose``: files without problems and what is left out are named, too.
    """

    names: tuple[str, ...]
    choice: Choice
    jobs: int
    listing: bool
    verbose: bool


def input_options(default: str | None) -> Callable[[_Command], _Command]:
    """Return what adds the options and the argument TEMPLATE; they are passed on as one Work, called ``work``.

    ``default`` is taken where no template is named; None makes that an error.
    """

    def add(command: _Command) -> _Command:
        @functools.wraps(command)
        def wrapped(**given: Any) -> Any:
            names = _names(given.pop("templates"), given.pop("files_from"), default)
            stdin = given.pop("stdin_filename")
            if stdin and STDIN not in names:
                raise click.UsageError('--stdin-filename needs the template "-"')
            excluded = _excluded(given.pop("exclude"))
            choice = Choice(excluded, given.pop("gitignore"), given.pop("force_exclude"), stdin or STDIN, excluded_in)
            work = Work(names, choice, given.pop("jobs"), given.pop("list_files"), given.pop("verbose"))
            return command(work=work, **given)

        found: Any = wrapped
        for option in reversed(_options(default)):
            found = option(found)
        return found  # type: ignore[no-any-return]  # what a decorator of click returns is the function itself

    return add


def _options(default: str | None) -> list[Callable[[Any], Any]]:
    jobs = "Number of processes; 0 chooses it by the amount of work."
    sources = "Read names of templates from FILE, or - (repeatable)."
    called = "What messages, reports and the configuration call the template that is -."
    return [
        click.argument("templates", nargs=-1, type=FILE, metavar="TEMPLATE..." if default is None else "[TEMPLATE]..."),
        click.option("--files-from", type=FILE, multiple=True, metavar="FILE", help=sources),
        click.option("--stdin-filename", type=FILE, metavar="NAME", help=called),
        click.option(
            "--exclude", multiple=True, metavar="GLOB", help="Leave out, as in .gitignore (repeatable, comma list)."
        ),
        click.option("--force-exclude", is_flag=True, help="Leave out also what is named but excluded or ignored."),
        click.option("--gitignore/--no-gitignore", default=True, help="Leave out what git ignores. [default: on]"),
        click.option("-j", "--jobs", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help=jobs),
        click.option("--list-files", is_flag=True, help="Print the files that would be checked, and exit."),
        click.option("-v", "--verbose", is_flag=True, help="Also name files without problems, and what is left out."),
    ]


def _names(templates: Sequence[str], sources: Sequence[str], default: str | None) -> tuple[str, ...]:
    names = [*templates]
    for source in sources:
        names += _listed(source)
    if not names and not sources:
        if default is None:
            raise click.UsageError("Missing argument 'TEMPLATE...'.")
        names.append(default)
    if STDIN in sources and STDIN in names:
        raise click.UsageError("standard input is read for --files-from, so it cannot be a template too")
    return tuple(names)


def _listed(source: str) -> list[str]:
    try:
        return listed(source)
    except OSError as error:
        raise click.BadParameter(f"{source}: {reason(error)}", param_hint="--files-from") from error


def _excluded(given: Sequence[str]) -> Chain:
    """Return the patterns of the run: of the command line, relative to the working folder, and of its configuration."""
    patterns = [one.strip() for text in given for one in text.split(",") if one.strip()]
    try:
        here = rules(str(Path.cwd()), patterns) if patterns else ()
    except (ValueError, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--exclude") from error
    return config().excluded + here
