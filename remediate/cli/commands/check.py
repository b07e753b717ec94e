"""``remediate check``: report problems without changing files."""

from __future__ import annotations

from typing import Any

import click

from remediate import engine
from remediate.cli.formats import format_options
from remediate.cli.help import Command
from remediate.cli.input_options import Work, input_options
from remediate.cli.options import (
    error_option,
    fail_options,
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
from remediate.cli.writing import write_reports
from remediate.patch_set import combined
from remediate.report import listing
from remediate.report.annotations import Annotation, annotate, fails
from remediate.report.suppressed import ignored_lines


@click.command(cls=Command, epilog=EXIT_CODES)
@format_options("text")
@fail_options
@error_option
@stack_events_option
@template_options
@output_options
@input_options(".")
@reports_patch_errors
def check(work: Work, outputs: Outputs, **options: Any) -> None:
    """Report problems without changing files. Exit 1 if there are any.

    error: the deployment is expected to fail. warning: it may fail, depending on timing or on something outside the
    template. note: harmless, or cannot be determined from the template.

    TEMPLATE is a file, a folder, a pattern, or - for standard input; by default the working folder. In folders, *.yaml,
    *.yml, *.json and *.template files are checked; files that are not CloudFormation templates are skipped, and so is what
    git ignores.
    """
    told, run = Told.of(options), Run.of(options)
    wanted = settings(**options)
    found: list[engine.Report] = []
    fail_on: dict[str, str] = {}
    with run, outputs:
        for one in reports(run, work, wanted):
            found.append(one.report)
            fail_on[one.name] = one.wanted.fail_on
            problems = annotate(one.report)
            run.totals.add(one.report, [problem.level for problem in problems])
            run.found |= fails([problem.level for problem in problems], one.wanted.fail_on)
            if outputs.streams:
                _list(run, one.report, problems, verbose=work.verbose)
        if not work.listing:
            told.explain(run, found, in_report=outputs.streams)
            write_reports(run, outputs, found, combined(wanted.patch_sets()), work.names, fail_on)
        if outputs.is_for_people or work.listing:
            run.close("available")


def _list(run: Run, report: engine.Report, problems: list[Annotation], *, verbose: bool) -> None:
    if problems or report.changed or verbose:
        text = run.attempt(report.name, listing.render, report, problems, color=run.color, wrap=run.terminal)
        run.out(text or "")
    if verbose:
        run.out("".join(f"{line}\n" for line in ignored_lines(report)))
