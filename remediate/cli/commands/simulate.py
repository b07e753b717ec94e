"""``remediate simulate``: each request of a service, before and after the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remediate.cli.help import Command
from remediate.cli.input_options import Work, input_options
from remediate.cli.options import (
    EXIT_CODES,
    error_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.reports import reports
from remediate.cli.run import Run
from remediate.cli.settings import settings
from remediate.report import simulation, summary
from remediate.report.annotations import levels

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Failure


@click.command(cls=Command, short_help="Show each request, allowed or denied, before and after the fix.", epilog=EXIT_CODES)
@error_option
@template_options
@output_options
@input_options(".")
@reports_patch_errors
def simulate(work: Work, told: Failure | None, max_size: int, color: bool | None, quiet: bool, **options: Any) -> None:
    """Show each CloudTrail request: allowed or denied, by which statement, before and after the fix.

    It also tests requests by other accounts and services, and lists any that the fix would newly allow. No file is
    changed. Exit 1 if a request is still denied after the fix, or another problem needs manual action.
    """
    with Run(color, quiet, max_size) as run:
        for one in reports(run, work, settings(told=told, **options)):
            report = one.report
            problems = levels(report)
            if problems or report.verdicts or work.verbose:
                run.out(run.attempt(one.name, simulation.render, report, told) or "")
            run.found |= bool(report.unfixed) or any(shown.denied for shown in simulation.shown(report, told))
            run.totals.add(report, problems)
            for left in simulation.left(report, told):
                run.say("\n".join(summary.explained(left)))
        run.close("available")
