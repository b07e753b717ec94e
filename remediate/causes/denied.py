"""Why a policy refuses a request: the Deny that says so, or what the statement that comes nearest lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from remediate.causes.cause import CauseId, Finding
from remediate.causes.mismatches import mismatches
from remediate.causes.paths import resource_findings
from remediate.causes.statements import misspelt_actions
from remediate.cloudformation.documents import Document, RawStatement
from remediate.cloudformation.view import View, trusts
from remediate.judge import judge, made, statements_of
from remediate.policy.actions import misspelt
from remediate.policy.cloudtrail import SERVICE, CloudTrailRequest
from remediate.policy.document import Condition, Statement
from remediate.policy.evaluate import Elements, Outcome, statement_truth
from remediate.policy.match import patterns_meet
from remediate.policy.request import Request
from remediate.policy.truth import Truth

_LEGACY = frozenset(
    [
        "034638983726",
        "035351147821",
        "086441151436",
        "113285607260",
        "119688915426",
        "193415116832",
        "216624486486",
        "262312530599",
        "282025262664",
        "284668455005",
        "388731089494",
        "475085895292",
        "492519147666",
        "525921808201",
        "608710470296",
        "669305197877",
        "681348832753",
        "765225791966",
        "814480443879",
        "819402241893",
        "829690693026",
        "859597730677",
        "903692715234",
        "977081816279",
    ]
)
"""AWS CloudTrail User Guide, CloudTrail supported Regions, as it stood until 2021: an account for each Region."""
_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?")
_FRAGILE: frozenset[CauseId] = frozenset({"wrong-source-arn", "wrong-encryption-context"})
"""What may refuse a request of a new trail although nobody can tell from the template."""
_EXCEPTION = 'add the condition "BoolIfExists": {"aws:PrincipalIsAWSService": "false"} to it, which excepts AWS services'


class _Near(NamedTuple):
    """An Allow statement, and how it meets a request."""

    raw: RawStatement
    elements: Elements


def denied_findings(view: View, document: Document) -> Iterator[Finding]:
    """Yield why each request of the view's trail that the policy does not allow is refused."""
    denying: dict[str, list[CloudTrailRequest]] = {}
    for one in made(view, document.kind):
        decision = judge(document, view, one.request)
        for deny in decision.by if decision.explicit else ():
            denying.setdefault(deny.pointer, []).append(one)
        if judge(document, view, one.request, allows_only=True).outcome is not Outcome.ALLOWED:
            for found in _near_misses(view, document, one):
                refused = decision.outcome is Outcome.DENIED or found.cause in _FRAGILE
                blocking = found.blocking or (refused and one.confidence != "inferred")
                yield replace(found, blocking=blocking, requests=(one.id,))
    for raw, statement in statements_of(document, view):
        if raw.pointer in denying:
            yield _blocking(document, raw, statement, denying[raw.pointer])


def _blocking(document: Document, raw: RawStatement, deny: Statement, refused: list[CloudTrailRequest]) -> Finding:
    reasons = (_reason(condition, one.request) for condition in deny.conditions for one in refused)
    why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    actions = ", ".join(dict.fromkeys(one.request.action for one in refused))
    detail = f"{raw.label} denies {actions}{f' ({why})' if why else ''}"
    keys = {condition.key.lower() for condition in deny.conditions}
    advice = _EXCEPTION
    if "s3:x-amz-server-side-encryption" in keys:
        advice = f"give the trail a KMSKeyId, or {_EXCEPTION}"
    elif "s3:x-amz-server-side-encryption-aws-kms-key-id" in keys:
        advice = "let it name the key of the trail, or give the trail the key that it names"
    requests = tuple(one.id for one in refused)
    return Finding("blocking-deny", document.logical_id, raw.path, detail, document.kind, requests=requests, advice=advice)


def _reason(condition: Condition, request: Request) -> str:
    """Say what a request has to do with a condition of a Deny; nothing where the template does not tell."""
    values = request.values_of(condition.key)
    if request.note_on(condition.key) or len(values) != 1:
        return request.note_on(condition.key) or ""
    return f"{condition}: CloudTrail's request has {'none' if values[0] is None else values[0]}"


def _near_misses(view: View, document: Document, one: CloudTrailRequest) -> Iterator[Finding]:
    """Yield what the statements that come nearest lack: conditions and a resource, else an action, else the caller."""
    allows = [
        _Near(raw, statement_truth(statement, one.request))
        for raw, statement in statements_of(document, view)
        if statement.effect == "Allow"
    ]
    own = [near for near in allows if trusts(view.resolver.value(near.raw.data.get("Principal")), SERVICE)]
    acting = [near for near in own if near.elements.action is not Truth.NO]
    fitting = [near for near in acting if near.elements.resource is not Truth.NO]
    for near in fitting or acting:
        yield from mismatches(view, document, near.raw, one.request)
    if fitting:
        return
    if acting:
        yield from resource_findings(view, document, [(near.raw, near.elements.statement) for near in acting], one)
    elif own:
        yield from _missing_action(document, own, one)
    else:
        yield from _missing_principal(document, allows)


def _missing_action(document: Document, own: list[_Near], one: CloudTrailRequest) -> Iterator[Finding]:
    action = one.request.action
    meant = [
        found
        for near in own
        if any(patterns_meet((misspelt(name) or "").lower(), action.lower()) for name in near.raw.actions)
        for found in misspelt_actions(document, near.raw)
    ]
    if meant:
        yield from meant
        return
    nearest = next((near for near in own if near.elements.resource is not Truth.NO), own[0]).raw
    detail = f"no statement lets CloudTrail do {action} ({one.title})"
    if one.confidence == "inferred":
        detail += "; AWS does not document that it asks for it"
    yield Finding("missing-action", document.logical_id, (*nearest.path, "Action"), detail, document.kind, blocking=False)


def _missing_principal(document: Document, allows: list[_Near]) -> Iterator[Finding]:
    legacy = [near.raw for near in allows if _is_legacy(near.elements.statement) and near.elements.action is not Truth.NO]
    for raw in legacy:
        detail = f"{raw.label} names accounts that CloudTrail called from until 2015, not cloudtrail.amazonaws.com"
        path = (*raw.path, "Principal")
        yield Finding("legacy-principal", document.logical_id, path, detail, document.kind, blocking=False)
    if not legacy:
        policy = "bucket" if document.kind == "bucket" else "key"
        detail = f"the {policy} policy has no statement for cloudtrail.amazonaws.com"
        yield Finding("no-statement", document.logical_id, document.list_path, detail, document.kind, blocking=False)


def _is_legacy(statement: Statement) -> bool:
    accounts = (_ACCOUNT.fullmatch(name.known or "") for name in statement.principal.aws)
    return any(account is not None and account[1] in _LEGACY for account in accounts)
