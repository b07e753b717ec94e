"""The help of a command with its options in sections, and the version of the program."""

from __future__ import annotations

import sys

import click

from remediate import __version__

SECTIONS: dict[str, tuple[str, ...]] = {
    "What to look at": (
        *("files-from", "stdin-filename", "exclude", "force-exclude", "gitignore", "list-files", "base"),
        *("max-size", "jobs"),
        *("service", "trail", "bucket", "key"),
    ),
    "What the template does not say": ("parameter", "parameter-file", "organization-id", "error", "stack-events"),
    "What to fix": (
        *("dry-run", "diff", "interactive", "save-undo", "generated"),
        *("patch-set", "patches", "select", "ignore", "no-ignores"),
        *("review", "precautions", "reason"),
    ),
    "Exit code": ("fail-on", "strict", "exit-zero", "exit-non-zero-on-fix"),
    "Output": ("format", "output-file", "color", "quiet", "verbose"),
    "Settings": ("of", "config", "isolated", "show-settings", "help"),
}
"""The options by their sections, in the order of the help; an option that has none comes last."""
_REST = "Other options"


class Command(click.Command):
    """A command whose help has its options in sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each in its section."""
        found: dict[str, list[tuple[int, tuple[str, str]]]] = {name: [] for name in (*SECTIONS, _REST)}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record is not None and isinstance(option, click.Option):
                section, place = _section(option)
                found[section].append((place, record))
        for name, records in found.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl([record for _, record in sorted(records)])


def show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version, with what a report of a fault needs to say, and exit."""
    if not value or context.resilient_parsing:
        return
    python = ".".join(map(str, sys.version_info[:3]))
    click.echo(f"remediate, version {__version__} (Python {python}, {sys.platform})")
    context.exit()


def long_name(option: click.Parameter) -> str:
    """Return the name of an option as users write it, without the dashes before it."""
    return max(option.opts, key=len).lstrip("-")


def _section(option: click.Parameter) -> tuple[str, int]:
    name = long_name(option)
    return next(((title, names.index(name)) for title, names in SECTIONS.items() if name in names), (_REST, 0))
