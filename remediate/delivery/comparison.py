"""What the policies said to each of CloudTrail's requests before, and what they say after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.decide import current_requests, document_for, judge
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.delivery.requests import ServiceRequest
from remediate.iam.evaluate import Decision, Outcome
from remediate.iam.holders import PolicyKind


class Verdict(Struct, frozen=True):
    """One request of one trail under one scenario, and how the policy of ``logical_id`` decides it before and after.

    ``unblocked`` is the decision after with the Deny statements left out, which tells a missing Allow from a Deny.
    ``alone`` is False where the bucket has another policy under the scenario: which one holds is not known then.
    """

    source: str
    logical_id: str
    kind: PolicyKind
    request: ServiceRequest
    before: Decision
    after: Decision
    unblocked: Decision
    alone: bool = True

    @property
    def denied(self) -> bool:
        """Whether the request is denied afterwards, and is one that CloudTrail surely makes."""
        return self.after.outcome is Outcome.DENIED and self.request.confidence != "inferred"


def prove(located: Located, before: TemplateModel, after: TemplateModel) -> tuple[Verdict, ...]:
    """Put every request to the policies of both templates; a policy that cannot be read, or is new, has no verdict."""
    return tuple(verdict for delivery in located.deliveries for verdict in _of_view(delivery, before, after))


def worst(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return one verdict for each trail and request: of several scenarios the one that is worst before, then after."""
    found: dict[tuple[str, str, str], Verdict] = {}
    for one in verdicts:
        name = (one.source, one.logical_id, one.request.id)
        if name not in found or _badness(one) > _badness(found[name]):
            found[name] = one
    return tuple(found.values())


def _of_view(delivery: Delivery, before: TemplateModel, after: TemplateModel) -> Iterator[Verdict]:
    for logical_id, kind in delivery.policies():
        old, new = document_for(before, logical_id, kind, delivery), document_for(after, logical_id, kind, delivery)
        if new is None or not new.readable:
            continue
        for one in current_requests(delivery, kind, logical_id):
            now = judge(new, delivery, one.request)
            was = judge(old, delivery, one.request) if old and old.readable else _nothing(one)
            unblocked = judge(new, delivery, one.request, allows_only=True)
            alone = delivery.decides_alone(kind)
            yield Verdict(delivery.facts.name, logical_id, kind, one, was, now, unblocked, alone)


def _nothing(one: ServiceRequest) -> Decision:
    return Decision(Outcome.DENIED, explicit=False, by=(), reason=f"no policy allows {one.request.action}")


def _badness(verdict: Verdict) -> tuple[int, int]:
    order = [Outcome.ALLOWED, Outcome.UNDECIDABLE, Outcome.DENIED]
    return order.index(verdict.after.outcome), order.index(verdict.before.outcome)
