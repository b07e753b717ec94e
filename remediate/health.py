"""Whether a delivery works: each trail with what it logs through, or a central bucket or key whose trails are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from remediate.causes import Finding
from remediate.cloudformation.locate import Located
from remediate.cloudformation.resources import Data
from remediate.cloudformation.view import View
from remediate.judge import document_for, judge, made
from remediate.policy.evaluate import Outcome
from remediate.policy.failures import Failure


class Health(IntEnum):
    """How a delivery is: of several scenarios the worst counts.

    BROKEN: a documented request is denied, the order of creation is wrong, or AWS refuses a resource as it stands.
    UNDECIDED: the template does not tell of a documented request. HEALTHY: neither.
    """

    HEALTHY = 0
    UNDECIDED = 1
    BROKEN = 2


@dataclass(frozen=True)
class Delivery:
    """A delivery and its health. ``name`` is the logical ID of the trail, else of the central bucket's policy or of the key.

    ``reported``: that it is broken is known from an error message. ``resources`` are the logical IDs of all that it logs
    through, ``precautions`` the ids of the patches that would change it although nothing fails without them.
    """

    name: str
    health: Health
    reported: bool = False
    resources: frozenset[str] = frozenset()
    precautions: tuple[str, ...] = ()


def delivery_of(view: View) -> str:
    """Return the name of the delivery that a view is of."""
    central = (*view.bucket_policies, view.key.logical_id if view.key else None)
    return view.trail or next(name for name in central if name)


def deliveries(
    located: Located,
    data: Data,
    findings: Iterable[Finding],
    error: Failure | None,
    ignored: Callable[[str, str], bool],
) -> tuple[Delivery, ...]:
    """Return the deliveries of a template, in its order.

    ``findings`` are the root causes that count. A delivery that the message ``error`` may be about counts as broken: that it
    failed is evidence. ``ignored`` tells of a policy's logical ID and a request's id whether the request does not count.
    """
    refused = {finding.logical_id for finding in findings if finding.blocking}
    found: dict[str, Delivery] = {}
    for view in located.views:
        name = delivery_of(view)
        before = found.get(name, Delivery(name, Health.HEALTHY))
        reported = before.reported or (error is not None and _is_about(error, view))
        own = frozenset(_resources(view))
        health = Health.BROKEN if reported or refused & own else _judged(view, data, ignored)
        found[name] = Delivery(name, max(health, before.health), reported, before.resources | own)
    return tuple(found.values())


def _resources(view: View) -> Iterator[str]:
    """Yield the logical IDs of all that a view's trail logs through."""
    yield from view.bucket_policies
    yield from filter(None, (view.trail, view.own_bucket, view.key.logical_id if view.key else None))


def _is_about(error: Failure, view: View) -> bool:
    if view.trail is None:
        return False
    return "bucket" in error.policies or view.facts.key_arn is not None


def _judged(view: View, data: Data, ignored: Callable[[str, str], bool]) -> Health:
    """Return what the policies of a view say to its documented requests; a policy elsewhere says nothing here."""
    key_elsewhere = view.facts.key_arn is not None and view.key is not None and view.key.logical_id is None
    elsewhere = view.trail is not None and (not view.bucket_policies or key_elsewhere)
    worst = Health.UNDECIDED if elsewhere else Health.HEALTHY
    for logical_id, kind in view.policies():
        document = document_for(data, logical_id, kind, view)
        for request in made(view, kind):
            if request.confidence == "inferred" or ignored(logical_id, request.id):
                continue
            if document is None or not document.readable:
                worst = max(worst, Health.UNDECIDED)
                continue
            outcome = judge(document, view, request.request).outcome
            if outcome is Outcome.DENIED:
                return Health.BROKEN
            if outcome is Outcome.UNDECIDABLE:
                worst = Health.UNDECIDED
    return worst
