"""Deny statements that refuse a service, and what to do about each: no patch changes one."""

from __future__ import annotations

from remediate.cloudformation.policies import Document, WrittenStatement
from remediate.delivery.delivery import Delivery
from remediate.delivery.requests import ServiceRequest
from remediate.delivery.texts import principal_text
from remediate.diagnosis.finding import Finding
from remediate.iam.request import Request
from remediate.iam.statement import Condition, Statement

_SSE = "s3:x-amz-server-side-encryption"
_SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_EXCEPTION = 'add the condition "BoolIfExists": {"aws:PrincipalIsAWSService": "false"} to it, which excepts AWS services'


def blocking_deny(
    delivery: Delivery, document: Document, raw: WrittenStatement, deny: Statement, refused: list[ServiceRequest]
) -> Finding:
    """Return that a Deny refuses requests, and why it is about them."""
    reasons = [_reason(delivery, condition, one.request) for condition in deny.conditions for one in refused]
    if deny.principal.negated:
        reasons.insert(0, f"its NotPrincipal does not name {principal_text(delivery.service.principal)}")
    why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    actions = ", ".join(dict.fromkeys(one.request.action for one in refused))
    detail = f"{raw.label} denies {actions}{f' ({why})' if why else ''}"
    requests = tuple(one.id for one in refused)
    return Finding(
        "blocking-deny",
        document.logical_id,
        raw.path,
        detail,
        document.kind,
        requests=requests,
        advice=_for_role(actions) if deny.principal.own else _advice(delivery, deny),
    )


def _for_role(actions: str) -> str:
    """Say how a Deny of a role's own lets through what the service does with the role."""
    return f"except what {actions} is for from its resources, or take {actions} out of it"


def _advice(delivery: Delivery, deny: Statement) -> str:
    """Say how a Deny lets the service through and still does what it is for."""
    noun = delivery.service.source.noun
    keys = {condition.key.lower(): condition for condition in deny.conditions}
    wrong = [key for key in ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid") if key in keys]
    if wrong:
        return f"let its {keys[wrong[0]].key} have the value of the {noun}"
    if "aws:principalisawsservice" in keys:
        return f'let its {keys["aws:principalisawsservice"].key} be "false": as it stands it is for AWS services'
    if "aws:securetransport" in keys:
        return f'let its {keys["aws:securetransport"].key} be "false": as it stands it denies TLS'
    if deny.principal.services and not deny.principal.negated and not deny.principal.anyone:
        name = principal_text(delivery.service.principal)
        return f"take {name} out of its principals, or fix its conditions; is it meant to be an Allow?"
    if _SSE_KEY in keys and keys[_SSE_KEY].operator != "Null":
        return f"let it name the key of the {noun}, or give the {noun} the key that it names"
    if keys.keys() & {_SSE, _SSE_KEY}:
        return f"give the {noun} a {delivery.service.source.key}, or {_EXCEPTION}"
    return _EXCEPTION


def _reason(delivery: Delivery, condition: Condition, request: Request) -> str:
    """Say what a request has to do with a condition of a Deny; nothing where the template does not tell."""
    values = request.values_of(condition.key)
    if request.note_on(condition.key) or len(values) != 1:
        return request.note_on(condition.key) or ""
    return f"{condition}: {delivery.service.name}'s request has {'none' if values[0] is None else values[0]}"
