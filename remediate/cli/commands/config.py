"""``remediate config``: the configuration file's schema, and which file is used."""

from __future__ import annotations

import click

from remediate.cli.configured import config as configured
from remediate.cli.configured import config_options
from remediate.cli.help import Command
from remediate.cli.output import emit


@click.command(cls=Command, short_help="Show the schema or the path of the configuration file.")
@click.argument("what", type=click.Choice(["schema", "path"]))
@config_options
def config(what: str) -> None:
    """Print the JSON Schema of the configuration file, or the path of the file that is in use.

    The nearest .remediate.toml, or pyproject.toml with a table [tool.remediate], is used, from the working folder up to the
    top of its git repository. To see all settings, add --show-settings to another command.
    """
    from remediate.config.validate import schema_text

    found = configured().file
    emit(schema_text() if what == "schema" else f"{found}\n" if found else "")
