"""Whether a condition of a statement stands in the way of a request that CloudTrail makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.entries import Entry
from remediate.cloudformation.view import View
from remediate.judge import asked, documented, entry_truth, is_fragile, promised, read_statement, statements_of
from remediate.plan.case import Case
from remediate.policy.conditions import condition_truth
from remediate.policy.document import Policy, Statement
from remediate.policy.evaluate import Outcome, evaluate, statement_truth
from remediate.policy.keys import never_present
from remediate.policy.match import covers
from remediate.policy.request import Request
from remediate.policy.truth import Truth


@dataclass(frozen=True)
class Mismatch:
    """A condition that is not shown to hold. ``apart`` are the actions for which alone that is so, empty for all."""

    entry: Entry
    apart: tuple[str, ...] = ()


def mismatch(case: Case, raw: RawStatement, entry: Entry, *, repair: bool) -> Mismatch | None:
    """Return that a documented request depends on the condition, and does not meet it; None where none does.

    A repair is about what surely denies the request, or names exactly a trail that has yet to get its name; else it is
    enough that the condition cannot be shown to hold. A request that other statements allow depends on no condition of this
    one: a second trail's own statement, say.
    """
    failing = {request.action for _, request in _hanging(case, raw, entry, repair)}
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


def is_dead(case: Case, entry: Entry) -> bool:
    """Tell whether a condition holds for no request of the trails; ``…IfExists`` of an absent key holds."""
    requests = [(view, one.request) for view in case.views if view.trail for one in documented(promised(view, case.kind))]
    return bool(requests) and all(entry_truth(view, entry, request) is Truth.NO for view, request in requests)


def is_hopeless(case: Case, statement: Statement, request: Request) -> bool:
    """Tell whether a statement has a condition that denies a request and that no patch of the run takes away."""
    denying = (one for one in statement.conditions if condition_truth(one, request) is Truth.NO)
    return any(not case.is_removable(one.key) for one in denying)


def is_allowed_elsewhere(case: Case, raw: RawStatement, view: View, request: Request) -> bool:
    """Tell whether other statements than one allow a request."""
    others = [
        statement
        for other, statement in statements_of(case.document, view)
        if other.path != raw.path and statement.effect == "Allow"
    ]
    return evaluate(Policy(case.document.kind, tuple(others)), request).outcome is Outcome.ALLOWED


def _hanging(case: Case, raw: RawStatement, entry: Entry, repair: bool) -> Iterator[tuple[View, Request]]:
    """Yield the requests that the statement is for, that do not meet the condition, and that no other statement allows."""
    for view in case.views_of(raw):
        if not view.resolver.scenario.admits(entry.guard):
            continue
        statement = _read(case, raw, view)
        for request in _meant(case, statement, entry, view, repair):
            if not _fails(view, entry, request, repair) or is_hopeless(case, statement, request):
                continue
            if not is_allowed_elsewhere(case, raw, view, request):
                yield view, request


def _read(case: Case, raw: RawStatement, view: View) -> Statement:
    """Return a statement as it reads under a view; one that stands in the document has been read before."""
    found = next((one for other, one in statements_of(case.document, view) if other is raw), None)
    return found or read_statement(raw, view, raw.pointer)


def _fails(view: View, entry: Entry, request: Request, repair: bool) -> bool:
    truth = entry_truth(view, entry, request)
    if truth is Truth.NO:
        return True
    if truth is Truth.YES or view.trail is None:
        return False  # of a trail in another template nothing here says that the condition is wrong
    return not repair or is_fragile(view, entry)


def _meant(case: Case, statement: Statement, entry: Entry, view: View, repair: bool) -> list[Request]:
    """Return the documented requests that a statement is for, else those for its actions: of these, where the key is known.

    Whether ``kms:Decrypt`` carries an encryption context is not documented.
    """
    asked_for = asked(view, case.kind) if repair else promised(view, case.kind)
    decided = [one.request for one in documented(asked_for) if len(one.request.values_of(entry.key)) == 1]
    judged = [(one, statement_truth(statement, one)) for one in decided]
    for_actions = [(one, elements) for one, elements in judged if elements.action is not Truth.NO]
    fitting = [one for one, elements in for_actions if elements.resource is not Truth.NO]
    return fitting or [one for one, _ in for_actions]
