"""What a source logs through that is not in the template, and the statements to put there."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from remediate.cloudformation.existence import Deployments
from remediate.cloudformation.expression import chosen
from remediate.delivery.delivery import Delivery
from remediate.delivery.destinations import Destination
from remediate.delivery.open_values import as_in_sub, shown
from remediate.delivery.organization import find_organization_id
from remediate.delivery.roles import ALL_STREAMS
from remediate.partial_string import partial
from remediate.patch_set import PatchSet
from remediate.plan.origin import absent_resource, origin
from remediate.plan.outcome import Skipped
from remediate.plan.paste import statements
from remediate.plan.vocabulary import topic_arns
from remediate.template import Plain


def outside(delivery: Delivery, patch_set: PatchSet) -> Iterator[Skipped]:
    """Yield what a source uses that is elsewhere, each with what a patch set wants in its policy."""
    source = str(delivery.source)
    if delivery.bucket is not None and delivery.bucket.logical_id is None and not delivery.bucket_policies:
        yield from _bucket(delivery, source, delivery.bucket, patch_set)
    if (
        delivery.key and delivery.key.logical_id is None and "alias/aws/" not in str(delivery.key.name)
    ):  # whose policy nobody can change
        named = origin(delivery, delivery.key.expression, "key")
        reason = f"the key of {source} is not in the template: {named}"
        pasted = key_statements(delivery, patch_set)
        advice = f"{_see_that(delivery, pasted)}, or name the key with --key if it is in the template"
        yield _paste(delivery, "key-outside", reason, advice, pasted)
    if delivery.topic is not None:
        yield from _topic(delivery, source, delivery.topic, patch_set)
    if delivery.role and delivery.role.logical_id is None and delivery.log_group:
        yield from _role(delivery, source, delivery.role, patch_set)


def _role(delivery: Delivery, source: str, role: Destination, patch_set: PatchSet) -> Iterator[Skipped]:
    named = origin(delivery, role.expression, "role")
    for policies, where, patch_role, resources in (
        ("trust policy", "its trust policy", "trust-policy", {"role": ["role"]}),
        ("permissions", "one of its policies", "permissions-policy", {"log-streams": log_stream_arns(delivery)}),
    ):
        reason = f"the role of {source}, with its {policies}, is not in the template: {named}"
        pasted = statements(delivery, patch_set, patch_role, resources)
        yield _paste(delivery, "role-outside", reason, _see_that(delivery, pasted, where), pasted)


def log_stream_arns(delivery: Delivery) -> list[str]:
    """Return the patterns of the log streams that the service writes to, as text."""
    streams, facts = delivery.service.streams, delivery.facts
    names = {"account": _account(delivery), "organization": _organization(delivery), "region": _region(delivery)}
    used = delivery.log_group
    inside = used.logical_id if used else None
    written: Plain = {"Ref": inside} if inside else used.expression if used else None
    group = as_in_sub(delivery, written, "ARN of the log group").removesuffix(ALL_STREAMS)
    if inside:
        group = f"arn:{_partition(delivery)}:logs:{names['region']}:{names['account']}:log-group:{group}"
    kinds = ["account", *(["organization"] if facts.organization_id else [])]
    return [f"{group}:log-stream:{streams[kind].format(**names)}" for kind in kinds if kind in streams]


def _bucket(delivery: Delivery, source: str, bucket: Destination, patch_set: PatchSet) -> Iterator[Skipped]:
    if _is_told(delivery, bucket, "bucket"):
        return
    named = origin(delivery, bucket.expression, "bucket", _prefix_of(delivery))
    reason = f"the log bucket of {source} is not in the template: {named}"
    pasted = bucket_statements(delivery, bucket, patch_set)
    advice = f"{_see_that(delivery, pasted)}, or name the bucket with --bucket if it is in the template"
    said = _paste(delivery, "bucket-outside", reason, advice, pasted)
    # Where nothing fails for it, it is not what a run for another service is about.
    yield replace(said, why="undecidable") if delivery.service.silent and patch_set.used_by else said


def _topic(delivery: Delivery, source: str, topic: Destination, patch_set: PatchSet) -> Iterator[Skipped]:
    """Yield a topic elsewhere, and a key elsewhere of a topic that is here; one that AWS manages nobody can change."""
    service, key = delivery.service, delivery.topic_key
    if topic.logical_id is None and not delivery.topic_policies and not _is_told(delivery, topic, "topic"):
        reason = f"the topic of {source} is not in the template: {origin(delivery, topic.expression, 'topic')}"
        arn = as_in_sub(delivery, topic_arns((delivery,))[0], "ARN of the topic")
        pasted = statements(delivery, patch_set, "topic-policy", {"topic": [arn]})
        advice = _see_that(delivery, pasted)
        if any(one.target == "topic-key" for one in service.requests):
            advice += f"; a key that encrypts the topic must let {service.name} in as well"
        yield _paste(delivery, "topic-outside", reason, advice, pasted)
    if key and key.logical_id is None and "alias/aws/" not in str(key.name):
        reason = f"the key of {topic.logical_id}, which {source} notifies, is not in the template: "
        pasted = statements(delivery, patch_set, "topic-key-policy", {"every": ["*"]})
        if pasted:
            found = origin(delivery, key.expression, "key")
            yield _paste(delivery, "topic-key-outside", reason + found, _see_that(delivery, pasted), pasted)


def _is_told(delivery: Delivery, place: Destination, kind: str) -> bool:
    """Tell whether a place outside is a reference to a resource that does not exist: that is a root cause of its own."""
    absent = absent_resource(delivery, place.expression, kind)
    guard = chosen(place.expression, delivery.resolver.scenario.conditions).guard
    found = Deployments(delivery.resolver.model, delivery.given)
    return absent is not None and found.without(absent, str(delivery.source), guard).witness is not None


def _paste(delivery: Delivery, subject: str, reason: str, advice: str, pasted: str) -> Skipped:
    if "${" in pasted:
        advice += "; replace each ${…} by its value, or wrap the string in Fn::Sub"
    if delivery.facts.organization_id and "aws:Source" in pasted:
        # AWS CloudTrail User Guide, Organization delegated administrator: the management account owns the trail.
        noun = delivery.service.source.noun
        advice += f"; if a delegated administrator makes the {noun}, write the management account in the Condition"
    return Skipped(subject, "outside", reason, str(delivery.source), advice, pasted)


def _see_that(delivery: Delivery, pasted: str, where: str = "its policy") -> str:
    """Say what is to be seen to; a patch set of the user's own need not have a statement for it."""
    if not pasted:
        return f"see that {where} lets {delivery.service.name} in"
    noun = "this statement" if pasted.count('"Effect"') == 1 else "these statements"
    return f"see that {where} has {noun}"


