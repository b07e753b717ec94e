"""``remediate apply``: apply a JSON patch to a YAML or JSON file, or take a fix back."""

from __future__ import annotations

import json
from pathlib import Path

import click

from remediate import engine
from remediate.cli.completion import FILE
from remediate.cli.delivering import deliver
from remediate.cli.help import Command
from remediate.cli.options import output_options, size_option
from remediate.cli.program import EXIT_CODES
from remediate.cli.run import Run
from remediate.report.escape import visible
from remediate.template import Operation, TemplateError, parse_operation
from remediate.undo import Undo, choose, is_undo, parse, restored


@click.command(cls=Command, short_help="Apply a JSON patch (RFC 6902), byte for byte.", epilog=EXIT_CODES)
@click.argument("changes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("templates", nargs=-1, type=FILE, metavar="[TEMPLATE]...")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@size_option
@output_options
def apply(changes: Path, templates: tuple[str, ...], dry_run: bool, max_size: int, color: bool | None, quiet: bool) -> None:
    """Apply a JSON patch (RFC 6902) to a YAML or JSON file; everything else stays the same, byte for byte.

    CHANGES is a JSON array of operations. In YAML, short-form intrinsic functions have the pointers of their long form:
    `!Sub text` is at /Fn::Sub.

    CHANGES can also be a file of `remediate fix --save-undo`: the templates that it names, or those that are given, become
    what they were, byte for byte. A template that has changed since is left as it is.
    """
    with Run(color, quiet, max_size, in_place=not dry_run, lenient=False) as run:
        wanted = run.attempt(str(changes), _read, changes)
        if wanted is None:
            return
        if isinstance(wanted, list) and len(templates) != 1:
            raise click.UsageError("a JSON patch is for one template: name it behind the patch")
        names = templates or tuple(one.name for one in wanted if isinstance(one, Undo))
        for name, raw in run.inputs(names):
            report = run.attempt(name, _report, raw, name, wanted)
            if report is None or not run.attempt(name, deliver, run, report, raw, True, dry_run):
                continue
            if not run.reads_stdin or dry_run:
                run.say(f"{visible(name)}: {_done(report, dry_run, restoring=isinstance(wanted, tuple))}")


def _report(raw: bytes, name: str, wanted: list[Operation] | tuple[Undo, ...]) -> engine.Report:
    if isinstance(wanted, tuple):
        return restored(choose(wanted, name, raw), raw, name)
    return engine.apply(raw, name, wanted)


def _done(report: engine.Report, dry_run: bool, *, restoring: bool) -> str:
    if not report.changed:
        return "no changes needed"
    verb = "restored" if restoring else "patched"
    return f"would be {verb}" if dry_run else verb


def _read(changes: Path) -> list[Operation] | tuple[Undo, ...]:
    """Read a JSON patch or an undo file. Raises TemplateError, with the place or the number, for what is neither."""
    try:
        written = json.loads(changes.read_bytes())
    except json.JSONDecodeError as error:
        message = f"{error.msg}: expected a JSON array of operations (RFC 6902)"
        raise TemplateError(message, error.lineno, error.colno) from error
    except RecursionError as error:
        raise TemplateError("nested too deeply: expected a JSON array of operations (RFC 6902)", 1, 1) from error
    except ValueError as error:
        raise TemplateError(str(error), 1, 1) from error
    if is_undo(written):
        return parse(written)
    return [_operation(number, raw) for number, raw in enumerate(written if isinstance(written, list) else [written], 1)]


def _operation(number: int, raw: object) -> Operation:
    try:
        return parse_operation(raw)
    except TemplateError as error:
        raise TemplateError(f"operation {number}: {error.message}") from error
