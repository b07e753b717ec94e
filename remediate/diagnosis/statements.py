"""What is wrong with the statements of a policy as they stand, whatever else the policy allows."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.cloudformation.policy_conditions import WrittenCondition, written_conditions
from remediate.delivery.decide import all_possible_requests, entry_truth, statements_of
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import CauseId, Finding
from remediate.diagnosis.rejected_policies import misspelt_actions, refused_findings
from remediate.iam.holders import HOLDERS
from remediate.iam.match import covers, matches
from remediate.iam.request import Request
from remediate.iam.statement import Statement
from remediate.iam.truth import Truth
from remediate.partial_string import partial

_OF_THE_CALLER = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount")


def statement_findings(delivery: Delivery, document: Document) -> Iterator[Finding]:
    """Yield what AWS refuses in any statement, and what is dead in the Allow statements for the service."""
    for raw, statement in statements_of(document, delivery):
        yield from refused_findings(delivery, document, raw, statement)
        own = statement.principal.own or delivery.trusts(raw.data.get("Principal"))
        if statement.effect == "Allow" and own:
            if not HOLDERS[document.kind].strict:  # a strict service refuses one in any statement
                yield from misspelt_actions(document, raw)
            yield from _dead(delivery, document, raw, statement)


def absent_key(
    delivery: Delivery, document: Document, raw: WrittenStatement, entry: WrittenCondition, request: Request
) -> Finding | None:
    """Return that a condition asks for a key that the request never carries, None where it may carry it."""
    if request.values_of(entry.key) != (None,):
        return None
    cause: CauseId = "organization-condition" if entry.key.lower() in _OF_THE_CALLER else "dead-condition"
    asked = [one.request for one in all_possible_requests(delivery, document.kind, document.logical_id)]
    lacking = [one for one in asked if one.values_of(entry.key) == (None,)]
    meant = [
        one
        for one in raw.actions
        if (mine := [other for other in asked if covers(one, other.action)]) and all(other in lacking for other in mine)
    ]
    actions = ", ".join(meant or [request.action])
    why = request.notes.get(entry.key.lower()) or f"{delivery.service.name}'s requests for {actions} carry no {entry.key}"
    detail = f"{entry} of {raw.label} never holds: {why}"
    return Finding(cause, document.logical_id, entry.path, detail, document.kind, blocking=False)


def _dead(delivery: Delivery, document: Document, raw: WrittenStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the conditions that hold for no request for any action of a statement."""
    requests = [
        one.request
        for one in all_possible_requests(delivery, document.kind, document.logical_id)
        if _is_for(statement, one.request)
    ]
    for entry in written_conditions(raw):
        if not requests or not delivery.resolver.scenario.admits(entry.guard):
            continue
        if all(entry_truth(delivery, entry, request) is Truth.NO for request in requests):
            found = [absent_key(delivery, document, raw, entry, request) for request in requests]
            yield from (one for one in found[:1] if one and None not in found)


def _is_for(statement: Statement, request: Request) -> bool:
    action = partial(request.action)
    return any(matches(one, action, ignore_case=True) is Truth.YES for one in statement.actions)
