"""``remediate config``: the configuration file's schema, which file is used, and what it comes to for a template."""

from __future__ import annotations

import click

from remediate.cli.completion import FILE
from remediate.cli.configured import config_options
from remediate.cli.help import Command
from remediate.cli.options import reports_patch_errors
from remediate.cli.output import emit
from remediate.cli.showing import config_for, shown_for


@click.command(cls=Command, short_help="Show the configuration file and the settings for a template.")
@click.argument("what", type=click.Choice(["schema", "path", "files", "show"]))
@click.argument("template", required=False, type=FILE)
@click.option(
    "--of",
    "kind",
    type=click.Choice(["config", "patch", "service"]),
    default="config",
    show_default=True,
    help="Whose schema: that of the configuration, of a patch file or of a service file.",
)
@config_options
@reports_patch_errors
def config(what: str, template: str | None, kind: str) -> None:
    """Show the configuration that holds for a template or folder, by default for the working folder.

    schema: the JSON Schema of the file, or with --of of another one. path: the path of the file that is in use. files:
    that path, and those of the files with parameters and the folders with patches that it names. show: each setting of
    `check`, and where it comes from.

    For each template the nearest .remediate.toml, or pyproject.toml with a table [tool.remediate], holds, up to the top of
    its git repository, without what files further above say. Where there is none, that of the working folder holds.
    """
    if what == "schema":
        if template:
            raise click.UsageError("the schema is the same for all templates: name none")
        from remediate.config.validate import schema_text
        from remediate.delivery.services import shipped

        emit(schema_text() if kind == "config" else (shipped() / "schema" / f"{kind}.json").read_text("utf-8"))
    elif what == "path":
        found = config_for(template or ".").file
        emit(f"{found}\n" if found else "")
    elif what == "files":
        emit("".join(f"{one}\n" for one in config_for(template or ".").files()))
    else:
        emit(shown_for(_plain_check(), template or "."))


def _plain_check() -> click.Context:
    """Return the context of a check without arguments, in which only the environment says something."""
    from remediate.cli.commands.check import check
    from remediate.cli.configured import take_environment

    take_environment(check)
    return check.make_context("check", [], parent=click.get_current_context())
