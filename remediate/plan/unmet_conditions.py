"""For which actions a condition of a statement is in the way of the requests that depend on it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from remediate.cloudformation.policies import WrittenStatement
from remediate.cloudformation.policy_conditions import WrittenCondition
from remediate.delivery.decide import (
    all_possible_requests,
    documented,
    entry_truth,
    read_statement,
    readings_of,
    requests_for_open_prefix,
)
from remediate.delivery.delivery import Delivery
from remediate.delivery.unmet import unmet
from remediate.diagnosis.folders import is_for_another_folder
from remediate.iam.conditions import condition_truth
from remediate.iam.evaluate import Outcome, evaluate, statement_truth
from remediate.iam.match import covers
from remediate.iam.reference import never_present
from remediate.iam.request import Request
from remediate.iam.statement import Policy, Statement
from remediate.iam.truth import Truth
from remediate.plan.policy_editor import PolicyEditor


class Mismatch(Struct, frozen=True):
    """A condition that is not shown to hold. ``apart`` are the actions for which alone that is so, empty for all."""

    entry: WrittenCondition
    apart: tuple[str, ...] = ()


def mismatch(editor: PolicyEditor, raw: WrittenStatement, entry: WrittenCondition, *, repair: bool) -> Mismatch | None:
    """Return that a documented request depends on the condition, and does not meet it; None where none does.

    A repair is about what surely denies the request, or names exactly a source that has yet to get its name; else it is
    enough that the condition cannot be shown to hold. A request that other statements allow depends on no condition of this
    one: a second source's own statement, say.
    """
    failing = {request.action for _, request in _hanging(editor, raw, entry, repair)}
    if not failing:
        return None
    if not all(never_present(action, entry.key) for action in failing):
        return Mismatch(entry)
    # Requests without the key need a statement without the condition, the others keep it.
    written = raw.actions
    apart = [one for one in written if never_present(one, entry.key) and any(covers(one, action) for action in failing)]
    if len(apart) == len(written):
        return Mismatch(entry)
    return Mismatch(entry, tuple(apart)) if apart else None


def is_dead(editor: PolicyEditor, entry: WrittenCondition) -> bool:
    """Tell whether a condition holds for no request of the sources; ``…IfExists`` of an absent key holds."""
    requests = [
        (delivery, one.request)
        for delivery in editor.deliveries
        if delivery.source
        for one in documented(all_possible_requests(delivery, editor.kind, editor.logical_id))
    ]
    return bool(requests) and all(entry_truth(delivery, entry, request) is Truth.NO for delivery, request in requests)


def is_hopeless(editor: PolicyEditor, statement: Statement, request: Request) -> bool:
    """Tell whether a statement has a condition that denies a request and that no patch of the run takes away."""
    denying = (one for one in statement.conditions if condition_truth(one, request) is Truth.NO)
    return any(not editor.is_removable(one.key) for one in denying)


def is_allowed_elsewhere(editor: PolicyEditor, raw: WrittenStatement, delivery: Delivery, request: Request) -> bool:
    """Tell whether other statements than one allow a request."""
    others = [
        statement
        for other, statement in readings_of(editor.document, delivery)
        if other.path != raw.path and statement.effect == "Allow"
    ]
    return evaluate(Policy(editor.document.kind, tuple(others)), request).outcome is Outcome.ALLOWED


def _hanging(
    editor: PolicyEditor, raw: WrittenStatement, entry: WrittenCondition, repair: bool
) -> Iterator[tuple[Delivery, Request]]:
    """Yield the requests that the statement is for, that do not meet the condition, and that no other statement allows."""
    for delivery in editor.deliveries_of(raw):
        if not delivery.resolver.scenario.admits(entry.guard):
            continue
        statement = _read(editor, raw, delivery)
        for request in _meant(editor, statement, entry, delivery, repair):
            found = unmet(delivery, entry, request)
            if found is None or (repair and not found.surely) or is_hopeless(editor, statement, request):
                continue
            if not is_allowed_elsewhere(editor, raw, delivery, request):
                yield delivery, request


def _read(editor: PolicyEditor, raw: WrittenStatement, delivery: Delivery) -> Statement:
    """Return a statement as it reads under a delivery; one that stands in the document has been read before."""
    found = next((one for other, one in readings_of(editor.document, delivery) if other is raw), None)
    return found or read_statement(raw, delivery, raw.pointer)


def _meant(
    editor: PolicyEditor, statement: Statement, entry: WrittenCondition, delivery: Delivery, repair: bool
) -> list[Request]:
    """Return the documented requests that a statement is for, else those for its actions: of these, where the key is known.

    Whether ``kms:Decrypt`` carries an encryption context is not documented. A key that the service may carry is known to
    have this value, if any. A statement for another folder of the bucket is for none.
    """
    asked_for = (
        requests_for_open_prefix(delivery, editor.kind, editor.logical_id)
        if repair
        else all_possible_requests(delivery, editor.kind, editor.logical_id)
    )
    asked = [one.request for one in documented(asked_for)]
    may_carry = entry.key.lower() in delivery.service.may_carry
    decided = [one for one in asked if may_carry or len(one.values_of(entry.key)) == 1]
    judged = [(one, statement_truth(statement, one)) for one in decided]
    for_actions = [(one, elements) for one, elements in judged if elements.action is not Truth.NO]
    fitting = [one for one, elements in for_actions if elements.resource is not Truth.NO]
    if fitting or is_for_another_folder(delivery, editor.kind, editor.logical_id, statement):
        return fitting
    return [one for one, _ in for_actions]
