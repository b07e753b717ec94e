"""What is wrong with the statements of a policy as they stand, whatever else the policy allows."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.causes.cause import CauseId, Finding
from remediate.causes.refused import misspelt_actions, refused_findings
from remediate.cloudformation.documents import Document, RawStatement
from remediate.cloudformation.entries import Entry, entries
from remediate.cloudformation.view import View, trusts
from remediate.judge import entry_truth, promised, statements_of
from remediate.policy.cloudtrail import SERVICE
from remediate.policy.document import Statement
from remediate.policy.match import covers, matches
from remediate.policy.request import Request
from remediate.policy.truth import Truth
from remediate.symbolic import text

_OF_THE_CALLER = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount")


def statement_findings(view: View, document: Document) -> Iterator[Finding]:
    """Yield what AWS refuses in any statement, and what is dead in the Allow statements for CloudTrail."""
    for raw, statement in statements_of(document, view):
        yield from refused_findings(view, document, raw, statement)
        if statement.effect == "Allow" and trusts(view.resolver.value(raw.data.get("Principal")), SERVICE):
            if document.kind == "key":  # in a bucket policy S3 refuses one in any statement
                yield from misspelt_actions(document, raw)
            yield from _dead(view, document, raw, statement)


def absent_key(view: View, document: Document, raw: RawStatement, entry: Entry, request: Request) -> Finding | None:
    """Return that a condition asks for a key that the request never carries, None where it may carry it."""
    if request.values_of(entry.key) != (None,):
        return None
    cause: CauseId = "organization-condition" if entry.key.lower() in _OF_THE_CALLER else "dead-condition"
    asked = [one.request for one in promised(view, document.kind)]
    lacking = [one for one in asked if one.values_of(entry.key) == (None,)]
    meant = [
        one
        for one in raw.actions
        if (mine := [other for other in asked if covers(one, other.action)]) and all(other in lacking for other in mine)
    ]
    actions = ", ".join(meant or [request.action])
    why = request.notes.get(entry.key.lower()) or f"CloudTrail's requests for {actions} carry no {entry.key}"
    detail = f"{entry} of {raw.label} never holds: {why}"
    return Finding(cause, document.logical_id, entry.path, detail, document.kind, blocking=False)


def _dead(view: View, document: Document, raw: RawStatement, statement: Statement) -> Iterator[Finding]:
    """Yield the conditions that hold for no request for any action of a statement."""
    requests = [one.request for one in promised(view, document.kind) if _is_for(statement, one.request)]
    for entry in entries(raw):
        if not requests or not view.resolver.scenario.admits(entry.guard):
            continue
        if all(entry_truth(view, entry, request) is Truth.NO for request in requests):
            found = [absent_key(view, document, raw, entry, request) for request in requests]
            yield from (one for one in found[:1] if one and None not in found)


def _is_for(statement: Statement, request: Request) -> bool:
    action = text(request.action)
    return any(matches(one, action, ignore_case=True) is Truth.YES for one in statement.actions)
