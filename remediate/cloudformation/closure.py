"""Which resources belong to CloudTrail logging at all, told by what mentions what, before anything is evaluated."""

from __future__ import annotations

import json

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.resources import ALIAS, BUCKET, BUCKET_POLICY, KEY, TRAIL, Data, of_type, properties, resource


def logging_resources(data: Data) -> frozenset[str]:
    """Return the trails, and the buckets, bucket policies, keys and aliases that they or CloudTrail's statements concern.

    The answer is generous: what is in it may turn out not to be used, what is not in it surely is not.
    """
    trails = set(of_type(data, TRAIL))
    buckets, policies, keys, aliases = (set(of_type(data, kind)) for kind in (BUCKET, BUCKET_POLICY, KEY, ALIAS))
    found = set(trails)
    found |= {name for name in policies | keys if "cloudtrail." in _text(data, name).lower()}
    wanted = _names(data, trails) | _names(data, found & policies)
    found |= {name for name in buckets if name in wanted or _names_of(data, name, "BucketName") & wanted}
    found |= {name for name in buckets if _literal(data, name, "BucketName", found)}
    found |= {name for name in policies if mentions(properties(data, name).get("Bucket")) & (found | wanted)}
    found |= {name for name in policies if _literal(data, name, "Bucket", found)}
    concerned = _names(data, found & (trails | buckets))
    found |= {name for name in aliases if trails}
    found |= (concerned | _names(data, found & aliases)) & keys
    return frozenset(found)


def _names(data: Data, logical_ids: set[str]) -> set[str]:
    return set().union(*(mentions(dict(properties(data, one))) for one in logical_ids)) | logical_ids


def _names_of(data: Data, logical_id: str, name: str) -> set[str]:
    return mentions(properties(data, logical_id).get(name))


def _literal(data: Data, logical_id: str, name: str, among: set[str]) -> bool:
    """Tell whether a literal name of this resource stands in one of the others."""
    value = properties(data, logical_id).get(name)
    return isinstance(value, str) and any(value in _text(data, one) for one in among - {logical_id})


def _text(data: Data, logical_id: str) -> str:
    return json.dumps(resource(data, logical_id), default=str)
