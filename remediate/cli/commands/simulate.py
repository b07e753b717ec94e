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
from remediate.cli.stack_events import stack_events_option
from remediate.cli.told import Told
from remediate.compare import standing_access
from remediate.engine import Report
from remediate.report import simulation, summary
from remediate.report.annotations import levels
from remediate.report.suppressed import ignored_lines, is_ignored

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Failure


@click.command(cls=Command, short_help="Show each request, allowed or denied, before and after the fix.", epilog=EXIT_CODES)
@error_option
@stack_events_option
@template_options
@output_options
@input_options(".")
@reports_patch_errors
def simulate(work: Work, **options: Any) -> None:
    """Show each CloudTrail request: allowed or denied, by which statement, before and after the fix.

    It also tests requests by other accounts and services, and lists any that the fix would newly allow, or, of a template
    that needs no fix, any that are not denied. No file is changed. Exit 1 if a request is still denied after the fix, or
    another problem needs manual action.
    """
    told, run = Told.of(options), Run.of(options)
    failure, found = told.failure(), list[Report]()
    with run:
        for one in reports(run, work, settings(**options)):
            report, problems = one.report, levels(one.report)
            found.append(report)
            if problems or report.verdicts or work.verbose:
                run.out(run.attempt(one.name, _shown, one, failure) or "")
            run.found |= bool(report.unfixed) or (not one.options.select and _is_denied(report, failure))
            run.totals.add(report, problems)
            if work.verbose:
                run.say("\n".join(ignored_lines(report)))
            for left in simulation.left(report, failure):
                run.say("\n".join(summary.explained(left)))
        if not work.listing:
            told.explain(run, found, in_report=True)
        run.close("available")


def _is_denied(report: Report, failure: Failure | None) -> bool:
    """Tell whether a request is still denied, other than one that the template ignores."""
    return any(shown.denied and not is_ignored(shown, report) for shown in simulation.shown(report, failure))


def _shown(one: Done, failure: Failure | None) -> str:
    """Render a template; of one that stays as it is, who else gets in is what a reviewer wants to know."""
    standing = None if one.report.changed else standing_access(one.report)
    return simulation.render(one.report, failure, standing)
