"""Writing what becomes of one input: the template, the diff, or both."""

from __future__ import annotations

from remediate.cli.run import Run
from remediate.engine import Report
from remediate.report import diff


def deliver(run: Run, report: Report, raw: bytes, shown: bool, dry_run: bool) -> bool:
    """Write the result for one input: the template, the diff (where it is ``shown``), or both.

    Raises what Run.attempt handles.
    """
    if run.reads_stdin and not dry_run:
        run.out(report.to_bytes())
        return True
    rendered = diff.render(report) if shown else ""
    if report.changed and not dry_run:
        run.deliver(report, raw, rendered if shown else None)
    else:
        run.diff(rendered)
    return True
