"""``remediate simulate``: each request of a service, before and after the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remediate import engine
from remediate.cli.options import (
    chosen,
    error_option,
    output_options,
    reports_patch_errors,
    template_options,
)
from remediate.cli.program import EXIT_CODES
from remediate.cli.run import Run
from remediate.report import simulation, summary
from remediate.report.annotations import levels

if TYPE_CHECKING:
    from remediate.delivery.error_messages import Failure


@click.command(epilog=EXIT_CODES)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@error_option
@template_options
@output_options
@reports_patch_errors
def simulate(
    templates: tuple[str, ...], told: Failure | None, max_size: int, color: bool | None, quiet: bool, **options: Any
) -> None:
    """Show each CloudTrail request: allowed or denied, by which statement, before and after the fix.

    It also tests requests by other accounts and services, and lists any that the fix would newly allow. No file is
    changed. Exit 1 if a request is still denied after the fix, or another problem needs manual action.
    """
    sets, wanted = chosen(told=told, **options)
    with Run(color, quiet, max_size) as run:
        for name, raw in run.inputs(templates):
            report = run.attempt(name, engine.remediate_all, raw, name, sets, wanted)
            if report is not None:
                run.out(run.attempt(name, simulation.render, report, told) or "")
                run.found |= bool(report.unfixed) or any(one.denied for one in simulation.shown(report, told))
                run.totals.add(report, levels(report))
                for one in simulation.left(report, told):
                    run.say("\n".join(summary.explained(one)))
        run.close("available")
