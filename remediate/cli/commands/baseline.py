"""``remediate baseline``: acknowledge the problems that templates have today."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import click

from remediate.baseline import Baseline
from remediate.baseline import baseline as acknowledge
from remediate.cli.delivering import deliver
from remediate.cli.help import Command
from remediate.cli.input_options import Work, input_options
from remediate.cli.options import fail_options, output_options, reports_patch_errors, template_options
from remediate.cli.program import EXIT_CODES
from remediate.cli.reports import reports
from remediate.cli.run import Run
from remediate.cli.settings import settings
from remediate.report.escape import visible
from remediate.report.totals import several


@click.command(cls=Command, epilog=EXIT_CODES)
@click.option("--reason", metavar="TEXT", help='Reason to write. [default: "baseline of <date>"]')
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@fail_options
@template_options
@output_options
@input_options(None)
@reports_patch_errors
def baseline(
    work: Work,
    reason: str | None,
    dry_run: bool,
    max_size: int,
    color: bool | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Acknowledge the problems that templates have today.

    Writes an ignore for each of them into the Metadata of its resource, so that `check` reports new ones only. Everything
    else stays the same, byte for byte. --fail-on says which problems, as for `check`. Review the diff: the problems are
    still there.
    """
    if options["no_ignores"]:
        raise click.UsageError("baseline adds to the ignores that are there: --no-ignores cannot be used with it")
    told = (reason or "").strip() or f"baseline of {datetime.now(timezone.utc).date()}"
    with Run(color, quiet, max_size, in_place=not dry_run) as run:
        for one in reports(run, work, settings(**options)):
            wanted = one.wanted
            found = run.attempt(
                one.name, acknowledge, one.raw, one.report, wanted.patch_sets, wanted.environments, wanted.fail_on, told
            )
            if found is None or not run.attempt(one.name, deliver, run, found.report, one.raw, True, dry_run):
                continue
            run.found |= bool(found.left)
            if found.ignored or found.left or work.verbose:
                run.say("\n".join(_lines(one.name, found, dry_run=dry_run)))


def _lines(name: str, found: Baseline, *, dry_run: bool) -> list[str]:
    resources = ", ".join(dict.fromkeys(one.logical_id or "the template" for one in found.ignored))
    number = several(len(found.ignored), "problem")
    said = f"{number} {'would be' if dry_run else 'now'} ignored at {resources}" if found.ignored else "nothing to ignore"
    left = [f"{name}:{one.line}:{one.column}: not ignored: {one.message} [{one.rule}]; {why}" for one, why in found.left]
    return [visible(f"{name}: {said}"), *map(visible, left)]
