"""The options that say in which formats a run is reported, and to where."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from remediate.cli.outputs import Target, chosen_outputs
from remediate.report import FORMATS

_Command = TypeVar("_Command", bound=Callable[..., Any])


def format_options(first: str) -> Callable[[_Command], _Command]:
    """Return what adds the options; what they come to is passed on as ``outputs``. ``first`` is the format by default."""
    styles = [first, *FORMATS]

    def added(command: _Command) -> _Command:
        @functools.wraps(command)
        def wrapped(*args: Any, formats: Sequence[Target], output_file: str | None, **kwargs: Any) -> Any:
            outputs = chosen_outputs(first, formats, output_file, kwargs.get("templates", ()))
            return command(*args, outputs=outputs, **kwargs)

        for option in reversed(_options(styles)):
            wrapped = option(wrapped)
        return wrapped  # type: ignore[return-value]  # functools.wraps keeps the signature, which mypy cannot see

    return added


def _options(styles: list[str]) -> list[Callable[[Any], Any]]:
    text = (
        f"Format of the report (repeatable): {', '.join(styles)}. With :FILE it goes to FILE, else to standard output. "
        "json-patch: an array for a single file, else an object that maps each file name to an array. "
        f"[default: {styles[0]}]"
    )

    def targets(_: click.Context, __: click.Parameter, values: Sequence[str]) -> list[Target]:
        return [_target(value, styles) for value in values]

    named: dict[str, Any] = {"multiple": True, "metavar": "FORMAT[:FILE]", "callback": targets}
    complete = click.Choice(styles).shell_complete
    file = click.Path(allow_dash=True)
    return [
        click.option("--format", "formats", shell_complete=complete, help=text, **named),
        click.option("--output-file", type=file, metavar="FILE", help="Write to FILE what would go to standard output."),
    ]


def _target(value: str, styles: Sequence[str]) -> Target:
    style, colon, file = value.partition(":")
    if style not in styles:
        raise click.BadParameter(f"{style!r} is not one of {', '.join(styles)}.")
    if colon and not file:
        raise click.BadParameter(f"{value!r} names no file behind the colon.")
    return Target(style, None if file in {"", "-"} else file)
