"""What a run says of the ignores in a template: those that are not understood, are outdated, or ignore nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from remediate.plan.at_resources import Suppressed
from remediate.plan.outcome import Skipped, Why
from remediate.suppressions import Fault, Ignore


def fault_remark(fault: Fault) -> Skipped:
    """Return what a run says of an ignore that does not count."""
    why: Why = "invalid" if fault.rule == "invalid-ignore" else "unused"
    return Skipped(fault.rule, why, fault.reason, fault.logical_id, fault.advice, path=fault.path, at=fault.at)


def unused(
    ignores: Iterable[Ignore], suppressed: Iterable[Suppressed], looked_at: Collection[str] | None
) -> Iterator[Skipped]:
    """Yield the ignores that ignore nothing.

    ``looked_at`` are the resources that the run was about; None, where it was about all that a template can have.
    """
    used = {(one.ignore.id, one.ignore.logical_id) for one in suppressed}
    for one in ignores:
        if (one.id, one.logical_id) not in used and (looked_at is None or one.logical_id in looked_at):
            where = f"at {one.logical_id}" if one.logical_id else "in this template"
            reason = f"{one.id!r} {where} ignores nothing ({one.reason})"
            yield Skipped("unused-ignore", "unused", reason, one.logical_id, "remove the ignore", path=one.path, at=one.at)
