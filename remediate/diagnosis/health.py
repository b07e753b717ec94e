"""Whether a delivery works: a source with what it logs through, or a central bucket or key whose sources are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum

from msgspec import Struct

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.decide import current_requests, document_for, judge
from remediate.delivery.delivery import Delivery
from remediate.delivery.error_messages import Evidence
from remediate.delivery.locate import Located
from remediate.diagnosis import Finding
from remediate.diagnosis.evidence import is_about
from remediate.iam.evaluate import Outcome


class Health(IntEnum):
    """How a delivery is: of several scenarios the worst counts.

    BROKEN: a documented request is denied, the order of creation is wrong, or AWS refuses a resource as it stands.
    UNDECIDED: the template does not tell of a documented request. HEALTHY: neither.
    """

    HEALTHY = 0
    UNDECIDED = 1
    BROKEN = 2


class DeliveryHealth(Struct, frozen=True):
    """A delivery and its health. ``name`` is the source's logical ID, else that of the central policy or key.

    ``reported``: that it is broken is known from an error message. ``resources`` are the logical IDs of all that it logs
    through, ``precautions`` the ids of the patches that would change it although nothing fails without them.
    """

    name: str
    health: Health
    reported: bool = False
    resources: frozenset[str] = frozenset()
    precautions: tuple[str, ...] = ()


def delivery_of(delivery: Delivery) -> str:
    """Return the name of the delivery that a delivery is of."""
    central = (*delivery.bucket_policies, delivery.key.logical_id if delivery.key else None)
    return delivery.source or next(name for name in central if name)


def health_of_all(
    located: Located,
    model: TemplateModel,
    findings: Iterable[Finding],
    evidence: Sequence[Evidence],
    ignored: Callable[[str, str], bool],
) -> tuple[DeliveryHealth, ...]:
    """Return the deliveries of a template, in its order.

    ``findings`` are the root causes that count. A delivery that a failure may be about counts as broken: that it failed is
    ``evidence``. ``ignored`` tells of a policy's logical ID and a request's id whether the request does not count.
    """
    refused = {finding.logical_id for finding in findings if finding.blocking}
    found: dict[str, DeliveryHealth] = {}
    for delivery in located.deliveries:
        name = delivery_of(delivery)
        before = found.get(name, DeliveryHealth(name, Health.HEALTHY))
        reported = before.reported or any(is_about(one, delivery) for one in evidence)
        own = frozenset(_resources(delivery))
        health = Health.BROKEN if reported or refused & own else _judged(delivery, model, ignored)
        found[name] = DeliveryHealth(name, max(health, before.health), reported, before.resources | own)
    return tuple(found.values())


def _resources(delivery: Delivery) -> Iterator[str]:
    """Yield the logical IDs of all that a delivery's source logs through."""
    yield from delivery.attached_policies()
    yield from delivery.policy_writers
    yield from delivery.access_log_buckets()
    places = (delivery.key, delivery.topic, delivery.topic_key, delivery.role)
    yield from filter(None, (delivery.source, delivery.own_bucket, *(one.logical_id for one in places if one)))


def _judged(delivery: Delivery, model: TemplateModel, ignored: Callable[[str, str], bool]) -> Health:
    """Return what the policies of a delivery say to its documented requests; a policy elsewhere says nothing here."""
    key_elsewhere = delivery.facts.key_arn is not None and delivery.key is not None and delivery.key.logical_id is None
    topic_elsewhere = (delivery.topic is not None and not delivery.topic_policies) or (
        delivery.topic_key is not None and delivery.topic_key.logical_id is None
    )
    unsaid = bool(delivery.service.source.bucket) and not delivery.bucket_policies
    bucket_elsewhere = unsaid and delivery.facts.acl != "grants"
    role_elsewhere = delivery.role is not None and delivery.role.logical_id is None
    others = key_elsewhere or topic_elsewhere or role_elsewhere
    elsewhere = delivery.source is not None and (bucket_elsewhere or others)
    worst = Health.UNDECIDED if elsewhere else Health.HEALTHY
    for logical_id, kind in delivery.policies():
        document = document_for(model, logical_id, kind, delivery)
        for request in current_requests(delivery, kind, logical_id):
            if request.confidence == "inferred" or ignored(logical_id, request.id):
                continue
            if document is None or not document.readable:
                worst = max(worst, Health.UNDECIDED)
                continue
            outcome = judge(document, delivery, request.request).outcome
            if outcome is Outcome.DENIED:
                return Health.BROKEN
            if outcome is Outcome.UNDECIDABLE:
                worst = Health.UNDECIDED
    return worst
