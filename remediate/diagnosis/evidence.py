"""Which deliveries a failed deployment may be about, by what its error message says."""

from __future__ import annotations

from remediate.delivery.defaults import defaults_used
from remediate.delivery.delivery import Delivery
from remediate.delivery.destinations import Destination
from remediate.delivery.error_messages import Evidence
from remediate.iam.match import arn_fields, matches
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, partial


def is_about(one: Evidence, delivery: Delivery) -> bool:
    """Tell whether an error may be about a delivery; it is about none where no policy causes it."""
    if delivery.source is None or one.source not in {"", delivery.source}:
        return False
    facts = delivery.facts
    there = {
        "bucket": True,
        "key": facts.key_arn is not None,
        "topic": facts.topic_arn is not None,
        "role": facts.role_arn is not None,
        "permissions": facts.role_arn is not None,
    }
    return any(there.get(kind, False) for kind in one.failure.policies) and _may_use_named(one, delivery)


def _may_use_named(one: Evidence, delivery: Delivery) -> bool:
    """Tell whether a delivery uses, or may use, all that an error message names."""
    facts = delivery.facts
    bucket = delivery.bucket.name if delivery.bucket else None
    return (
        _may_be(one.bucket, bucket, delivery, delivery.bucket)
        and _may_be_key(one.key, facts.key_arn, delivery)
        and _may_be(one.topic, facts.topic_arn, delivery, delivery.topic)
    )


def _may_be_key(named: str, key: PartialString | None, delivery: Delivery) -> bool:
    """Tell whether a key may be the one that is named: an alias may stand for any."""
    if not named or key is None:
        return not named
    fields = arn_fields(key)
    if fields is None or not str(fields[-1]).startswith("key/"):
        return True
    if named.startswith("arn:"):
        return _may_be(named, key, delivery, delivery.key)
    return _may_be(f"key/{named}", fields[-1], delivery, delivery.key)


def _may_be(named: str, used: PartialString | None, delivery: Delivery, where: Destination | None) -> bool:
    """Tell whether what is used may have the name; one that rests on the default of a parameter may have any."""
    if not named or used is None:
        return not named
    if matches(partial(named), used, wildcards=False) is not Truth.NO:
        return True
    return where is not None and bool(defaults_used(delivery, where.expression, {"Ref": where.logical_id or ""}))
