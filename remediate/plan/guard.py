"""Changing a statement without letting strangers in: where a change would, a guard takes the place of what kept them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.cloudformation.policy_conditions import WrittenCondition, written_conditions
from remediate.delivery.access import Outsider, gained, is_told_only
from remediate.delivery.decide import all_possible_requests, documented, entry_truth
from remediate.delivery.delivery import Delivery
from remediate.iam.truth import Truth
from remediate.patch_set import Guard
from remediate.plan.condition_edit import add_condition
from remediate.plan.outcome import Why
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.vocabulary import condition

_Change = Callable[[], "Sequence[WrittenStatement] | None"]


def change_guarded(editor: PolicyEditor, guard: Guard | None, change: _Change, what: str, otherwise: Why = "review") -> bool:
    """Make a change of statements, and guard them where it lets strangers in; tell whether the change stands.

    ``change`` returns the statements that it changed, None where it could not. Where no guard can be shown to hold, the
    change needs a review: it is taken back and said, ``what`` being the change in words. ``otherwise`` tells whether
    something is left to do then, or whether another change may do it.
    """
    before, snapshot = editor.document, editor.snapshot()
    changed = change()
    if changed is None:
        return False
    opened = outsiders_let_in(editor, before)
    for statement in changed:
        if opened:
            _add_guard(editor, guard, editor.again(statement))
            opened = outsiders_let_in(editor, before)
    if opened and not editor.review:
        editor.restore(snapshot)
        editor.skip(otherwise, f"{what} would let {whom(opened)}", why_unguarded(editor.deliveries))
        return False
    editor.let_in += opened
    if opened:
        editor.note(f"{what} lets {whom(opened)}")
    return True


def keeping_out(ensure: Callable[[PolicyEditor, Any], None]) -> Callable[[PolicyEditor, Any], None]:
    """Return a rule that is taken back, and said, where what it does as a whole lets strangers in.

    It is for rules that add conditions or split statements, which nobody expects to open anything.
    """

    def ensured(editor: PolicyEditor, rule: Any) -> None:
        before, snapshot, done = editor.document, editor.snapshot(), len(editor.draft.operations)
        ensure(editor, rule)
        changed = len(editor.draft.operations) > done
        opened = [one for one in outsiders_let_in(editor, before) if one not in editor.let_in] if changed else []
        if opened and not editor.review:
            editor.restore(snapshot)
            editor.skip("review", f"the change would let {whom(opened)}", why_unguarded(editor.deliveries))
        elif opened:
            editor.let_in += opened
            editor.note(f"the change lets {whom(opened)}")

    return ensured


def outsiders_let_in(editor: PolicyEditor, before: Document) -> list[Outsider]:
    """Return the strangers that a change must keep out, and that the document lets in now, and did not before."""
    found = gained(before, editor.document, (*editor.deliveries, *editor.idle))
    original = editor.original or before  # a policy that the run adds is itself a matter of a review
    return [outsider for outsider, delivery in found if not is_told_only(outsider, original, delivery)]


def guard_entries(editor: PolicyEditor, guard: Guard | None, deliveries: Sequence[Delivery]) -> list[WrittenCondition]:
    """Return the conditions of a guard; none where it cannot be shown to hold for every documented request.

    Whose an organization's source is cannot be determined: one that a delegated administrator makes belongs to the
    management account (AWS CloudTrail User Guide, Organization delegated administrator).
    """
    written = (guard or {}).get(f"{editor.kind}-policy", {})
    if any(delivery.source is None or delivery.facts.organization_id is not None for delivery in deliveries):
        return []
    found = [
        WrittenCondition((), operator, key, value, (), "2012-10-17")
        for operator, key, value in condition(written, tuple(deliveries))
        if value is not None
    ]
    return found if all(_holds(editor, entry, delivery) for entry in found for delivery in deliveries) else []


def why_unguarded(deliveries: Sequence[Delivery]) -> str:
    """Return what a user is told who may apply a change with ``--review``."""
    noun = deliveries[0].service.source.noun
    if any(delivery.facts.organization_id is not None for delivery in deliveries):
        whose = f"whose account owns the organization {noun} is not in the template"
    elif any(delivery.source is None for delivery in deliveries):
        whose = f"the accounts of the {noun}s are not in the template"
    else:
        whose = f"no condition is known that keeps them out and surely holds for the {noun}"
    return f"{whose}: add a condition on aws:SourceArn or aws:SourceAccount yourself, or apply the change with --review"


def whom(opened: Sequence[Outsider]) -> str:
    """Return who gets in, and what they may do then."""
    actions: dict[str, dict[str, None]] = {}
    for outsider in opened:
        actions.setdefault(outsider.who, {})[outsider.request.action] = None
    return "; ".join(f"{who} use {', '.join(names)}" for who, names in actions.items())


def _add_guard(editor: PolicyEditor, guard: Guard | None, statement: WrittenStatement) -> None:
    noun = editor.given.service.noun
    present = {(entry.operator, entry.key.lower()) for entry in written_conditions(statement)}
    for entry in guard_entries(editor, guard, editor.deliveries_of(statement)):
        if (entry.operator, entry.key.lower()) not in present:
            current = editor.again(statement)
            if add_condition(editor, current, entry.operator, entry.key, entry.value):
                editor.note(f"added {entry} to {statement.label} instead: it excludes {noun}s of other accounts")


def _holds(editor: PolicyEditor, entry: WrittenCondition, delivery: Delivery) -> bool:
    requests = [one.request for one in documented(all_possible_requests(delivery, editor.kind, editor.logical_id))]
    known = [request for request in requests if len(request.values_of(entry.key)) == 1]
    return all(entry_truth(delivery, entry, request) is Truth.YES for request in known)
