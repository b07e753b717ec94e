"""Reading a template's sections and resources, whatever a malformed one holds in their place."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.template import Plain

Data = Mapping[str, Plain]

BUCKET = "AWS::S3::Bucket"
BUCKET_POLICY = "AWS::S3::BucketPolicy"
KEY = "AWS::KMS::Key"
ALIAS = "AWS::KMS::Alias"
TOPIC = "AWS::SNS::Topic"
TOPIC_POLICY = "AWS::SNS::TopicPolicy"


def remembered(data: Data) -> dict[object, object]:
    """Return a place for what is found out about a template's data, which is kept until some other templates were asked for.

    It goes by the object: whoever changes data in place must go on with another object (as ``Draft`` does).
    """
    found = _MEMORIES.get(id(data))
    if found is None or found[0] is not data:
        found = _MEMORIES[id(data)] = (data, {})
        if len(_MEMORIES) > _TEMPLATES:
            del _MEMORIES[next(iter(_MEMORIES))]
    return found[1]


_TEMPLATES = 8
_MEMORIES: dict[int, tuple[Data, dict[object, object]]] = {}


def section(data: Data, name: str) -> Data:
    """Return a top-level section (``Resources``, ``Parameters``, …), empty where it is absent."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def resource(data: Data, logical_id: str) -> Data:
    """Return a resource, empty where there is none."""
    found = section(data, "Resources").get(logical_id)
    return found if isinstance(found, dict) else {}


def properties(data: Data, logical_id: str) -> Data:
    """Return a resource's properties, empty where it has none."""
    found = resource(data, logical_id).get("Properties")
    return found if isinstance(found, dict) else {}


def of_type(data: Data, kind: str) -> list[str]:
    """Return the logical IDs of all resources of a type, in the template's order."""
    resources = section(data, "Resources")
    return [name for name, one in resources.items() if isinstance(one, dict) and one.get("Type") == kind]


def by_type(data: Data) -> dict[str, list[str]]:
    """Return the logical IDs of all resources by their type, in the template's order."""
    grouped: dict[str, list[str]] = {}
    for name, one in section(data, "Resources").items():
        kind = one.get("Type") if isinstance(one, dict) else None
        if isinstance(kind, str):
            grouped.setdefault(kind, []).append(name)
    return grouped
