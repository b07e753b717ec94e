"""What the policies said to each of CloudTrail's requests before, and what they say after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from remediate.cloudformation.documents import Kind
from remediate.cloudformation.locate import Given, Located, View, locate
from remediate.cloudformation.resources import Data
from remediate.plan.judge import document_for, judge, made
from remediate.policy.cloudtrail import CloudTrailRequest
from remediate.policy.document import Statement
from remediate.policy.evaluate import Decision, Outcome
from remediate.policy.strangers import Stranger, strangers


_SAMPLES = {"AWS::AccountId": "111122223333", "AWS::Region": "us-east-1"}


@dataclass(frozen=True)
class Verdict:
    """One request of one trail under one scenario, and how the policy of ``logical_id`` decides it before and after.

    ``unblocked`` is the decision after with the Deny statements left out, which tells a missing Allow from a Deny.
    """

    trail: str
    logical_id: str
    kind: Kind
    request: CloudTrailRequest
    before: Decision
    after: Decision
    unblocked: Decision


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


def prove(located: Located, before: Data, after: Data) -> tuple[Verdict, ...]:
    """Put every request to the policies of both templates; a policy that cannot be read, or is new, has no verdict."""
    return tuple(verdict for view in located.views for verdict in _of_view(view, before, after))


def openings(before: Data, after: Data, given: Given) -> Openings:
    """Put strangers' requests to the policies of both templates.

    Account and Region are sampled where they are not given, so that a stranger's surely are others.
    """
    located = locate(after, replace(given, parameters={**_SAMPLES, **given.parameters}))
    found: dict[tuple[str, str, str, str], Opening] = {}
    asked: set[tuple[str, str, str, str]] = set()
    for view in (one for one in located.views if one.trail):
        for logical_id, kind in policies(view):
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


def policies(view: View) -> Iterator[tuple[str, Kind]]:
    """Yield the policies in the template that decide a view's requests."""
    for policy in view.bucket_policies:
        yield policy, "bucket"
    if view.key and view.key.logical_id:
        yield view.key.logical_id, "key"


def worst(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return one verdict for each trail and request: of several scenarios the one that is worst before, then after."""
    found: dict[tuple[str, str, str], Verdict] = {}
    for one in verdicts:
        name = (one.trail, one.logical_id, one.request.id)
        if name not in found or _badness(one) > _badness(found[name]):
            found[name] = one
    return tuple(found.values())


def _of_view(view: View, before: Data, after: Data) -> Iterator[Verdict]:
    for logical_id, kind in policies(view):
        old, new = document_for(before, logical_id, kind, view), document_for(after, logical_id, kind, view)
        if new is None or new.obstacle:
            continue
        for one in made(view, kind):
            now = judge(new, view, one.request)
            was = judge(old, view, one.request) if old and not old.obstacle else _nothing(one)
            unblocked = judge(new, view, one.request, allows_only=True)
            yield Verdict(view.facts.name, logical_id, kind, one, was, now, unblocked)


def _nothing(one: CloudTrailRequest) -> Decision:
    return Decision(Outcome.DENIED, explicit=False, by=(), reason=f"no policy allows {one.request.action}")


def _badness(verdict: Verdict) -> tuple[int, int]:
    order = [Outcome.ALLOWED, Outcome.UNDECIDABLE, Outcome.DENIED]
    return order.index(verdict.after.outcome), order.index(verdict.before.outcome)
