"""Why a policy refuses a request: the Deny that says so, or what the statement that comes nearest lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.delivery.decide import current_requests, documented, judge, statements_of
from remediate.delivery.delivery import Delivery
from remediate.delivery.requests import ServiceRequest
from remediate.delivery.texts import principal_text
from remediate.diagnosis.deny_statements import blocking_deny
from remediate.diagnosis.finding import Finding
from remediate.diagnosis.folders import is_for_another_folder
from remediate.diagnosis.principals import (
    legacy_principals,
    principals_of_others,
    uncertain_principals,
    wrong_principals,
)
from remediate.diagnosis.rejected_policies import misspelt_actions
from remediate.diagnosis.resource_paths import resource_findings
from remediate.diagnosis.roles import OF_ROLE, denied_to_role
from remediate.diagnosis.unmet_conditions import mismatches
from remediate.iam.evaluate import Elements, Outcome, statement_truth
from remediate.iam.match import patterns_meet
from remediate.iam.reference import misspelt
from remediate.iam.truth import Truth


class _Near(NamedTuple):
    """An Allow statement, and how it meets a request."""

    raw: WrittenStatement
    elements: Elements


def denied_findings(delivery: Delivery, document: Document) -> Iterator[Finding]:
    """Yield why each request of the delivery that the policy does not allow is refused."""
    denying: dict[str, list[ServiceRequest]] = {}
    for one in documented(current_requests(delivery, document.kind, document.logical_id)):
        decision = judge(document, delivery, one.request)
        for deny in decision.by if decision.explicit else ():
            denying.setdefault(deny.pointer, []).append(one)
        if (
            document.kind not in OF_ROLE
            and judge(document, delivery, one.request, allows_only=True).outcome is not Outcome.ALLOWED
        ):
            for found in _near_misses(delivery, document, one):
                blocking = found.blocking or decision.outcome is Outcome.DENIED
                yield replace(found, blocking=blocking, requests=(one.id,))
    if document.kind in OF_ROLE:
        yield from denied_to_role(delivery, document)
    for raw, statement in statements_of(document, delivery):
        if raw.pointer in denying:
            yield blocking_deny(delivery, document, raw, statement, denying[raw.pointer])


def without_policy(delivery: Delivery, key: str) -> Finding:
    """Return that a key has the policy that KMS gives it, which lets nobody but its own account in."""
    requests = tuple(one.id for one in documented(current_requests(delivery, "key", key)))
    detail = f"{key} has no KeyPolicy, and the one that KMS gives it has no statement for {_name(delivery)}"
    return Finding("no-statement", key, ("Resources", key), detail, "key", bool(requests), requests)


def _near_misses(delivery: Delivery, document: Document, one: ServiceRequest) -> Iterator[Finding]:
    """Yield what the statements that come nearest lack: conditions and a resource, else an action, else the caller."""
    allows = [
        _Near(raw, statement_truth(statement, one.request))
        for raw, statement in statements_of(document, delivery)
        if statement.effect == "Allow"
    ]
    own = [near for near in allows if _names(delivery, near)]
    acting = [near for near in own if near.elements.action is not Truth.NO]
    fitting = [near for near in acting if near.elements.resource is not Truth.NO]
    if any(near.elements.conditions is Truth.YES for near in fitting):
        return  # one lacks nothing but that what it names is known: what the others lack does not matter
    for near in fitting or _of_the_folder(delivery, document, acting):
        yield from mismatches(delivery, document, near.raw, one.request)
    if not fitting:
        yield from _for_nothing_like_it(delivery, document, one, allows, own)


def _for_nothing_like_it(
    delivery: Delivery, document: Document, one: ServiceRequest, allows: list[_Near], own: list[_Near]
) -> Iterator[Finding]:
    """Yield what the statements that come nearest lack, where none of the service is for the action and the resource."""
    acting = [near for near in own if near.elements.action is not Truth.NO]
    meant = [*_meant_for_service(delivery, document, allows)]
    misnamed = [*_misnamed(delivery, document, allows)]
    if misnamed:
        yield from misnamed
    elif acting:
        yield from resource_findings(delivery, document, [(near.raw, near.elements.statement) for near in acting], one)
    elif meant:
        yield from meant
    elif any(map(_may_be_for_service, allows)):
        return  # it is undecided, and what would settle it is said elsewhere
    elif own:
        yield from _missing_action(delivery, document, own, one)
    else:
        detail = f"the {document.kind} policy has no statement for {_name(delivery)}"
        yield Finding("no-statement", document.logical_id, document.list_path, detail, document.kind, blocking=False)


def _of_the_folder(delivery: Delivery, document: Document, acting: list[_Near]) -> list[_Near]:
    place = document.kind, document.logical_id
    return [one for one in acting if not is_for_another_folder(delivery, *place, one.elements.statement)]


def _names(delivery: Delivery, near: _Near) -> bool:
    """Tell whether a statement names the service, or an account that stands, or may stand, for it."""
    principal, own = near.elements.statement.principal, delivery.service.principal
    named = delivery.trusts(near.raw.data.get("Principal")) or any(one.known == own for one in principal.services)
    return not principal.negated and (named or any(one.caller == own for one in principal.perhaps))


def _may_be_for_service(near: _Near) -> bool:
    """Tell whether a statement may name the service, and is then for the request."""
    elements = near.elements
    return elements.principal is Truth.UNKNOWN and elements.applies is not Truth.NO


def _name(delivery: Delivery) -> str:
    return principal_text(delivery.service.principal)


def _missing_action(delivery: Delivery, document: Document, own: list[_Near], one: ServiceRequest) -> Iterator[Finding]:
    action = one.request.action
    meant = [found for near in own for found in misspelt_actions(document, near.raw, _meaning(near.raw, action))]
    if meant:
        yield from meant
        return
    nearest = next((near for near in own if near.elements.resource is not Truth.NO), own[0]).raw
    detail = f"{delivery.service.name} is not allowed {action} ({one.title})"
    yield Finding("missing-action", document.logical_id, nearest.path_of("Action"), detail, document.kind, blocking=False)


def _meaning(raw: WrittenStatement, action: str) -> list[str]:
    """Return the actions of a statement that are none and are meant to be this one."""
    return [one for one in raw.actions if patterns_meet((misspelt(one) or "").lower(), action.lower())]


def _misnamed(delivery: Delivery, document: Document, allows: list[_Near]) -> Iterator[Finding]:
    """Yield the statements for the action and the resource that name another service, or another account, by mistake."""
    for raw, elements in allows:
        if elements.action is not Truth.NO and elements.resource is not Truth.NO:
            yield from principals_of_others(delivery, document, raw, elements.statement)


def _meant_for_service(delivery: Delivery, document: Document, allows: list[_Near]) -> Iterator[Finding]:
    """Yield the statements for the action that name the service by a wrong name, or by the accounts of old."""
    for raw, elements in allows:
        if elements.action is Truth.NO:
            continue
        yield from wrong_principals(delivery, document, raw, elements.statement)
        yield from uncertain_principals(delivery, document, raw, elements.statement)
        yield from legacy_principals(delivery.service, document, raw, elements.statement)
