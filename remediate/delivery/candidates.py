"""Which resources belong to the logging of a service at all, told before any condition is decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from remediate.cloudformation.expression import alternatives, as_list, conditions_of, function, mentions, sub_names
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.cloudformation.resource_types import (
    ALIAS,
    BUCKET,
    BUCKET_POLICY,
    INLINE_TOPIC_POLICY,
    KEY,
    TOPIC,
    TOPIC_POLICY,
    TOPIC_PROPERTIES,
)
from remediate.delivery.service import LogService, Source
from remediate.partial_string import PartialString

_DECISIVE = {
    BUCKET: ("BucketName", "BucketEncryption", "OwnershipControls"),
    BUCKET_POLICY: ("Bucket", "PolicyDocument"),
    KEY: ("KeyPolicy",),
    ALIAS: ("AliasName", "TargetKeyId"),
    TOPIC: ("TopicName", "KmsMasterKeyId"),
    TOPIC_POLICY: ("Topics", "PolicyDocument"),
    INLINE_TOPIC_POLICY: ("TopicArn", "PolicyDocument"),
}
"""The properties that say what a source logs through, and whether it may; a source has those of its service."""
_BUCKET_NAMES = {BUCKET: "BucketName", BUCKET_POLICY: "Bucket"}


def logging_resources(
    model: TemplateModel, service: LogService, given: Mapping[str, str] | None = None, chosen: Iterable[str] = ()
) -> frozenset[str]:
    """Return the sources, and the buckets, bucket policies, keys and aliases that they or the service's statements concern.

    ``given`` are parameter values, ``chosen`` buckets and keys that belong to them in any case. The answer is generous:
    what is in it may turn out not to be used.
    """
    types = model.by_type
    resolver = Resolver(model, Scenario(known_parameters(model, given or {}), {}), types)
    source = service.source
    sources, policies, aliases = (types.get(kind, []) for kind in (source.type, BUCKET_POLICY, ALIAS))
    found = {*sources, *chosen}
    found |= {name for name in (*policies, *types.get(KEY, [])) if _speaks_of(service, model, name)}
    if not found:
        return frozenset()
    names = _names(resolver, source.bucket, sources) | _names(resolver, "Bucket", found & {*policies}) | {*chosen}
    buckets = {name for name in types.get(BUCKET, []) if names & _bucket_names(resolver, name)}
    names = names.union(*(_bucket_names(resolver, name) for name in buckets))
    found |= buckets | {name for name in policies if names & _names(resolver, "Bucket", [name])} | {*aliases}
    topics, topic_policies = _topics(resolver, source, sources) if source.topic else (set(), set())
    naming = ((source.key, sources), ("BucketEncryption", buckets), ("TargetKeyId", aliases), ("KmsMasterKeyId", topics))
    keys = {key for name, users in naming for user in users for key in mentions(model.properties(user).get(name))}
    return frozenset(found | (keys & {*types.get(KEY, [])}) | topics | topic_policies)


def _topics(resolver: Resolver, source: Source, sources: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the topics that sources notify, by reference or by name, and the policies that may be theirs."""
    model = resolver.model
    names = _names(resolver, source.topic, sources)
    mentioned = {one for user in sources for one in mentions(model.properties(user).get(source.topic))}
    own = {one: {one, *_names(resolver, "TopicName", [one]), resolver.string({"Ref": one})} for one in model.of_type(TOPIC)}
    topics = {one for one, called in own.items() if names & called}
    called = {arn for one in names if isinstance(one, PartialString) for arn in (one, resolver.arn("sns", one))}
    kinds = TOPIC_PROPERTIES.items() if names else ()
    policies = {one: model.properties(one).get(name) for kind, name in kinds for one in model.of_type(kind)}
    wanted = topics | mentioned
    return topics, {
        one
        for one, written in policies.items()
        if wanted & mentions(written) or any(resolver.string(topic) in called for topic in as_list(written))
    }


def decisive_conditions(model: TemplateModel, service: LogService, logical_id: str) -> set[str]:
    """Return the conditions on which it depends that a resource exists, what it is called, and what its policy says."""
    found = model.resource(logical_id)
    written = model.properties(logical_id)
    conditions: set[str] = set()
    own_type = str(found.get("Type"))
    decisive = service.source.properties() if own_type == service.source.type else _DECISIVE.get(own_type, ())
    for name in decisive:
        conditions |= conditions_of(written.get(name))
    own = found.get("Condition")
    return conditions | {own} if isinstance(own, str) else conditions


def bucket_names(model: TemplateModel, service: LogService, logical_ids: Iterable[str]) -> set[str]:
    """Return the parameters that are, by themselves, the name of a bucket among these resources."""
    found: set[str] = set()
    for logical_id in logical_ids:
        own_type = str(model.type_of(logical_id))
        name = service.source.bucket if own_type == service.source.type else _BUCKET_NAMES.get(own_type)
        for one in alternatives(model.properties(logical_id).get(name), ()) if name else ():
            match function(one.value):
                case ("Ref", str(parameter)):
                    found.add(parameter)
                case ("Fn::Sub", str(text)) if sub_names(text) and text == f"${{{sub_names(text)[0]}}}":
                    found.add(sub_names(text)[0])
    return found & model.parameters.keys()


def _speaks_of(service: LogService, model: TemplateModel, logical_id: str) -> bool:
    return service.principal.split(".")[0] in json.dumps(model.resource(logical_id), default=str).lower()


def _bucket_names(resolver: Resolver, logical_id: str) -> set[PartialString | str]:
    return _names(resolver, "BucketName", [logical_id]) | {logical_id}


def _names(resolver: Resolver, name: str, logical_ids: Iterable[str]) -> set[PartialString | str]:
    """Return the values that a property of resources can have by what is known, and the resources that it mentions."""
    resources = resolver.model.resources
    found: set[PartialString | str] = set()
    for logical_id in logical_ids:
        expression = resolver.property(logical_id, name)
        found |= mentions(expression) & resources.keys()
        for one in alternatives(expression, ()):
            match function(one.value):
                case ("Ref", str(target)) if target in resources:
                    pass  # it is mentioned, and what it is called is asked where it is a bucket of the set
                case _:
                    value = resolver.string(one.value)
                    found |= {value} if value is not None else set()
    return found
