"""``remediate fix``: patch templates in place and show the diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remediate import engine
from remediate.cli.delivering import deliver
from remediate.cli.options import (
    chosen,
    error_option,
    format_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.program import EXIT_CODES
from remediate.cli.run import Run
from remediate.patch_set import combined
from remediate.report import summary
from remediate.report.annotations import levels

if TYPE_CHECKING:
    from remediate.report.totals import Fixes


@click.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@format_option("diff")
@error_option
@template_options
@output_options
@reports_patch_errors
def fix(
    templates: tuple[str, ...], dry_run: bool, style: str, max_size: int, color: bool | None, quiet: bool, **options: Any
) -> None:
    """Patch templates in place and show the diff.

    TEMPLATE is a file, a folder, or - for standard input; with -, the patched template goes to standard output. Files
    that are not CloudFormation templates are skipped.

    Standard output contains only the diff (or the --format output), so `remediate fix stack.yaml --dry-run | git apply`
    works; a summary goes to standard error. A file is changed only if its diff could be written.
    """
    if "-" in templates and style != "diff" and not dry_run:
        raise click.UsageError('with "-", standard output carries the patched template; add --dry-run to use --format')
    sets, wanted = chosen(**options)
    done: Fixes = "planned" if dry_run else "applied"
    reports: list[engine.Report] = []
    with Run(color, quiet, max_size, in_place=not dry_run) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is None or not run.attempt(name, deliver, run, report, raw, style == "diff", dry_run):
                continue
            reports.append(report)
            run.found |= bool(report.unfixed)
            run.say(run.attempt(name, summary.render, report, done) or "")
            run.totals.add(report, levels(report))
        if style == "diff":
            run.close(done)
        else:
            run.report(style, reports, combined(sets), templates)
