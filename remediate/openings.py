"""Who else a change lets in, tried with the requests of strangers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from remediate.cloudformation.documents import Document
from remediate.cloudformation.locate import Given, locate
from remediate.cloudformation.resources import Data
from remediate.cloudformation.view import View
from remediate.judge import document_for, judge, statements_of
from remediate.policy.document import Policy, Statement
from remediate.policy.evaluate import Outcome, evaluate
from remediate.policy.strangers import Stranger, strangers

_SAMPLES = {"AWS::AccountId": "111122223333", "AWS::Region": "us-east-1"}


@dataclass(frozen=True)
class Openings:
    """Which strangers' requests are allowed now and were not before, of how many that were tried."""

    found: tuple[Opening, ...] = ()
    asked: int = 0


@dataclass(frozen=True)
class Opening:
    """A stranger's request that the policy of ``logical_id`` has come to allow, and by which statements."""

    stranger: Stranger
    logical_id: str
    by: tuple[Statement, ...]


def openings(before: Data, after: Data, given: Given) -> Openings:
    """Put strangers' requests to the policies of both templates.

    Account and Region are sampled where they are not given, so that a stranger's surely are others.
    """
    located = locate(after, replace(given, parameters={**_SAMPLES, **given.parameters}))
    found: dict[tuple[str, str, str, str], Opening] = {}
    asked: set[tuple[str, str, str, str]] = set()
    for view in (one for one in located.views if one.trail):
        for logical_id, kind in view.policies():
            old, new = document_for(before, logical_id, kind, view), document_for(after, logical_id, kind, view)
            if new is None or not new.readable:
                continue
            changed = _changed(old, new, view)
            for one in (one for one in strangers(view.facts) if one.policy == kind):
                name = (logical_id, one.who, one.request.action, str(one.request.resource))
                asked.add(name)
                # The policy as a whole is asked only where something in it has come to say yes.
                if evaluate(changed, one.request).outcome is not Outcome.ALLOWED:
                    continue
                now = judge(new, view, one.request)
                was_allowed = old is not None and judge(old, view, one.request).outcome is Outcome.ALLOWED
                if now.outcome is Outcome.ALLOWED and not was_allowed:
                    found[name] = Opening(one, logical_id, now.by)
    return Openings(tuple(found.values()), len(asked))


def _changed(old: Document | None, new: Document, view: View) -> Policy:
    """Return the Allow statements of a policy that it did not have before."""
    known = [raw.data for raw in old.statements] if old else []
    return Policy(
        new.kind,
        tuple(one for raw, one in statements_of(new, view) if one.effect == "Allow" and raw.data not in known),
    )
