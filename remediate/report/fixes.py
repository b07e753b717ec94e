"""Which edits of the text are whose: the smallest parts of a change that can be made by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from remediate.engine import Report
from remediate.plan import Applied
from remediate.template import Edit, Refused, edit


@dataclass(frozen=True)
class Fix:
    """Edits of the original text that belong together, and the patches that they are for."""

    applied: tuple[Applied, ...]
    edits: tuple[Edit, ...]

    @property
    def title(self) -> str:
        """What the fix does, for people."""
        return "; ".join(dict.fromkeys(f"{one.patch.title} ({one.patch.id})" for one in self.applied))


def fixes_of(report: Report) -> list[Fix]:
    """Return the edits of a report as fixes; each edit is in one fix.

    A patch has a fix of its own where it makes, alone, edits that the whole change has, too. Patches that change the same
    text of a resource share one, and what is then left is the last.
    """
    left = list(report.edits)
    found: list[Fix] = []
    alone = [(one,) for one in report.applied]
    for group in (*alone, *_by_resource(report.applied)):
        if any(one in fix.applied for fix in found for one in group):
            continue
        edits = _alone(report, group)
        if edits and all(one in left for one in edits):
            found.append(Fix(group, edits))
            left = [one for one in left if one not in edits]
    if left:
        rest = [one for one in report.applied if not any(one in fix.applied for fix in found)]
        found.append(Fix(tuple(rest or report.applied), tuple(left)))
    return found


def fixing_edits(fixes: Sequence[Fix], patches: Iterable[str], logical_id: str) -> Fix | None:
    """Return the fix that has what patches, by their ids, change for a resource; None where they change nothing."""
    ids = frozenset(patches)
    needed = [fix for fix in fixes if any(one.patch.id in ids and one.logical_id == logical_id for one in fix.applied)]
    if not needed:
        return None
    edits = sorted((one for fix in needed for one in fix.edits), key=lambda one: one.span)
    return Fix(tuple(one for fix in needed for one in fix.applied), tuple(edits))


def _by_resource(applied: Iterable[Applied]) -> list[tuple[Applied, ...]]:
    ordered = sorted(applied, key=lambda one: one.logical_id)
    return [tuple(group) for _, group in groupby(ordered, key=lambda one: one.logical_id)]


def _alone(report: Report, group: Iterable[Applied]) -> tuple[Edit, ...]:
    """Return the edits of patches as if the others did not exist; none where they need what the others do."""
    own = {id(operation) for one in group for operation in one.operations}
    try:
        return tuple(edit(report.template, [one for one in report.operations if id(one) in own]))
    except Refused:  # it operates on what another patch writes
        return ()