def bucket_statements(delivery: Delivery, bucket: Destination, patch_set: PatchSet) -> str:
    """Return, as JSON, the statements that a patch set wants in the policy of a bucket outside the template."""
    service = delivery.service
    arn, prefixes = _place(delivery, bucket)
    folders = [f"{arn}/{prefix}{service.below}" for prefix in prefixes]
    facts = {"account": _account(delivery), "organization": _organization(delivery)}
    optional = [kind for kind in service.paths if kind in delivery.facts.options]
    kinds = [*(optional or ["account"]), *(["organization"] if delivery.facts.organization_id else [])]
    paths = [folder + service.paths[kind].format(**facts) for kind in kinds if kind in service.paths for folder in folders]
    return statements(delivery, patch_set, "bucket-policy", {"log-bucket": [arn], "log-objects": paths})


def key_statements(delivery: Delivery, patch_set: PatchSet) -> str:
    """Return, as JSON, the statements that a patch set wants in the policy of a key outside the template."""
    return statements(delivery, patch_set, "key-policy", {"every": ["*"]})


def _place(delivery: Delivery, bucket: Destination) -> tuple[str, list[str]]:
    """Return the ARN of a bucket outside the template, and what may be before the folder in it."""
    if delivery.service.source.by_arn:
        written = as_in_sub(delivery, bucket.expression, "ARN of the log bucket")
        arn, _, folder = written.partition("/")
        return arn, [f"{folder.removesuffix('/')}/" if folder else ""]
    name = as_in_sub(delivery, bucket.expression, "name of the log bucket")
    return f"arn:{_partition(delivery)}:s3:::{name}", _prefixes(delivery)


def _prefix_of(delivery: Delivery) -> Plain:
    return delivery.resolver.at(str(delivery.source), delivery.service.source.prefix)


def _prefixes(delivery: Delivery) -> list[str]:
    """Return what is before the folder: the source's prefix, and nothing too where a parameter may leave it out."""
    written, source = _prefix_of(delivery), delivery.service.source
    prefix = as_in_sub(delivery, written, str(source.prefix)) if delivery.resolver.string(written) is not None else ""
    # AWS does not say whether a slash at the end of the prefix makes two.
    slash = delivery.service.slash
    with_prefix = [*([prefix] if slash and prefix.endswith("/") else []), f"{prefix}{slash}"] if prefix else []
    return with_prefix if delivery.facts.prefix else ["", *with_prefix]


def _partition(delivery: Delivery) -> str:
    return as_in_sub(delivery, {"Ref": "AWS::Partition"}, "partition")


def _account(delivery: Delivery) -> str:
    return as_in_sub(delivery, {"Ref": "AWS::AccountId"}, "account")


def _region(delivery: Delivery) -> str:
    return as_in_sub(delivery, {"Ref": "AWS::Region"}, "region")


def _organization(delivery: Delivery) -> str:
    """Return the organization's id; one that a parameter holds by that parameter."""
    found = find_organization_id(delivery.resolver.model, delivery.service)
    if found is not None and delivery.resolver.string(found) == delivery.facts.organization_id:
        return as_in_sub(delivery, found, "organization id")
    return shown(delivery.facts.organization_id or partial(), "organization id")
