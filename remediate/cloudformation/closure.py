"""Which resources belong to CloudTrail logging at all, told by what their names share, before anything is evaluated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from remediate.cloudformation.expression import conditions_of, mentions
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
from remediate.template import Plain

_DECISIVE = {
    TRAIL: ("TrailName", "S3BucketName", "S3KeyPrefix", "KMSKeyId", "IsOrganizationTrail", "EnableLogFileValidation"),
    BUCKET: ("BucketName", "BucketEncryption", "OwnershipControls"),
    BUCKET_POLICY: ("Bucket", "PolicyDocument"),
    KEY: ("KeyPolicy",),
    ALIAS: ("AliasName", "TargetKeyId"),
}
"""The properties that say what a trail logs through, and whether it may."""


def logging_resources(data: Data) -> frozenset[str]:
    """Return the trails, and the buckets, bucket policies, keys and aliases that they or CloudTrail's statements concern.

    The answer is generous: what is in it may turn out not to be used, what is not in it surely is not.
    """
    types = by_type(data)
    trails, policies = types.get(TRAIL, []), types.get(BUCKET_POLICY, [])
    found = {*trails}
    found |= {name for name in (*policies, *types.get(KEY, [])) if _speaks_of_cloudtrail(data, name)}
    names = _names(data, "S3BucketName", trails) | _names(data, "Bucket", (one for one in policies if one in found))
    buckets = {name for name in types.get(BUCKET, []) if names & (_names(data, "BucketName", [name]) | {name})}
    names |= _names(data, "BucketName", buckets) | buckets
    found |= buckets | {name for name in policies if names & _names(data, "Bucket", [name])}
    if not found:
        return frozenset()
    aliases = types.get(ALIAS, [])
    keys = _names(data, "KMSKeyId", trails) | _names(data, "BucketEncryption", buckets) | _names(data, "TargetKeyId", aliases)
    return frozenset(found | {*aliases} | (keys & {*types.get(KEY, [])}))


def decisive_conditions(data: Data, logical_id: str) -> set[str]:
    """Return the conditions on which it hangs that a resource exists, is called so, and what its policy says."""
    found = resource(data, logical_id)
    written = properties(data, logical_id)
    decisive = (written[name] for name in _DECISIVE.get(str(found.get("Type")), ()) if name in written)
    conditions = set[str]().union(*map(conditions_of, decisive))
    return conditions | {str(found["Condition"])} if isinstance(found.get("Condition"), str) else conditions


def _speaks_of_cloudtrail(data: Data, logical_id: str) -> bool:
    return "cloudtrail" in json.dumps(resource(data, logical_id), default=str).lower()


def _names(data: Data, name: str, logical_ids: Iterable[str]) -> set[str]:
    """Return what a property of resources can get its value from: what it mentions, and all text in it.

    A parameter stands for its default too, which another resource may have as its literal name.
    """
    found: set[str] = set()
    for logical_id in logical_ids:
        expression = properties(data, logical_id).get(name)
        mentioned = mentions(expression)
        defaults = (section(data, "Parameters").get(one) for one in mentioned)
        found |= mentioned | {*_strings(expression)}
        found |= {str(one.get("Default")) for one in defaults if isinstance(one, dict) and "Default" in one}
    return found - {""}


def _strings(expression: Plain) -> Iterator[str]:
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, dict | list):
        for one in expression.values() if isinstance(expression, dict) else expression:
            yield from _strings(one)
