"""What is wrong with the topic that a source notifies: its policy, its order, and the key that encrypts it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from remediate.cloudformation.creation_order import Dependencies
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import Finding, Level
from remediate.partial_string import PartialString


def topic_findings(delivery: Delivery, with_policy: Collection[PartialString], waiting: Dependencies) -> Iterator[Finding]:
    """Yield what is wrong with the topic of a delivery; ``with_policy`` are topics that have one under some condition."""
    topic = delivery.topic.logical_id if delivery.topic else None
    if delivery.topic is None or delivery.source is None:
        return
    if topic and not delivery.topic_policies:
        some = delivery.topic.name in with_policy
        when = "has a policy under some conditions only" if some else "has no policy in the template"
        yield without_policy(delivery, "topic", topic, f"{topic}, which {delivery.source} notifies, {when}")
    if len(delivery.topic_policies) > 1:
        first, second = delivery.topic_policies[:2]
        names = " and ".join(delivery.topic_policies)
        detail = f"{names} are policies of one topic, which keeps the one that is written last"
        yield Finding("two-topic-policies", first, ("Resources", second), detail, "topic", advice="merge them into one")
    for policy in delivery.topic_policies if topic else ():
        if topic and not waiting.waits_for(policy, topic):
            detail = f"{policy} may be created before {topic}"
            advice = f"let {policy} name the topic by a Ref of {topic}, or add {topic} to its DependsOn"
            yield Finding("policy-before-topic", policy, ("Resources", policy), detail, "topic", advice=advice)
    if topic:
        yield from _encryption(delivery, topic)


def without_policy(delivery: Delivery, kind: Literal["bucket", "topic"], holder: str, detail: str) -> Finding:
    """Return that a holder has no policy; where a role of the template writes first, that alone fails nothing."""
    writer, other = delivery.service.writer, delivery.facts.other_writer
    said = f"{detail}; {writer.reason}" if writer and other else detail
    if delivery.service.writes_policy and kind == "bucket":
        said = f"{detail}; {delivery.service.name} adds one where whoever deploys is allowed s3:PutBucketPolicy"
        other = True
    if delivery.facts.acl:
        said = f"{detail}, and its AccessControl may be {delivery.service.acl_grants} or another"
        other = True
    silent = delivery.service.silent if not other else ""
    said = f"{said}; {silent}" if silent else said
    level: Level | None = "warning" if silent else None
    return Finding(f"{kind}-without-policy", holder, ("Resources", holder), said, kind, blocking=not other, said=level)


def _encryption(delivery: Delivery, topic: str) -> Iterator[Finding]:
    """Yield a key with which no service can be let in, and any key where the service supports none."""
    key, service = delivery.topic_key, delivery.service
    path = ("Resources", topic, "Properties", "KmsMasterKeyId")
    if key is None:
        return
    if "alias/aws/" in str(key.name):
        detail = (
            f"{topic}, which {delivery.source} notifies, is encrypted with {key.name}, which AWS manages: its policy does "
            f"not let {service.name} in and cannot be changed"
        )
        advice = f"encrypt {topic} with a key of your own, or not at all"
        yield Finding("unusable-topic-key", topic, path, detail, "topic", advice=advice)
    elif service.source.encrypted_topic:
        detail = f"{topic}, which {delivery.source} notifies, is encrypted: {service.source.encrypted_topic}"
        advice = f"take the KmsMasterKeyId off {topic}, or see that the notifications arrive"
        yield Finding("encrypted-topic", topic, path, detail, "topic", blocking=False, advice=advice)
