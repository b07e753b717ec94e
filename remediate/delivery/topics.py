"""Finding the topic that a source notifies, by ARN or by name, the topic's policies, and the key that encrypts it."""

from __future__ import annotations

from msgspec.structs import replace

from remediate.cloudformation.resource_types import TOPIC, TOPIC_PROPERTIES
from remediate.delivery.delivery import Delivery
from remediate.delivery.destinations import Destination, Names, find_key
from remediate.partial_string import PartialString, UnknownPart, Value, partial
from remediate.template import Plain


def find_topic(names: Names, expression: Plain, *, by_name: bool) -> Destination | None:
    """Return the topic behind an expression, under its ARN; None where the expression has no value.

    ``by_name``: the expression may give the name of a topic of the stack's own account and Region. What gives one thing that
    nobody knows, say a parameter, may be either: it stays as it is, unless a topic of the template has that name.
    """
    resolver = names.resolver
    value = resolver.string(expression)
    if value is None or value == partial():
        return None
    arn = resolver.arn("sns", value) if by_name and not _is_arn(value) else value
    inside = (one for one in resolver.existing(TOPIC) if resolver.string({"Ref": one}) in {arn, value})
    found = next(inside, None)
    if found is not None:
        return Destination(expression, resolver.string({"Ref": found}) or arn, found)
    return Destination(expression, value if _is_open(value) else arn, None)


def notifying(delivery: Delivery, names: Names, topic: Destination | None) -> Delivery:
    """Return a delivery with the topic that its source notifies, the topic's policies in the template, and its key."""
    if topic is None:
        return delivery
    resolver = names.resolver
    kinds = TOPIC_PROPERTIES.items()
    found = ((one, resolver.property(one, name)) for kind, name in kinds for one in resolver.existing(kind))
    policies = tuple(one for one, written in found if topic.name in _listed(resolver.value(written)))
    return replace(delivery, topic=topic, topic_policies=policies, topic_key=find_topic_key(names, topic))


def find_topic_key(names: Names, topic: Destination | None) -> Destination | None:
    """Return the key that encrypts a topic of the template, by its ARN, id or alias; None for a topic without one."""
    if topic is None or topic.logical_id is None:
        return None
    return find_key(names, names.resolver.property(topic.logical_id, "KmsMasterKeyId"), None)


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def _is_arn(value: PartialString) -> bool:
    first = value.parts[0]
    return isinstance(first, str) and first.startswith("arn:")


def _is_open(value: PartialString) -> bool:
    """Tell whether a value is nothing but one unknown that may hold an ARN."""
    return len(value.parts) == 1 and isinstance(value.parts[0], UnknownPart)
