"""Which resources belong to the logging of a service at all, told before any condition is decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from remediate.cloudformation.expression import alternatives, conditions_of, function, mentions, sub_names
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.cloudformation.resource_types import (
    ALIAS,
    BUCKET,
    BUCKET_POLICY,
    KEY,
    LOG_GROUP,
    MANAGED_POLICY,
    POLICY,
    ROLE,
    ROLE_POLICY,
    TOPIC,
    TOPIC_POLICY,
)
from remediate.cloudformation.role_policies import attached_policies
from remediate.delivery.roles import find_log_group, find_role
from remediate.delivery.service import LogService, Source
from remediate.partial_string import PartialString

_DECISIVE = {
    BUCKET: ("BucketName", "BucketEncryption", "OwnershipControls"),
    BUCKET_POLICY: ("Bucket", "PolicyDocument"),
    KEY: ("KeyPolicy",),
    ALIAS: ("AliasName", "TargetKeyId"),
    TOPIC: ("TopicName",),
    TOPIC_POLICY: ("Topics", "PolicyDocument"),
    ROLE: ("RoleName", "Path", "AssumeRolePolicyDocument", "Policies", "ManagedPolicyArns", "PermissionsBoundary"),
    POLICY: ("Roles", "PolicyDocument"),
    ROLE_POLICY: ("RoleName", "PolicyDocument"),
    MANAGED_POLICY: ("Roles", "PolicyDocument"),
    LOG_GROUP: ("LogGroupName",),
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
    naming = ((source.key, sources), ("BucketEncryption", buckets), ("TargetKeyId", aliases))
    keys = {key for name, users in naming for user in users for key in mentions(model.properties(user).get(name))}
    topics = {topic for one in sources for topic in mentions(model.properties(one).get(source.topic))} & {
        *types.get(TOPIC, [])
    }
    found |= (keys & {*types.get(KEY, [])}) | topics | _of_topics(model, types, topics)
    return frozenset(found | _of_roles(resolver, source, sources))


def _of_roles(resolver: Resolver, source: Source, sources: Iterable[str]) -> set[str]:
    """Return the roles and log groups that sources name, and the policies of these roles."""
    model, found = resolver.model, set[str]()
    for one in sources:
        written = model.properties(one)
        for name, kind, find in ((source.role, ROLE, find_role), (source.log_group, LOG_GROUP, find_log_group)):
            found |= mentions(written.get(name)) & {*model.of_type(kind)}
            place = find(resolver, written.get(name)) if name else None
            found |= {place.logical_id} if place and place.logical_id else set()
    policies = {policy for role in found if model.type_of(role) == ROLE for policy, _ in attached_policies(model, role)}
    return found | policies


def _of_topics(model: TemplateModel, types: Mapping[str, list[str]], topics: set[str]) -> set[str]:
    """Return the policies of topics."""
    policies = types.get(TOPIC_POLICY, [])
    return {one for one in policies if topics & mentions(model.properties(one).get("Topics"))}


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
