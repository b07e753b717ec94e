"""Which resources a patch acts on, and for which deliveries."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.iam.holders import PolicyKind
from remediate.patch_set import Patch


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
    "topic-key-policy": "key",
    "topic-policy": "topic",
    "trust-policy": "role",
    "permissions-policy": "permissions",
}


_SAME_KEY = ("key-policy", "topic-key-policy")
"""The roles of a key that one policy may have to serve at once: the source's own and the topic's."""


def targets(located: Located, role: str) -> Iterator[Target]:
    """Yield the template's resources in a role."""
    kind = _KINDS.get(role)
    for logical_id in dict.fromkeys(name for delivery in located.deliveries for name in _of_role(delivery, role)):
        # What a key is changed for must not harm those that use it as the other of the two.
        roles = _SAME_KEY if role in _SAME_KEY else (role,)
        users, idle = (
            tuple(one for one in found if any(logical_id in _of_role(one, each) for each in roles))
            for found in (located.deliveries, located.idle)
        )
        yield Target(role, logical_id, kind, users, idle)


def changes_kind(patch: Patch, kind: PolicyKind | None) -> bool:
    """Tell whether a patch acts on policies of a kind."""
    return any(_KINDS.get(role) == kind for role in patch.roles)


def without_policy(target: Target) -> Target:
    """Return a bucket or topic as the target of those deliveries whose source cannot log without a policy that is not there.

    A role of the template that writes first may do without.
    """
    return replace(target, deliveries=tuple(one for one in target.deliveries if _lacks_policy(one, target.role)))


def _of_role(delivery: Delivery, role: str) -> tuple[str, ...]:
    match role:
        case "source":
            return (delivery.source,) if delivery.source else ()
        case "policy-writer":
            return delivery.policy_writers
        case "bucket":
            return (delivery.own_bucket,) if delivery.own_bucket else ()
        case "access-log-bucket":
            return delivery.access_log_buckets()
        case "bucket-policy":
            # Two policies for one bucket overwrite each other: which one holds is not known, so neither is edited.
            return delivery.bucket_policies if len(delivery.bucket_policies) == 1 else ()
        case "topic":
            return (delivery.topic.logical_id,) if delivery.topic and delivery.topic.logical_id else ()
        case "topic-policy":
            return delivery.topic_policies if len(delivery.topic_policies) == 1 else ()
        case "trust-policy" | "permissions-policy":
            return (delivery.role.logical_id,) if delivery.role and delivery.role.logical_id else ()
        case "key-policy":
            return (delivery.key.logical_id,) if delivery.key and delivery.key.logical_id else ()
        case "topic-key-policy":
            return (delivery.topic_key.logical_id,) if delivery.topic_key and delivery.topic_key.logical_id else ()
        case "bucket-key-policy":
            return (delivery.bucket_key.logical_id,) if delivery.bucket_key and delivery.bucket_key.logical_id else ()
    return ()


def _lacks_policy(delivery: Delivery, role: str) -> bool:
    policies = delivery.topic_policies if role == "topic" else delivery.bucket_policies
    return delivery.source is not None and not policies and not (delivery.facts.other_writer or delivery.facts.acl)
