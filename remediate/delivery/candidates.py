"""Which resources belong to the logging of a service at all, told before any condition is decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from remediate.cloudformation.expression import alternatives, as_list, chosen, conditions_of, function, mentions, sub_names
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.property_path import PropertyPath, property_path
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.cloudformation.resource_types import (
    ALIAS,
    BUCKET,
    BUCKET_POLICY,
    INLINE_TOPIC_POLICY,
    KEY,
    LOG_GROUP,
    MANAGED_POLICY,
    POLICY,
    ROLE,
    ROLE_POLICY,
    TOPIC,
    TOPIC_POLICY,
    TOPIC_PROPERTIES,
)
from remediate.cloudformation.role_policies import attached_policies
from remediate.delivery.roles import find_log_group, find_role
from remediate.delivery.service import LogService, Source, UsedBy
from remediate.partial_string import PartialString, Value
from remediate.template import Plain

_DECISIVE = {
    BUCKET: ("BucketName", "BucketEncryption", "OwnershipControls"),
    BUCKET_POLICY: ("Bucket", "PolicyDocument"),
    KEY: ("KeyPolicy",),
    ALIAS: ("AliasName", "TargetKeyId"),
    TOPIC: ("TopicName", "KmsMasterKeyId"),
    TOPIC_POLICY: ("Topics", "PolicyDocument"),
    INLINE_TOPIC_POLICY: ("TopicArn", "PolicyDocument"),
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
    sources = [(kind.source, name) for kind in service.kinds for name in sources_of(model, kind)]
    policies, aliases = (types.get(kind, []) for kind in (BUCKET_POLICY, ALIAS))
    found = {*(name for _, name in sources), *chosen}
    found |= {name for name in (*policies, *types.get(KEY, [])) if _speaks_of(service, model, name)}
    if not found:
        return frozenset()
    named = [one for source, name in sources for one in _named(source, bucket_expression(model, source, name))]
    named += [model.properties(name).get("Bucket") for name in policies if name in found]
    names = _names(resolver, named) | {*chosen}
    buckets = {name for name in types.get(BUCKET, []) if names & _bucket_names(resolver, name)}
    names = names.union(*(_bucket_names(resolver, name) for name in buckets))
    found |= buckets | {name for name in policies if names & _names(resolver, [model.properties(name).get("Bucket")])}
    topics, topic_policies = _topics(resolver, [model.at(name, source.topic) for source, name in sources if source.topic])
    keys = _mentioned(model, _key_users(sources, buckets, aliases, topics), types.get(KEY, []))
    return frozenset(found | {*aliases} | keys | topics | topic_policies | _of_roles(resolver, sources))


def sources_of(model: TemplateModel, service: LogService) -> list[str]:
    """Return the resources that may be sources of a service, of the one kind that it is for."""
    nothing_known = Resolver(model, Scenario({}, {}))
    return [name for name in model.of_type(service.source.type) if is_source(nothing_known, service, name)]


def used_sources(model: TemplateModel, service: LogService, by: UsedBy) -> set[str]:
    """Return the sources of a service that the sources of another one use."""
    using = (name for kind in by.service.kinds for name in sources_of(model, kind))
    named = {one for name in using for one in mentions(model.at(name, by.path))}
    return {name for kind in service.kinds for name in sources_of(model, kind) if name in named}


def is_source(resolver: Resolver, service: LogService, logical_id: str) -> bool:
    """Tell whether a resource of the type is, or may be, a source of a service by its properties."""
    form = service.source
    if form.by_arn and not _may_be_bucket(resolver, resolver.at(logical_id, form.bucket)):
        return False
    return all(_may_be(resolver.value(resolver.at(logical_id, path)), values) for path, values in form.where.items())


def _may_be_bucket(resolver: Resolver, arn: Plain) -> bool:
    """Tell whether an expression can be the ARN of a bucket: one of a log group or a stream is not."""
    found = chosen(arn, resolver.scenario.conditions).value
    value = resolver.string(found)
    if value is None:
        return False
    types = [written for name in mentions(found) if (written := resolver.model.type_of(name)) is not None]
    first = value.parts[0] if value.parts else ""
    written_out = isinstance(first, str) and first.startswith("arn:")
    return ":s3:::" in str(value) if written_out else not types or BUCKET in types


def _may_be(value: Value, wanted: tuple[str, ...]) -> bool:
    if value is None:
        return "" in wanted
    if "present" in wanted:
        return True
    known = value.known if isinstance(value, PartialString) else str(value)
    return known is None or known.lower() in wanted


def bucket_expression(model: TemplateModel, source: Source, logical_id: str) -> Plain:
    """Return what names the bucket of a source, None where nothing does."""
    written = model.at(logical_id, source.bucket)
    return {"Ref": logical_id} if written is None and source.itself else written


def _named(source: Source, expression: Plain) -> Iterator[Plain]:
    """Yield an expression for a bucket, and the name in it where it is an ARN that is written out."""
    yield expression
    if source.by_arn and isinstance(expression, str):
        yield expression.partition(":::")[2].partition("/")[0]


_Paths = list[tuple[str, PropertyPath]]


def _key_users(sources: list[tuple[Source, str]], buckets: set[str], aliases: list[str], topics: set[str]) -> _Paths:
    """Return the properties that name a key."""
    others = (("BucketEncryption", buckets), ("TargetKeyId", aliases), ("KmsMasterKeyId", topics))
    users = [(user, property_path(name)) for name, resources in others for user in resources]
    return [(name, source.key) for source, name in sources] + users


def _mentioned(model: TemplateModel, paths: _Paths, there: list[str]) -> set[str]:
    """Return the resources, of those that are there, which the expressions at some paths mention."""
    return {one for name, path in paths for one in mentions(model.at(name, path))} & {*there}


def _topics(resolver: Resolver, named: list[Plain]) -> tuple[set[str], set[str]]:
    """Return the topics that expressions name, by reference or by name, and the policies that may be theirs."""
    model = resolver.model
    names = _names(resolver, named)
    own = {
        one: {one, resolver.string({"Ref": one}), *_names(resolver, [resolver.property(one, "TopicName")])}
        for one in model.of_type(TOPIC)
    }
    topics = {one for one, called in own.items() if names & called}
    called = {arn for one in names if isinstance(one, PartialString) for arn in (one, resolver.arn("sns", one))}
    kinds = TOPIC_PROPERTIES.items() if names else ()
    policies = {one: model.properties(one).get(name) for kind, name in kinds for one in model.of_type(kind)}
    wanted = topics.union(*map(mentions, named))
    return topics, {
        one
        for one, written in policies.items()
        if wanted & mentions(written) or any(resolver.string(topic) in called for topic in as_list(written))
    }


def _of_roles(resolver: Resolver, sources: list[tuple[Source, str]]) -> set[str]:
    """Return the roles and log groups that sources name, and the policies of these roles."""
    model, found = resolver.model, set[str]()
    for source, name in sources:
        for path, kind, find in ((source.role, ROLE, find_role), (source.log_group, LOG_GROUP, find_log_group)):
            written = model.at(name, path)
            found |= mentions(written) & {*model.of_type(kind)}
            place = find(resolver, written) if path else None
            found |= {place.logical_id} if place and place.logical_id else set()
    policies = {policy for role in found if model.type_of(role) == ROLE for policy, _ in attached_policies(model, role)}
    return found | policies


def decisive_conditions(model: TemplateModel, service: LogService, logical_id: str) -> set[str]:
    """Return the conditions on which it depends that a resource exists, what it is called, and what its policy says."""
    own_type = str(model.type_of(logical_id))
    decisive = {property_path(name) for name in _DECISIVE.get(own_type, ())}
    if own_type == BUCKET and service.acl_grants:
        decisive.add(property_path("AccessControl"))
    decisive.update(path for kind in service.kinds if kind.source.type == own_type for path in kind.source.properties())
    conditions = {name for path in decisive for name in conditions_of(model.at(logical_id, path))}
    own = model.resource(logical_id).get("Condition")
    return conditions | {own} if isinstance(own, str) else conditions


def bucket_names(model: TemplateModel, service: LogService, logical_ids: Iterable[str]) -> set[str]:
    """Return the parameters that are, by themselves, the name of a bucket among these resources."""
    found: set[str] = set()
    for logical_id in logical_ids:
        own_type = str(model.type_of(logical_id))
        paths = [kind.source.bucket for kind in service.kinds if kind.source.type == own_type]
        paths += [property_path(_BUCKET_NAMES[own_type])] if own_type in _BUCKET_NAMES else []
        for one in (one for path in paths for one in alternatives(model.at(logical_id, path), ())):
            match function(one.value):
                case ("Ref", str(parameter)):
                    found.add(parameter)
                case ("Fn::Sub", str(text)) if sub_names(text) and text == f"${{{sub_names(text)[0]}}}":
                    found.add(sub_names(text)[0])
    return found & model.parameters.keys()


def _speaks_of(service: LogService, model: TemplateModel, logical_id: str) -> bool:
    return service.is_mentioned(json.dumps(model.resource(logical_id), default=str))


def _bucket_names(resolver: Resolver, logical_id: str) -> set[PartialString | str]:
    return _names(resolver, [resolver.property(logical_id, "BucketName")]) | {logical_id}


def _names(resolver: Resolver, expressions: Iterable[Plain]) -> set[PartialString | str]:
    """Return the values that expressions can have by what is known, and the resources that they mention."""
    resources = resolver.model.resources
    found: set[PartialString | str] = set()
    for expression in expressions:
        found |= mentions(expression) & resources.keys()
        for one in alternatives(expression, ()):
            match function(one.value):
                case ("Ref", str(target)) if target in resources:
                    pass  # it is mentioned, and what it is called is asked where it is a bucket of the set
                case _:
                    value = resolver.string(one.value)
                    found |= {value} if value is not None else set()
    return found
