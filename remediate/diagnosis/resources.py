"""What is wrong with the resources themselves: their order, what they are attached to, and how they are set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from remediate.cloudformation.creation_order import Dependencies
from remediate.cloudformation.existence import Deployments, existing, where
from remediate.cloudformation.expression import chosen, mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.property_path import PropertyPath, place_of, property_path
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import BUCKET_POLICY
from remediate.cloudformation.substitution import ADVICE, unsubstituted
from remediate.delivery.delivery import Delivery, trusting
from remediate.delivery.locate import Located
from remediate.delivery.service import LogService
from remediate.delivery.texts import any_arn
from remediate.diagnosis.absent import absence_findings
from remediate.diagnosis.bucket_acls import acl_findings
from remediate.diagnosis.bucket_setup import setup_findings
from remediate.diagnosis.finding import Finding, Level, slug
from remediate.diagnosis.key_names import key_without_arn
from remediate.diagnosis.policy_writers import policy_writer_findings
from remediate.diagnosis.roles import role_findings
from remediate.diagnosis.source_setup import source_findings
from remediate.diagnosis.topics import topic_findings, without_policy
from remediate.diagnosis.waiting import how_to_wait
from remediate.iam.match import ARN_FIELDS, arn_fields
from remediate.partial_string import PartialString, partial


def structure_findings(located: Located, model: TemplateModel) -> Iterator[Finding]:
    """Yield what is wrong with the sources of logs, buckets and keys of a template."""
    seen = _Seen(located, model)
    yield from absence_findings(located, model)
    yield from acl_findings(located, model)
    yield from _unsubstituted_policies(located, model)
    for delivery in located.deliveries:
        if delivery.source:
            yield from _no_bucket(delivery, seen)
            yield from _unattached(delivery, seen)
            yield from _prefix(delivery)
            yield from role_findings(delivery, model, seen.waiting, seen.deployments)
        if seen.first(delivery):
            if delivery.source:
                yield from _order(delivery, seen)
                yield from _unsubstituted(delivery, model)
            yield from _circles(delivery, seen.waiting)
            yield from _policy_order(delivery, seen.waiting)
            yield from policy_writer_findings(delivery, seen.waiting, seen.deployments)
        yield from _bucket(delivery)
        yield from setup_findings(delivery)
        yield from source_findings(delivery)
        yield from topic_findings(delivery, seen.topics_with_policy, seen.waiting)
        yield from _key(delivery)
        yield from key_without_arn(delivery, model)


class _Seen:
    """What is asked for many deliveries of one template, found once."""

    def __init__(self, located: Located, model: TemplateModel) -> None:
        self.data = model
        self.waiting = Dependencies(model)
        self.deployments = Deployments(model, located.parameters)
        self.attached = {policy for delivery in located.deliveries for policy in delivery.bucket_policies}
        self.with_policy = {delivery.own_bucket for delivery in located.deliveries if delivery.bucket_policies}
        self.topics_with_policy = {one.topic.name for one in located.deliveries if one.topic and one.topic_policies}
        self._stray: dict[Resolver, list[str]] = {}
        self._shapes: set[tuple[object, ...]] = set()

    def first(self, delivery: Delivery) -> bool:
        """Tell whether no delivery before used the same resources: their order does not change with the conditions."""
        places = (delivery.key, delivery.topic, delivery.topic_key)
        shape = (
            delivery.source,
            delivery.own_bucket,
            delivery.attached_policies(),
            *(one and one.logical_id for one in places),
        )
        known = shape in self._shapes
        self._shapes.add(shape)
        return not known

    def stray(self, resolver: Resolver, service: LogService) -> list[str]:
        """Return the bucket policies for the service that belong to no log bucket."""
        if resolver not in self._stray:
            trusted = trusting(resolver, BUCKET_POLICY, "bucket", service)
            self._stray[resolver] = [one for one in trusted if one not in self.attached]
        return self._stray[resolver]


def _order(delivery: Delivery, seen: _Seen) -> Iterator[Finding]:
    source, noun, waiting = str(delivery.source), delivery.service.source.noun, seen.waiting
    chain = waiting.circle(source, delivery.needed_policies())
    if chain:
        detail = f"{chain[0]} waits for {source}, which must come after it ({' → '.join(chain)})"
        if chain[0] == source:
            detail = f"{source} waits for itself ({' → '.join(chain)}), so the stack cannot be created"
        advice = (
            f"take the reference to {source} out of {chain[-2]}; a condition on {delivery.service.source.a_noun}'s ARN can "
            f"be written without it: ArnLike {delivery.service.source_key} = {any_arn(delivery.service)}"
        )
        kind = _kind_of(delivery, *chain)
        yield Finding(f"policy-waits-for-{slug(noun)}", source, ("Resources", chain[-2]), detail, kind, advice=advice)
        return
    if len(delivery.bucket_policies) > 1:
        return  # one of them must go first
    for policy in delivery.needed_policies():
        if not waiting.waits_for(source, policy):
            yield _too_early(delivery, policy, seen)


def _too_early(delivery: Delivery, policy: str, seen: _Seen) -> Finding:
    """Return that a source may be created before a policy; what to do is said, where it is the DependsOn that is missing."""
    source, cause = str(delivery.source), f"{slug(delivery.service.source.noun)}-before-policy"
    advice = how_to_wait(seen.deployments, source, policy)
    added = advice.removesuffix(f" to {source}")
    detail = f"{source} may be created before {policy}{f': {added}' if added != advice else ''}"
    advice = "" if added != advice else advice
    return Finding(cause, source, ("Resources", source), detail, _kind_of(delivery, policy), advice=advice)


def _kind_of(delivery: Delivery, *policies: str) -> Literal["bucket", "topic"]:
    """Return whose requests suffer where something is wrong with one of these policies."""
    return "topic" if set(policies) & set(delivery.topic_policies) else "bucket"


def _no_bucket(delivery: Delivery, seen: _Seen) -> Iterator[Finding]:
    source, data = str(delivery.source), seen.data
    name = delivery.service.source.bucket
    if delivery.bucket is not None or not name or delivery.service.silent:
        return
    conditions = delivery.resolver.scenario.conditions
    found = chosen(data.at(source, name), conditions)
    value, guard = delivery.resolver.value(found.value), found.guard
    if value == partial():  # it is so where a condition asks for it, else it would be unknown
        asked = mentions(found.value)
        tests = data.conditions
        guard = (*guard, *((name, holds) for name, holds in conditions.items() if mentions(tests.get(name)) & asked))
    witness = seen.deployments.find((*existing(data, source), *guard)).witness
    if witness is None:
        return
    wrong = f"the {name} of {source} is {'empty' if value == partial() else 'not a name'}"
    said = f"{source} has no {name}" if value is None else wrong
    detail = said + (f" where {where(dict(guard).items())}" if guard else "")
    place = place_of(data.properties(source), name, conditions)
    path = ("Resources", source, "Properties", *place, *(found.path if len(place) == 1 else ()))
    path = path if value is not None or found.path else ("Resources", source)
    advice = "name the bucket that it logs to"
    yield Finding(f"{slug(delivery.service.source.noun)}-without-bucket", source, path, detail, "bucket", advice=advice)


def _unattached(delivery: Delivery, seen: _Seen) -> Iterator[Finding]:
    bucket = delivery.own_bucket
    if bucket is None or delivery.bucket_policies or delivery.facts.acl == "grants":
        return
    for policy in seen.stray(delivery.resolver, delivery.service):
        detail = f"{policy} allows {delivery.service.name}, but not in {bucket}, where {delivery.source} logs"
        advice = f"let the Bucket of {policy} be {bucket}, if that is what it is for"
        path = ("Resources", policy, "Properties", "Bucket")
        said: Level | None = "warning" if delivery.service.silent else None
        yield Finding("policy-for-another-bucket", policy, path, detail, "bucket", advice=advice, said=said)
    when = "has a policy under some conditions only" if bucket in seen.with_policy else "has no policy in the template"
    yield without_policy(delivery, "bucket", bucket, f"{bucket}, where {delivery.source} logs, {when}")


def _prefix(delivery: Delivery) -> Iterator[Finding]:
    """Yield a prefix that surely holds the folder of all logs (AWS CloudTrail API Reference, CreateTrail)."""
    prefix = delivery.facts.prefix.known if delivery.facts.prefix else None
    source = delivery.service.source
    name = source.folder
    if prefix is not None and "AWSLogs" in prefix.split("/") and "AWSLogs" in delivery.service.below:
        detail = f"the {name} of {delivery.source} is {prefix}: {delivery.service.name} refuses a prefix that holds AWSLogs"
        path = delivery.place(name)
        advice = f"leave AWSLogs out of it: {delivery.service.name} adds it itself"
        yield Finding("reserved-prefix", str(delivery.source), path, detail, "bucket", advice=advice)


def _circles(delivery: Delivery, waiting: Dependencies) -> Iterator[Finding]:
    """Yield a key, policy or bucket that waits for itself, but for circles through the source; each circle once."""
    seen: list[set[str]] = []
    keys = (key.logical_id for key in (delivery.key, delivery.topic_key) if key)
    for one in (*keys, *delivery.attached_policies(), delivery.own_bucket):
        chain = waiting.chain(one, one) if one else []
        if chain and delivery.source not in chain and set(chain) not in seen:
            seen.append(set(chain))
            detail = f"{chain[0]} waits for itself ({' → '.join(chain)}), so the stack cannot be created"
            itself = chain[1] == one
            advice = 'write "*", which in a key policy means the key itself'
            advice = advice if itself else f"take the reference to {chain[1]} out of {one}"
            yield Finding("circular-dependency", str(one), ("Resources", str(one)), detail, "key", advice=advice)


def _unsubstituted(delivery: Delivery, model: TemplateModel) -> Iterator[Finding]:
    """Yield the names of buckets, prefixes and keys that lack their Fn::Sub."""
    source = delivery.service.source
    for path in filter(None, (source.bucket, source.prefix, source.key, source.topic, source.name)):
        yield from _lacking_sub(model, str(delivery.source), path)


def _unsubstituted_policies(located: Located, model: TemplateModel) -> Iterator[Finding]:
    for policy in model.of_type(BUCKET_POLICY) if any(delivery.source for delivery in located.deliveries) else ():
        yield from _lacking_sub(model, policy, property_path("Bucket"))


def _lacking_sub(model: TemplateModel, logical_id: str, name: PropertyPath) -> Iterator[Finding]:
    path = ("Resources", logical_id, "Properties", *place_of(model.properties(logical_id), name, {}))
    for place, names in unsubstituted(model, model.at(logical_id, name), path):
        detail = f"{name} of {logical_id} has {', '.join(names)} but no Fn::Sub, so it is not substituted"
        yield Finding("missing-sub", logical_id, place, detail, "bucket", advice=ADVICE)


def _policy_order(delivery: Delivery, waiting: Dependencies) -> Iterator[Finding]:
    bucket = delivery.own_bucket
    for policy in delivery.bucket_policies if bucket else ():
        if bucket and not waiting.waits_for(policy, bucket):
            detail = f"{policy} may be created before {bucket}"
            advice = f"let the Bucket of {policy} be a Ref of {bucket}, or add {bucket} to its DependsOn"
            yield Finding("policy-before-bucket", policy, ("Resources", policy), detail, "bucket", advice=advice)


def _bucket(delivery: Delivery) -> Iterator[Finding]:
    if len(delivery.bucket_policies) > 1:
        names = " and ".join(delivery.bucket_policies)
        detail = f"{names} are policies of one bucket, which keeps the one that is written last"
        first, second = delivery.bucket_policies[:2]
        yield Finding("two-bucket-policies", first, ("Resources", second), detail, "bucket", advice="merge them into one")


def _key(delivery: Delivery) -> Iterator[Finding]:
    if delivery.key and delivery.key.logical_id is None:
        yield from _elsewhere(delivery, delivery.key.name)
    keys = (one.logical_id for one in (delivery.key, delivery.topic_key) if one)
    for key in dict.fromkeys(filter(None, keys)):
        yield from _unusable(delivery, key)


def _unusable(delivery: Delivery, key: str) -> Iterator[Finding]:
    wanted = (("Enabled", "true"), ("KeySpec", "SYMMETRIC_DEFAULT"), ("KeyUsage", "ENCRYPT_DECRYPT"))
    for name, right in wanted:
        value = delivery.resolver.value(delivery.resolver.property(key, name))
        known = value.known if isinstance(value, PartialString) else None if value is None else str(value)
        if known is not None and known.lower() != right.lower():
            detail = (
                f"{key} has {name}: {known.lower() if right == 'true' else known}; {delivery.service.name} needs {right}"
            )
            path = ("Resources", key, "Properties", name)
            yield Finding("unusable-key", key, path, detail, "key", advice=f"set {name} to {right}, or use another key")


def _elsewhere(delivery: Delivery, name: PartialString) -> Iterator[Finding]:
    """Yield a key outside the template that the service surely cannot use.

    That is a key that AWS manages, and one in another Region than the bucket, which is in the stack's.
    """
    path = delivery.place(delivery.service.source.key)
    if delivery.facts.key_arn is None or delivery.source is None:
        return
    noun = delivery.service.source.noun
    if "alias/aws/" in (name.known or ""):
        detail = (
            f"the key of {delivery.source} is {name}, which AWS manages: its policy lets no {noun} in and cannot be changed"
        )
        yield Finding("unusable-key", delivery.source, path, detail, "key", advice="use a key of your own")
    fields = arn_fields(name)
    own = delivery.facts.region.known
    region = fields[3].known if fields and len(fields) == ARN_FIELDS and fields[2].known == "kms" else None
    there = f"the bucket {delivery.own_bucket}" if delivery.own_bucket else f"the {noun}"
    if own and region and own != region and (delivery.own_bucket or not delivery.service.source.bucket):
        detail = f"the key of {delivery.source} is in {region}, {there} in {own}"
        yield Finding("unusable-key", delivery.source, path, detail, "key", advice=f"use a key in {own}")
