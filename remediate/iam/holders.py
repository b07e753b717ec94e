"""Who holds a resource policy: which resources, in which property, of which size at most.

Sources: Amazon S3 User Guide, Bucket policies (20 KB); AWS KMS Developer Guide, Resource quotas, Key policy document size
(32 KB); Amazon SNS endpoints and quotas, Topic policy size (30 KB); AWS CloudFormation Template Reference of each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

PolicyKind: TypeAlias = Literal["bucket", "key", "topic"]


class Holder(Struct, frozen=True):
    """A resource type with a policy: the property that has it, the service that reads it, and its largest size in bytes."""

    type: str
    property: str
    service: str
    limit: int


HOLDERS: Final[Mapping[PolicyKind, Holder]] = {
    "bucket": Holder("AWS::S3::BucketPolicy", "PolicyDocument", "S3", 20_480),
    "key": Holder("AWS::KMS::Key", "KeyPolicy", "KMS", 32_768),
    "topic": Holder("AWS::SNS::TopicPolicy", "PolicyDocument", "SNS", 30_720),
}


def held_by(resource_type: object) -> PolicyKind | None:
    """Return the kind of policy that resources of a type hold, None where they hold none."""
    return next((kind for kind, holder in HOLDERS.items() if holder.type == resource_type), None)
