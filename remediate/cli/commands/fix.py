"""``remediate fix``: patch templates in place and show the diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remediate import engine
from remediate.cli.delivering import deliver
from remediate.cli.exits import Exit, exit_options
from remediate.cli.help import Command
from remediate.cli.input_options import Work, input_options
from remediate.cli.options import (
    EXIT_CODES,
    error_option,
    format_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.reports import reports
from remediate.cli.run import Run
from remediate.cli.settings import settings
from remediate.patch_set import combined
from remediate.report import summary
from remediate.report.annotations import levels

if TYPE_CHECKING:
    from remediate.report.totals import Fixes


@click.command(cls=Command, epilog=EXIT_CODES)
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@exit_options
@format_option("diff")
@error_option
@template_options
@output_options
@input_options(None)
@reports_patch_errors
def fix(
    work: Work,
    dry_run: bool,
    exit_on: Exit,
    style: str,
    max_size: int,
    color: bool | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Patch templates in place and show the diff.

    TEMPLATE is a file, a folder, a pattern, or - for standard input; with -, the patched template goes to standard output.
    Files that are not CloudFormation templates are skipped, and in folders what git ignores.

    Standard output contains only the diff (or the --format output), so `remediate fix stack.yaml --dry-run | git apply`
    works; a summary goes to standard error. A file is changed only if its diff could be written.
    """
    if "-" in work.names and style != "diff" and not dry_run:
        raise click.UsageError('with "-", standard output carries the patched template; add --dry-run to use --format')
    wanted = settings(**options)
    done: Fixes = "planned" if dry_run else "applied"
    found: list[engine.Report] = []
    with Run(color, quiet, max_size, in_place=not dry_run) as run:
        for one in reports(run, work, wanted):
            report = one.report
            if not run.attempt(one.name, deliver, run, report, one.raw, style == "diff", dry_run):
                continue
            found.append(report)
            run.found |= exit_on.is_due(report)
            problems = levels(report)
            if problems or report.changed or work.verbose:
                run.say(run.attempt(one.name, summary.render, report, done) or "")
            run.totals.add(report, problems)
        if style == "diff" or work.listing:
            run.close(done)
        else:
            run.report(style, found, combined(wanted.patch_sets()), work.names)
