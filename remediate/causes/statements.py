"""What is wrong with a statement for CloudTrail as it stands, whatever else the policy allows."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.causes.cause import CauseId, Finding
from remediate.cloudformation.documents import Document, RawStatement
from remediate.cloudformation.entries import Entry, entries
from remediate.cloudformation.view import View, trusts
from remediate.judge import entry_truth, promised, statements_of
from remediate.policy.actions import misspelt
from remediate.policy.cloudtrail import SERVICE
from remediate.policy.document import Statement
from remediate.policy.match import matches
from remediate.policy.request import Request
from remediate.policy.truth import Truth
from remediate.symbolic import Text, Unknown, text

_OF_THE_CALLER = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount")
_BUCKET_ACTIONS = ("s3:GetBucketAcl", "s3:GetBucketLocation")


def statement_findings(view: View, document: Document) -> Iterator[Finding]:
    """Yield what is wrong with each Allow statement for CloudTrail."""
    for raw, statement in statements_of(document, view):
        if statement.effect == "Allow" and trusts(view.resolver.value(raw.data.get("Principal")), SERVICE):
            yield from misspelt_actions(document, raw)
            yield from _inapplicable(document, raw, statement)
            yield from _dead(view, document, raw, statement)


def misspelt_actions(document: Document, raw: RawStatement) -> Iterator[Finding]:
    """Yield the actions of a statement that are none, each with the one that was meant."""
    for action in raw.actions:
        meant = misspelt(action)
        if meant:
            detail = f"{raw.label} allows {action}, which is no action; {meant} is"
            blocking = document.kind == "bucket"
            advice = f"write {meant} instead of {action}"
            path = (*raw.path, "Action")
            yield Finding("misspelt-action", document.logical_id, path, detail, document.kind, blocking, advice=advice)


def condition_finding(document: Document, raw: RawStatement, entry: Entry, request: Request) -> Finding | None:
    """Return that a condition asks for a key that the request never carries, None where it may carry it."""
    if request.values_of(entry.key) != (None,):
        return None
    cause: CauseId = "organization-condition" if entry.key.lower() in _OF_THE_CALLER else "dead-condition"
    why = request.note_on(entry.key) or f"CloudTrail's {request.action} requests carry no {entry.key}"
    detail = f"{entry} of {raw.label} never holds: {why}"
    return Finding(cause, document.logical_id, entry.path, detail, document.kind, blocking=False)


def _dead(view: View, document: Document, raw: RawStatement, statement: Statement) -> Iterator[Finding]:
    requests = [one.request for one in promised(view, document.kind) if _is_for(statement, one.request)]
    for entry in entries(raw):
        if not requests or not view.resolver.scenario.admits(entry.guard):
            continue
        if all(entry_truth(view, entry, request) is Truth.NO for request in requests):
            found = [condition_finding(document, raw, entry, request) for request in requests]
            if None not in found:
                yield from found[:1]  # type: ignore[misc]  # none of them is None


def _is_for(statement: Statement, request: Request) -> bool:
    action = text(request.action)
    return any(matches(one, action, ignore_case=True) is Truth.YES for one in statement.actions)


def _inapplicable(document: Document, raw: RawStatement, statement: Statement) -> Iterator[Finding]:
    if document.kind != "bucket" or not statement.resources or "any" in map(_about, statement.resources):
        return
    about = {*map(_about, statement.resources)}
    for action in raw.actions:
        wanted = "bucket" if action.lower() in map(str.lower, _BUCKET_ACTIONS) else "object"
        if wanted not in about and (wanted == "bucket" or action.lower() == "s3:putobject"):
            names = "only objects" if wanted == "bucket" else "only the bucket itself"
            detail = f"{raw.label} allows {action} but names {names}, so S3 refuses the policy"
            advice = f"let {raw.label} name the {'bucket itself' if wanted == 'bucket' else 'objects: <bucket ARN>/…/*'}"
            path = (*raw.path, "Resource")
            yield Finding("inapplicable-resource", document.logical_id, path, detail, document.kind, advice=advice)


def _about(resource: Text) -> str:
    """Tell what a resource of a bucket policy can be about: the bucket, objects, or any of both."""
    after = str(text(*_known_parts(resource))).partition(":::")[2]
    if any(isinstance(part, Unknown) and part.alphabet == "any" for part in resource.parts) or not after:
        return "any"
    if "/" in after:
        return "object"
    return "any" if "*" in after or "?" in after else "bucket"


def _known_parts(resource: Text) -> Iterator[str]:
    return (part if isinstance(part, str) else "x" for part in resource.parts)
