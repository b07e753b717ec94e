"""Who else a change lets in, tried with the requests of strangers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from remediate.cloudformation.locate import Given, locate
from remediate.cloudformation.resources import Data
from remediate.judge import document_for, judge
from remediate.policy.document import Statement
from remediate.policy.evaluate import Outcome
from remediate.policy.strangers import Stranger, strangers

_SAMPLES = {"AWS::AccountId": "111122223333", "AWS::Region": "us-east-1"}


@dataclass(frozen=True)
class Openings:
    """Which strangers' requests are allowed now and were not before, of how many that were tried."""

    found: tuple[Opening, ...]
    asked: int


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
            if new is None or new.obstacle:
                continue
            for one in (one for one in strangers(view.facts) if one.policy == kind):
                name = (logical_id, one.who, one.request.action, str(one.request.resource))
                asked.add(name)
                now = judge(new, view, one.request)
                was_allowed = old is not None and judge(old, view, one.request).outcome is Outcome.ALLOWED
                if now.outcome is Outcome.ALLOWED and not was_allowed:
                    found[name] = Opening(one, logical_id, now.by)
    return Openings(tuple(found.values()), len(asked))
