"""Changing a statement without letting strangers in: where a change would, a guard takes the place of what kept them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from remediate.cloudformation.documents import Document, RawStatement
from remediate.cloudformation.entries import Entry, entries
from remediate.cloudformation.view import View
from remediate.judge import documented, entry_truth, promised
from remediate.outsiders import Stranger, let_in
from remediate.patchset import Guard
from remediate.plan.case import Case
from remediate.plan.conditions import add_condition
from remediate.plan.outcome import Why
from remediate.plan.vocabulary import condition
from remediate.policy.truth import Truth

_Change = Callable[[], "Sequence[RawStatement] | None"]


def change_guarded(case: Case, guard: Guard | None, change: _Change, what: str, otherwise: Why = "review") -> bool:
    """Make a change of statements, and guard them where it lets strangers in; tell whether the change stands.

    ``change`` returns the statements that it changed, None where it could not. Where no guard can be shown to hold, the
    change needs a review: it is taken back and said, ``what`` being the change in words. ``otherwise`` tells whether
    something is left to do then, or whether another change may do it.
    """
    before, snapshot = case.document, case.snapshot()
    changed = change()
    if changed is None:
        return False
    opened = strangers_let_in(case, before)
    for statement in changed:
        if opened:
            _add_guard(case, guard, case.again(statement))
            opened = strangers_let_in(case, before)
    if opened and not case.review:
        case.restore(snapshot)
        case.skip(otherwise, f"{what} would let {whom(opened)}", why_unguarded(case.views))
        return False
    case.let_in += opened
    if opened:
        case.note(f"{what} lets {whom(opened)}")
    return True


def keeping_out(ensure: Callable[[Case, Any], None]) -> Callable[[Case, Any], None]:
    """Return a rule that is taken back, and said, where what it does as a whole lets strangers in.

    It is for rules that add conditions or split statements, which nobody expects to open anything.
    """

    def ensured(case: Case, rule: Any) -> None:
        before, snapshot, done = case.document, case.snapshot(), len(case.draft.operations)
        ensure(case, rule)
        changed = len(case.draft.operations) > done
        opened = [one for one in strangers_let_in(case, before) if one not in case.let_in] if changed else []
        if opened and not case.review:
            case.restore(snapshot)
            case.skip("review", f"the change would let {whom(opened)}", why_unguarded(case.views))
        elif opened:
            case.let_in += opened
            case.note(f"the change lets {whom(opened)}")

    return ensured


def strangers_let_in(case: Case, before: Document) -> list[Stranger]:
    """Return the strangers that the document lets in as it stands now, and did not before."""
    return list(let_in(before, case.document, case.views))


def guard_entries(case: Case, guard: Guard | None, views: Sequence[View]) -> list[Entry]:
    """Return the conditions of a guard; none where it cannot be shown to hold for every documented request.

    Whose an organization trail is cannot be told: one that a delegated administrator makes belongs to the management account
    (AWS CloudTrail User Guide, Organization delegated administrator).
    """
    written = (guard or {}).get(f"{case.kind}-policy", {})
    if any(view.trail is None or view.facts.organization_id is not None for view in views):
        return []
    found = [
        Entry((), operator, key, value, (), "2012-10-17")
        for operator, key, value in condition(written, tuple(views))
        if value is not None
    ]
    return found if all(_holds(case, entry, view) for entry in found for view in views) else []


def why_unguarded(views: Sequence[View]) -> str:
    """Return what a user is told who may apply a change with ``--review``."""
    if any(view.facts.organization_id is not None for view in views):
        whose = "whose account owns the organization trail is not in the template"
    elif any(view.trail is None for view in views):
        whose = "the accounts of the trails are not in the template"
    else:
        whose = "no condition is known that keeps them out and surely holds for the trail"
    return f"{whose}: add a condition on aws:SourceArn or aws:SourceAccount yourself, or apply the change with --review"


def whom(opened: Sequence[Stranger]) -> str:
    """Return who gets in, and what they may do then."""
    actions: dict[str, dict[str, None]] = {}
    for stranger in opened:
        actions.setdefault(stranger.who, {})[stranger.request.action] = None
    return "; ".join(f"{who} use {', '.join(names)}" for who, names in actions.items())


def _add_guard(case: Case, guard: Guard | None, statement: RawStatement) -> None:
    present = {(entry.operator, entry.key.lower()) for entry in entries(statement)}
    for entry in guard_entries(case, guard, case.views_of(statement)):
        if (entry.operator, entry.key.lower()) not in present:
            current = case.again(statement)
            if add_condition(case, current, entry.operator, entry.key, entry.value):
                case.note(f"{entry} guards {statement.label} instead: it keeps the trails of other accounts out")


def _holds(case: Case, entry: Entry, view: View) -> bool:
    requests = [one.request for one in documented(promised(view, case.kind))]
    known = [request for request in requests if len(request.values_of(entry.key)) == 1]
    return all(entry_truth(view, entry, request) is Truth.YES for request in known)
