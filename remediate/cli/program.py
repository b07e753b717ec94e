"""The program: its commands, loaded when they are asked for, and how it ends where a stream fails or a signal comes."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

import click

from remediate.cli.output import FAILED, abandon, code_of, reason, say

EXIT_CODES = """\b
Exit codes:
  0  no problems (undetermined items are reported but do not affect the exit code)
  1  problems at or above --fail-on (`check`), or problems that remain after `fix`
  2  usage error, unreadable input, failed verification, or output that cannot be written
  130  interrupted (128 plus the signal number)
"""
COMMANDS = {
    "check": "Report problems without changing files.",
    "fix": "Patch templates in place and show the diff.",
    "simulate": "Show each CloudTrail request, before and after the fix.",
    "compare": "Show what a change to templates does.",
    "explain": "Explain a problem or a patch by its id.",
    "baseline": "Write an ignore for each problem of today.",
    "apply": "Apply a JSON patch to a YAML or JSON file.",
    "config": "Show the configuration file and the settings for a template.",
}
"""The commands, the main ones first, and what the help says of each: so it need not import them all."""


class StreamFailed(click.ClickException):
    """Standard output cannot be written."""

    exit_code = FAILED

    def show(self, file: Any = None) -> None:  # noqa: ARG002  # the parameter is click's
        """Write the message to standard error."""
        say(f"Error: {self.message}")


class Program(click.Group):
    """A group of commands that ends as the table of exit codes says where a stream fails or a signal comes."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of all commands, the main ones first."""
        return [*COMMANDS]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in COMMANDS:
            return None
        found = getattr(importlib.import_module(f"remediate.cli.commands.{name}"), name)
        if not isinstance(found, click.Command):
            return None
        from remediate.cli.configured import take_environment  # with what every command imports, but the help needs not

        take_environment(found)
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands into the help."""
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line, which may print the help."""
        with _ending_well():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with _ending_well():
            return super().invoke(ctx)


@contextlib.contextmanager
def _ending_well() -> Iterator[None]:
    try:
        yield
    except OSError as error:  # every file is handled where it is used: this can only be a stream
        abandon()
        raise StreamFailed(f"standard output: {reason(error)}") from error
    except KeyboardInterrupt as error:  # a run says itself what has become of its files
        abandon()
        say("interrupted")
        raise click.exceptions.Exit(code_of(error)) from error
