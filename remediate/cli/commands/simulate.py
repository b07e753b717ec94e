"""``remediate simulate``: each request of a service, before and after the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remediate.cli.help import Command
from remediate.cli.input_options import Work, input_options
from remediate.cli.options import (
    error_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.program import EXIT_CODES
from remediate.cli.reports import Done, reports
from remediate.cli.run import Run
from remediate.cli.settings import settings
from remediate.compare import standing_access
from remediate.engine import Report
from remediate.report import simulation, summary
from remediate.report.annotations import levels
from remediate.report.suppressed import ignored_lines, is_ignored

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Failure


@click.command(cls=Command, short_help="Show each request, allowed or denied, before and after the fix.", epilog=EXIT_CODES)
@error_option
@template_options
@output_options
@input_options(".")
@reports_patch_errors
def simulate(work: Work, told: Failure | None, **options: Any) -> None:
    """Show each CloudTrail request: allowed or denied, by which statement, before and after the fix.

    It also tests requests by other accounts and services, and lists any that the fix would newly allow, or, of a template
    that needs no fix, any that are not denied. No file is changed. Exit 1 if a request is still denied after the fix, or
    another problem needs manual action.
    """
    with Run.of(options) as run:
        for one in reports(run, work, settings(told=told, **options)):
            report, problems = one.report, levels(one.report)
            if problems or report.verdicts or work.verbose:
                run.out(run.attempt(one.name, _shown, one, told) or "")
            run.found |= bool(report.unfixed) or (not one.options.select and _is_denied(report, told))
            run.totals.add(report, problems)
            if work.verbose:
                run.say("\n".join(ignored_lines(report)))
            for left in simulation.left(report, told):
                run.say("\n".join(summary.explained(left)))
        run.close("available")


def _is_denied(report: Report, told: Failure | None) -> bool:
    """Tell whether a request is still denied, other than one that the template ignores."""
    return any(shown.denied and not is_ignored(shown, report) for shown in simulation.shown(report, told))


def _shown(one: Done, told: Failure | None) -> str:
    """Render a template; of one that stays as it is, who else gets in is what a reviewer wants to know."""
    standing = None if one.report.changed else standing_access(one.report, one.wanted.patch_sets, one.options)
    return simulation.render(one.report, told, standing)
