"""Which objects of a log bucket a resource names."""

from __future__ import annotations

from remediate.delivery.requests import SourceFacts, folders
from remediate.iam.match import matches
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString, partial


def object_key(resource: PartialString, facts: SourceFacts) -> PartialString | None:
    """Return the key of the objects that a resource names, None where they surely are none of the bucket.

    What stands for the bucket may be written otherwise than the source names it: as a parameter with its ARN, say.
    """
    bucket = facts.bucket_arn
    if not str(resource).startswith(f"{bucket}/") and matches(partial(bucket, "/*"), resource) is Truth.NO:
        return None
    for number, part in enumerate(resource.parts):
        if isinstance(part, str) and "/" in part:
            return partial(part.partition("/")[2], *resource.parts[number + 1 :])
    return None


def is_in_own_folder(resource: PartialString, facts: SourceFacts) -> bool:
    """Tell whether a resource names objects in a folder of a source, below what has the number of its account."""
    key = object_key(resource, facts) if facts.service.below else None
    path = str(key or "")
    return any(path.startswith(one) and str(facts.account) in path.removeprefix(one) for one in map(str, folders(facts)))
