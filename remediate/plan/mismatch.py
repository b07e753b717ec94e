"""Whether a condition of a statement stands in the way of a request that CloudTrail makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.entries import Entry
from remediate.cloudformation.view import View
from remediate.judge import entry_truth, promised, read_statement, statements_of
from remediate.plan.case import Case
from remediate.policy.document import Policy
from remediate.policy.evaluate import Elements, Outcome, evaluate, statement_truth
from remediate.policy.keys import never_present
from remediate.policy.match import covers
from remediate.policy.request import Request
from remediate.policy.truth import Truth


@dataclass(frozen=True)
class Mismatch:
    """A condition that is not shown to hold. ``apart`` are the actions for which alone that is so, empty for all."""

    entry: Entry
    apart: tuple[str, ...] = ()


def mismatch(case: Case, raw: RawStatement, entry: Entry) -> Mismatch | None:
    """Return that a request hangs on the condition, which cannot be shown to hold for it; None where none does.

    A request that other statements allow hangs on no condition of this one: a second trail's own statement, say.
    """
    failing = {request.action for view, request in _hanging(case, raw, entry)}
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
    """Tell whether a condition holds for no request that CloudTrail makes; ``…IfExists`` of an absent key holds."""
    requests = [(view, one.request) for view in case.views for one in promised(view, case.kind)]
    return bool(requests) and all(entry_truth(view, entry, request) is Truth.NO for view, request in requests)


def _hanging(case: Case, raw: RawStatement, entry: Entry) -> Iterator[tuple[View, Request]]:
    """Yield the requests that the statement is for, that do not surely meet the condition, and that no other allows."""
    for view in case.views_of(raw):
        if not view.resolver.scenario.admits(entry.guard):
            continue
        for request in _meant(case, raw, entry, view):
            truth = entry_truth(view, entry, request)
            if truth is Truth.UNKNOWN and view.trail is None and not _is_impossible(entry):
                continue  # the trail is in another template: nothing here says that the condition is wrong
            if truth is not Truth.YES and not _allowed_elsewhere(case, raw, view, request):
                yield view, request


def _meant(case: Case, raw: RawStatement, entry: Entry, view: View) -> list[Request]:
    """Return the requests that a statement is for, else those for its actions, else all: of these, where the key is known.

    Whether ``kms:Decrypt`` carries an encryption context is not documented.
    """
    statement = read_statement(raw, view, raw.pointer)
    requests = [one.request for one in promised(view, case.kind)]
    decided = [one for one in requests if len(one.values_of(entry.key)) == 1]
    judged = [(one, statement_truth(statement, one)) for one in decided]
    tests: tuple[Callable[[Elements], bool], ...] = (
        lambda one: one.action is not Truth.NO and one.resource is not Truth.NO,
        lambda one: one.action is not Truth.NO,
    )
    for test in tests:
        meant = [request for request, elements in judged if test(elements)]
        if meant:
            return meant
    return [one for one in decided if entry.key.lower() in one.context]


def _is_impossible(entry: Entry) -> bool:
    """Tell whether an exact operator compares with nothing but wildcards, which no ARN of a trail contains."""
    operator = entry.operator.split(":")[-1].removesuffix("IfExists")
    values = entry.value if isinstance(entry.value, list) else [entry.value]
    return operator in {"StringEquals", "StringEqualsIgnoreCase"} and all("*" in json.dumps(one) for one in values)


def _allowed_elsewhere(case: Case, raw: RawStatement, view: View, request: Request) -> bool:
    others = [
        statement
        for other, statement in statements_of(case.document, view)
        if other.path != raw.path and statement.effect == "Allow"
    ]
    return evaluate(Policy(case.document.kind, tuple(others)), request).outcome is Outcome.ALLOWED
