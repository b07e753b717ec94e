"""``remediate apply``: apply a JSON patch to a YAML or JSON file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from remediate import engine
from remediate.cli.completion import FILE
from remediate.cli.delivering import deliver
from remediate.cli.help import Command
from remediate.cli.options import EXIT_CODES, output_options, size_option
from remediate.cli.run import Run
from remediate.report.escape import visible
from remediate.template import Operation, TemplateError, parse_operation


@click.command(cls=Command, short_help="Apply a JSON patch (RFC 6902), byte for byte.", epilog=EXIT_CODES)
@click.argument("changes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("template", type=FILE)
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@size_option
@output_options
def apply(changes: Path, template: str, dry_run: bool, max_size: int, color: bool | None, quiet: bool) -> None:
    """Apply a JSON patch (RFC 6902) to a YAML or JSON file; everything else stays the same, byte for byte.

    CHANGES is a JSON array of operations. In YAML, short-form intrinsic functions have the pointers of their long form:
    `!Sub text` is at /Fn::Sub.
    """
    with Run(color, quiet, max_size, in_place=not dry_run, lenient=False) as run:
        operations = run.attempt(str(changes), _operations, changes)
        for name, raw in run.inputs((template,)) if operations is not None else ():
            report = run.attempt(name, engine.apply, raw, name, operations or ())
            if report is None or not run.attempt(name, deliver, run, report, raw, True, dry_run):
                continue
            done = (
                "patched"
                if report.changed and not dry_run
                else "would be patched"
                if report.changed
                else "no changes needed"
            )
            if not run.reads_stdin or dry_run:
                run.say(f"{visible(name)}: {done}")


def _operations(changes: Path) -> list[Operation]:
    """Read a JSON patch. Raises TemplateError, with the place or the number of the operation, for what is not one."""
    try:
        written = json.loads(changes.read_bytes())
    except json.JSONDecodeError as error:
        message = f"{error.msg}: expected a JSON array of operations (RFC 6902)"
        raise TemplateError(message, error.lineno, error.colno) from error
    except RecursionError as error:
        raise TemplateError("nested too deeply: expected a JSON array of operations (RFC 6902)", 1, 1) from error
    except ValueError as error:
        raise TemplateError(str(error), 1, 1) from error
    return [_operation(number, raw) for number, raw in enumerate(written if isinstance(written, list) else [written], 1)]


def _operation(number: int, raw: object) -> Operation:
    try:
        return parse_operation(raw)
    except TemplateError as error:
        raise TemplateError(f"operation {number}: {error.message}") from error
