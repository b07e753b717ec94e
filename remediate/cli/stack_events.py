"""The option that takes the events of a stack whose deployment failed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remediate.cli import inputs, output
from remediate.files import TooLarge, read, read_stream

if TYPE_CHECKING:
    from remediate.delivery.stack_events import StackEvents

_LIMIT = 64 << 20
_Command = TypeVar("_Command", bound=Callable[..., Any])


def stack_events_option(command: _Command) -> _Command:
    """Add the option, and pass on as ``events`` what it holds, or None."""
    text = (
        "Output of `aws cloudformation describe-stack-events`, or - for standard input: say what explains the failure. "
        "Trails that failed by it count as broken."
    )
    return click.option("--stack-events", "events", metavar="FILE", callback=_events, help=text)(command)


def _events(context: click.Context, _: click.Parameter, value: str | None) -> StackEvents | None:
    from remediate.delivery.services import shipped_services  # most runs are told of none
    from remediate.delivery.stack_events import NotStackEvents, parse

    if value is None:
        return None
    try:
        return parse(_content(context, value), shipped_services())
    except NotStackEvents as error:
        raise click.BadParameter(f"{value}: {error}", param_hint="--stack-events") from error
    except OSError as error:
        raise click.BadParameter(f"{value}: {output.reason(error)}", param_hint="--stack-events") from error
    except TooLarge as error:
        raise click.BadParameter(f"{value}: larger than {_LIMIT >> 20} MB", param_hint="--stack-events") from error


def _content(context: click.Context, value: str) -> bytes:
    if value != inputs.STDIN:
        return read(Path(value), _LIMIT)
    if context.meta.get(inputs.STDIN_TAKEN):
        raise OSError(0, f"standard input was already read for {context.meta[inputs.STDIN_TAKEN]}")
    if sys.stdin is None:
        raise OSError(0, "standard input is closed")
    context.meta[inputs.STDIN_TAKEN] = "--stack-events"
    return read_stream(sys.stdin.buffer, _LIMIT)
