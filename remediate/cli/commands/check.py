"""``remediate check``: report problems without changing files."""

from __future__ import annotations

from typing import Any

import click

from remediate import engine
from remediate.cli.options import (
    chosen,
    error_option,
    fail_options,
    format_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.program import EXIT_CODES
from remediate.cli.run import Run
from remediate.patch_set import combined
from remediate.report import listing
from remediate.report.annotations import annotate, fails


@click.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@format_option("text")
@fail_options
@error_option
@template_options
@output_options
@reports_patch_errors
def check(
    templates: tuple[str, ...], style: str, fail_on: str, max_size: int, color: bool | None, quiet: bool, **options: Any
) -> None:
    """Report problems without changing files. Exit 1 if there are any.

    error: the deployment is expected to fail. warning: it may fail, depending on timing or on something outside the
    template. note: harmless, or cannot be determined from the template.

    TEMPLATE is a file, a folder, or - for standard input. In folders, *.yaml, *.yml, *.json and *.template files are
    checked; files that are not CloudFormation templates are skipped.
    """
    sets, wanted = chosen(**options)
    reports: list[engine.Report] = []
    with Run(color, quiet, max_size) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is not None:
                reports.append(report)
                found = annotate(report)
                run.totals.add(report, [one.level for one in found])
                run.found |= fails([one.level for one in found], fail_on)
                if style == "text":
                    run.out(run.attempt(name, listing.render, report, found, color=run.color, wrap=run.terminal) or "")
        if style == "text":
            run.close("available")
        else:
            run.report(style, reports, combined(sets), templates)
