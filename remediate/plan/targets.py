"""Which resources a patch acts on, and for which deliveries."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.iam.holders import PolicyKind


class Target(Struct, frozen=True, eq=False):
    """A resource in a role, with all deliveries that reach it.

    ``kind`` is the kind of policy it holds, if it holds one; ``idle`` are as in :class:`Located`.
    """

    role: str
    logical_id: str
    kind: PolicyKind | None
    deliveries: tuple[Delivery, ...]
    idle: tuple[Delivery, ...] = ()


_KINDS: dict[str, PolicyKind] = {
    "bucket-policy": "bucket",
    "key-policy": "key",
    "bucket-key-policy": "key",
    "topic-policy": "topic",
    "trust-policy": "role",
    "permissions-policy": "permissions",
}


def targets(located: Located, role: str) -> Iterator[Target]:
    """Yield the template's resources in a role."""
    grouped: dict[str, list[Delivery]] = {}
    for delivery in located.deliveries:
        for logical_id in _of_role(delivery, role):
            grouped.setdefault(logical_id, []).append(delivery)
    kind = _KINDS.get(role)
    for logical_id, deliveries in grouped.items():
        idle = tuple(one for one in located.idle if logical_id in _of_role(one, role))
        yield Target(role, logical_id, kind, tuple(deliveries), idle)


def _of_role(delivery: Delivery, role: str) -> tuple[str, ...]:
    match role:
        case "source":
            return (delivery.source,) if delivery.source else ()
        case "bucket":
            inside = delivery.bucket.logical_id if delivery.bucket else None
            return (inside,) if inside and _lacks_policy(delivery, delivery.bucket_policies) else ()
        case "bucket-policy":
            # Two policies for one bucket overwrite each other: which one holds is not known, so neither is edited.
            return delivery.bucket_policies if len(delivery.bucket_policies) == 1 else ()
        case "topic":
            inside = delivery.topic.logical_id if delivery.topic else None
            return (inside,) if inside and _lacks_policy(delivery, delivery.topic_policies) else ()
        case "topic-policy":
            return delivery.topic_policies if len(delivery.topic_policies) == 1 else ()
        case "trust-policy" | "permissions-policy":
            return (delivery.role.logical_id,) if delivery.role and delivery.role.logical_id else ()
        case "key-policy":
            return (delivery.key.logical_id,) if delivery.key and delivery.key.logical_id else ()
        case "bucket-key-policy":
            return (delivery.bucket_key.logical_id,) if delivery.bucket_key and delivery.bucket_key.logical_id else ()
    return ()


def _lacks_policy(delivery: Delivery, policies: tuple[str, ...]) -> bool:
    """Tell whether the source cannot log without a policy that is not there; a role of the template may do without."""
    return delivery.source is not None and not policies and not delivery.facts.other_writer
