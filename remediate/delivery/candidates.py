"""Which resources belong to CloudTrail logging at all, told before any condition is decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from remediate.cloudformation.expression import alternatives, conditions_of, function, mentions, sub_names
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.cloudformation.resources import (
    ALIAS,
    BUCKET,
    BUCKET_POLICY,
    KEY,
    TRAIL,
    Data,
    by_type,
    properties,
    resource,
    section,
)
from remediate.partial_string import PartialString

_DECISIVE = {
    TRAIL: ("TrailName", "S3BucketName", "S3KeyPrefix", "KMSKeyId", "IsOrganizationTrail", "EnableLogFileValidation"),
    BUCKET: ("BucketName", "BucketEncryption", "OwnershipControls"),
    BUCKET_POLICY: ("Bucket", "PolicyDocument"),
    KEY: ("KeyPolicy",),
    ALIAS: ("AliasName", "TargetKeyId"),
}
"""The properties that say what a trail logs through, and whether it may."""
_BUCKET_NAMES = {TRAIL: "S3BucketName", BUCKET: "BucketName", BUCKET_POLICY: "Bucket"}


def logging_resources(data: Data, given: Mapping[str, str] | None = None, chosen: Iterable[str] = ()) -> frozenset[str]:
    """Return the trails, and the buckets, bucket policies, keys and aliases that they or CloudTrail's statements concern.

    ``given`` are parameter values, ``chosen`` buckets and keys that belong to them in any case. The answer is generous:
    what is in it may turn out not to be used.
    """
    types = by_type(data)
    resolver = Resolver(data, Scenario(known_parameters(data, given or {}), {}), types)
    trails, policies, aliases = (types.get(kind, []) for kind in (TRAIL, BUCKET_POLICY, ALIAS))
    found = {*trails, *chosen}
    found |= {name for name in (*policies, *types.get(KEY, [])) if _speaks_of_cloudtrail(data, name)}
    if not found:
        return frozenset()
    names = _names(resolver, "S3BucketName", trails) | _names(resolver, "Bucket", found & {*policies}) | {*chosen}
    buckets = {name for name in types.get(BUCKET, []) if names & _bucket_names(resolver, name)}
    names = names.union(*(_bucket_names(resolver, name) for name in buckets))
    found |= buckets | {name for name in policies if names & _names(resolver, "Bucket", [name])} | {*aliases}
    sources = (("KMSKeyId", trails), ("BucketEncryption", buckets), ("TargetKeyId", aliases))
    keys = {key for name, users in sources for user in users for key in mentions(properties(data, user).get(name))}
    return frozenset(found | (keys & {*types.get(KEY, [])}))


def decisive_conditions(data: Data, logical_id: str) -> set[str]:
    """Return the conditions on which it hangs that a resource exists, what it is called, and what its policy says."""
    found = resource(data, logical_id)
    written = properties(data, logical_id)
    conditions: set[str] = set()
    for name in _DECISIVE.get(str(found.get("Type")), ()):
        conditions |= conditions_of(written.get(name))
    own = found.get("Condition")
    return conditions | {own} if isinstance(own, str) else conditions


def bucket_names(data: Data, logical_ids: Iterable[str]) -> set[str]:
    """Return the parameters that are, by themselves, the name of a bucket among these resources."""
    found: set[str] = set()
    for logical_id in logical_ids:
        name = _BUCKET_NAMES.get(str(resource(data, logical_id).get("Type")))
        for one in alternatives(properties(data, logical_id).get(name), ()) if name else ():
            match function(one.value):
                case ("Ref", str(parameter)):
                    found.add(parameter)
                case ("Fn::Sub", str(text)) if sub_names(text) and text == f"${{{sub_names(text)[0]}}}":
                    found.add(sub_names(text)[0])
    return found & section(data, "Parameters").keys()


def _speaks_of_cloudtrail(data: Data, logical_id: str) -> bool:
    return "cloudtrail" in json.dumps(resource(data, logical_id), default=str).lower()


def _bucket_names(resolver: Resolver, logical_id: str) -> set[PartialString | str]:
    return _names(resolver, "BucketName", [logical_id]) | {logical_id}


def _names(resolver: Resolver, name: str, logical_ids: Iterable[str]) -> set[PartialString | str]:
    """Return the values that a property of resources can have by what is known, and the resources that it mentions."""
    resources = section(resolver.data, "Resources")
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
