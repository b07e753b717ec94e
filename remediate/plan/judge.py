"""Putting CloudTrail's requests to the policies as they stand."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from remediate.cloudformation.documents import Document, Kind, RawStatement, documents
from remediate.cloudformation.locate import View
from remediate.cloudformation.resources import Data
from remediate.policy.cloudtrail import CloudTrailRequest, requests
from remediate.policy.document import Policy, Statement, parse_statement
from remediate.policy.evaluate import Decision, evaluate
from remediate.policy.request import Request


def made(view: View, kind: Kind) -> list[CloudTrailRequest]:
    """Return the requests that the view's trail makes to its bucket or key."""
    return [one for one in requests(view.facts) if one.policy == kind]


def document_for(data: Data, logical_id: str, kind: Kind, view: View) -> Document | None:
    """Return the policy document that is in force under a view, None where the resource has none."""
    found = (one for one in documents(data, logical_id, kind) if view.resolver.scenario.admits(one.guard))
    return next(found, None)


@functools.lru_cache(maxsize=256)
def statements_of(document: Document, view: View) -> tuple[tuple[RawStatement, Statement], ...]:
    """Return the statements in force under a view, as written and as read.

    Remembered for each document as an object: after a change of the draft its document is another object.
    """
    return tuple(
        (raw, parse_statement(view.resolver.value(raw.data), raw.pointer, document.logical_id, position))
        for position, raw in enumerate(document.statements)
        if view.resolver.scenario.admits(raw.guard)
    )


def judge(document: Document, view: View, request: Request, *, allows_only: bool = False) -> Decision:
    """Decide a request by a document; ``allows_only`` leaves the Deny statements out, which no patch changes."""
    read = [statement for _, statement in statements_of(document, view)]
    wanted: Iterable[Statement] = (one for one in read if one.effect == "Allow") if allows_only else read
    return evaluate(Policy(document.kind, tuple(wanted)), request)
