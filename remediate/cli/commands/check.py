"""``remediate check``: report problems without changing files."""

from __future__ import annotations

from typing import Any

import click

from remediate import engine
from remediate.cli.help import Command
from remediate.cli.input_options import Work, input_options
from remediate.cli.options import (
    EXIT_CODES,
    error_option,
    fail_options,
    format_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.reports import reports
from remediate.cli.run import Run
from remediate.cli.settings import settings
from remediate.patch_set import combined
from remediate.report import listing
from remediate.report.annotations import annotate, fails


@click.command(cls=Command, epilog=EXIT_CODES)
@format_option("text")
@fail_options
@error_option
@template_options
@output_options
@input_options(".")
@reports_patch_errors
def check(work: Work, style: str, max_size: int, color: bool | None, quiet: bool, **options: Any) -> None:
    """Report problems without changing files. Exit 1 if there are any.

    error: the deployment is expected to fail. warning: it may fail, depending on timing or on something outside the
    template. note: harmless, or cannot be determined from the template.

    TEMPLATE is a file, a folder, a pattern, or - for standard input; by default the working folder. In folders, *.yaml,
    *.yml, *.json and *.template files are checked; files that are not CloudFormation templates are skipped, and so is what
    git ignores.
    """
    wanted = settings(**options)
    found: list[engine.Report] = []
    with Run(color, quiet, max_size) as run:
        for one in reports(run, work, wanted):
            found.append(one.report)
            problems = annotate(one.report)
            run.totals.add(one.report, [problem.level for problem in problems])
            run.found |= fails([problem.level for problem in problems], one.wanted.fail_on)
            if style == "text" and (problems or one.report.changed or work.verbose):
                text = run.attempt(one.name, listing.render, one.report, problems, color=run.color, wrap=run.terminal)
                run.out(text or "")
        if style == "text" or work.listing:
            run.close("available")
        else:
            run.report(style, found, combined(wanted.patch_sets()), work.names)
