"""Why a policy refuses a request: the Deny that says so, or what the statement that comes nearest lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from remediate.causes.cause import CauseId, Finding
from remediate.causes.mismatches import mismatches
from remediate.causes.paths import resource_findings
from remediate.causes.refused import misspelt_actions, wrong_principals
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
_SSE = "s3:x-amz-server-side-encryption"
_SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
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


def without_policy(view: View, key: str) -> Finding:
    """Return that a key has the policy that KMS gives it, which lets nobody but its own account in."""
    requests = tuple(one.id for one in made(view, "key"))
    blocking = any(one.confidence != "inferred" for one in made(view, "key"))
    detail = f"{key} has no KeyPolicy, and the one that KMS gives it has no statement for {SERVICE}"
    return Finding("no-statement", key, ("Resources", key), detail, "key", blocking, requests)


def _blocking(document: Document, raw: RawStatement, deny: Statement, refused: list[CloudTrailRequest]) -> Finding:
    reasons = [_reason(condition, one.request) for condition in deny.conditions for one in refused]
    if deny.principal.negated:
        reasons.insert(0, f"its NotPrincipal does not name {SERVICE}")
    why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    actions = ", ".join(dict.fromkeys(one.request.action for one in refused))
    detail = f"{raw.label} denies {actions}{f' ({why})' if why else ''}"
    requests = tuple(one.id for one in refused)
    return Finding(
        "blocking-deny", document.logical_id, raw.path, detail, document.kind, requests=requests, advice=_advice(deny)
    )


def _advice(deny: Statement) -> str:
    """Say how a Deny lets CloudTrail through and still does what it is for."""
    keys = {condition.key.lower(): condition for condition in deny.conditions}
    wrong = [key for key in ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid") if key in keys]
    if wrong:
        return f"let its {keys[wrong[0]].key} have the value of the trail"
    if "aws:principalisawsservice" in keys:
        return f'let its {keys["aws:principalisawsservice"].key} be "false": as it stands it is for AWS services'
    if "aws:securetransport" in keys:
        return f'let its {keys["aws:securetransport"].key} be "false": as it stands it denies TLS'
    if deny.principal.services and not deny.principal.negated and not deny.principal.anyone:
        return f"take {SERVICE} out of its principals, or mend its conditions; is it meant to be an Allow?"
    if _SSE_KEY in keys and keys[_SSE_KEY].operator != "Null":
        return "let it name the key of the trail, or give the trail the key that it names"
    if keys.keys() & {_SSE, _SSE_KEY}:
        return f"give the trail a KMSKeyId, or {_EXCEPTION}"
    return _EXCEPTION


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
    meant = [*_meant_for_cloudtrail(document, allows)]
    if acting:
        yield from resource_findings(view, document, [(near.raw, near.elements.statement) for near in acting], one)
    elif meant:
        yield from meant
    elif own:
        yield from _missing_action(document, own, one)
    else:
        policy = "bucket" if document.kind == "bucket" else "key"
        detail = f"the {policy} policy has no statement for {SERVICE}"
        yield Finding("no-statement", document.logical_id, document.list_path, detail, document.kind, blocking=False)


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
    yield Finding("missing-action", document.logical_id, nearest.path_of("Action"), detail, document.kind, blocking=False)


def _meant_for_cloudtrail(document: Document, allows: list[_Near]) -> Iterator[Finding]:
    """Yield the statements for the action that name CloudTrail by a wrong name, or as it was called until 2015."""
    for raw, elements in allows:
        if elements.action is Truth.NO:
            continue
        yield from wrong_principals(document, raw, elements.statement)
        if _is_legacy(elements.statement):
            detail = f"{raw.label} names accounts that CloudTrail called from until 2015, not {SERVICE}"
            path = (*raw.path, "Principal")
            yield Finding("legacy-principal", document.logical_id, path, detail, document.kind, blocking=False)


def _is_legacy(statement: Statement) -> bool:
    accounts = (_ACCOUNT.fullmatch(name.known or "") for name in statement.principal.aws)
    return any(account is not None and account[1] in _LEGACY for account in accounts)
