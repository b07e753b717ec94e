"""Which edits of the text are whose: the smallest parts of a change that can be made by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec import Struct

from remediate.engine import Report
from remediate.plan import Applied
from remediate.template import Edit, Refused, Span, edit, line_and_column, splice


class Fix(Struct, frozen=True):
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
    left = in_order(report)
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


def fixing_edits(report: Report, fixes: Sequence[Fix], patches: Iterable[str], logical_id: str) -> Fix | None:
    """Return the fix that has what patches, by their ids, change for a resource; None where they change nothing.

    ``fixes`` are those of the report that count. The edits are in the order of the text.
    """
    ids = frozenset(patches)
    needed = [fix for fix in fixes if any(one.patch.id in ids and one.logical_id == logical_id for one in fix.applied)]
    if not needed:
        return None
    edits = [one for one in in_order(report) if any(one in fix.edits for fix in needed)]
    return Fix(tuple(one for fix in needed for one in fix.applied), tuple(edits))


def in_order(report: Report) -> list[Edit]:
    """Return the edits of a report in the order of the text; those at one place keep theirs."""
    return sorted(report.edits, key=lambda one: one.span)


def whole_lines(fix: Fix, text: str) -> tuple[int, int, str]:
    """Return a fix as a change of whole lines: the first and the last (from 1), and their new text.

    That is without its last line end. It is never empty unless the file is: lines that go away do so together with one
    beside them that stays.
    """
    start, end = _line_start(text, fix.edits[0].span.start), _line_end(text, fix.edits[-1].span.end)
    new = _made(fix, text, start, end)
    if not new and end < len(text):
        end = _line_end(text, end + (2 if text.startswith("\r\n", end) else 1))
    elif start == len(text) or not new:  # it adds lines behind the last one, or removes the last ones
        start = _line_start(text, max(start - 1, 0))
    new = _made(fix, text, start, end)
    first, last = (line_and_column(text, place)[0] for place in (start, end))
    if start < end == len(text) and text[-1] in "\r\n":
        return first, last - 1, new.removesuffix("\n").removesuffix("\r")
    return first, last, new


def _made(fix: Fix, text: str, start: int, end: int) -> str:
    moved = [Edit(Span(one.span.start - start, one.span.end - start), one.text) for one in fix.edits]
    return splice(text[start:end], moved)


def _line_start(text: str, place: int) -> int:
    while place and not (text[place - 1] == "\n" or (text[place - 1] == "\r" and text[place : place + 1] != "\n")):
        place -= 1
    return place


def _line_end(text: str, place: int) -> int:
    while place < len(text) and text[place] not in "\r\n":
        place += 1
    return place


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
