"""``remediate fix``: patch templates in place and show the diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remediate import engine
from remediate.cli.delivering import deliver
from remediate.cli.exits import Exit, exit_options
from remediate.cli.formats import format_options
from remediate.cli.help import Command
from remediate.cli.input_options import Work, input_options
from remediate.cli.interactive import Questions, interactive_option
from remediate.cli.options import (
    error_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.outputs import Outputs
from remediate.cli.program import EXIT_CODES
from remediate.cli.reports import reports
from remediate.cli.run import Run
from remediate.cli.settings import settings
from remediate.cli.stack_events import stack_events_option
from remediate.cli.told import Told
from remediate.cli.undo_file import UndoFile, undo_option
from remediate.cli.writing import write_reports
from remediate.patch_set import combined
from remediate.report import summary
from remediate.report.annotations import levels

if TYPE_CHECKING:
    from remediate.report.totals import Fixes


@click.command(cls=Command, epilog=EXIT_CODES)
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@interactive_option
@undo_option
@exit_options
@format_options("diff")
@error_option
@stack_events_option
@template_options
@output_options
@input_options(None)
@reports_patch_errors
def fix(work: Work, dry_run: bool, exit_on: Exit, outputs: Outputs, **options: Any) -> None:
    """Patch templates in place and show the diff.

    TEMPLATE is a file, a folder, a pattern, or - for standard input; with -, the patched template goes to standard output.
    Files that are not CloudFormation templates are skipped, and in folders what git ignores.

    Standard output contains only the diff (or the --format output), so `remediate fix stack.yaml --dry-run | git apply`
    works; a summary goes to standard error. A file is changed only if its diff could be written.
    """
    if "-" in work.names and not outputs.is_for_people and not dry_run:
        raise click.UsageError('with "-", standard output carries the patched template; add --dry-run to use --format')
    undo, told = UndoFile(options.pop("save_undo"), dry_run=dry_run), Told.of(options)
    asking = Questions.of(options.pop("interactive"), work.names, options["parameter_file"])
    run, done, found = Run.of(options, in_place=not dry_run), _done(dry_run), list[engine.Report]()
    wanted = settings(**options)
    with run, outputs:
        for one in reports(run, work, wanted):
            report = run.attempt(one.name, asking.answered, one) if asking else one.report
            if report is None or not run.attempt(one.name, _deliver, run, report, one.raw, outputs.streams, dry_run, undo):
                continue
            found.append(report)
            run.found |= exit_on.is_due(report)
            _say(run, report, done, verbose=work.verbose)
        if not work.listing:
            told.explain(run, found, in_report=False)
            write_reports(run, outputs, found, combined(wanted.patch_sets()), work.names, written=not dry_run)
        if outputs.is_for_people or work.listing:
            run.close(done)
        run.say(undo.said())


def _say(run: Run, report: engine.Report, done: Fixes, *, verbose: bool) -> None:
    problems = levels(report)
    if problems or report.changed or verbose:
        run.say(run.attempt(report.name, summary.render, report, done) or "")
    if verbose:
        from remediate.report.suppressed import ignored_lines

        run.say("\n".join(ignored_lines(report)))
    run.totals.add(report, problems)


def _deliver(run: Run, report: engine.Report, raw: bytes, shown: bool, dry_run: bool, undo: UndoFile) -> bool:
    """Write the result for one input, once it is saved how to take it back."""
    with undo.saved(report):
        return deliver(run, report, raw, shown, dry_run)


def _done(dry_run: bool) -> Fixes:
    return "planned" if dry_run else "applied"
