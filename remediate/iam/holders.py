"""Who holds a policy, and what the service that reads it makes of it.

All are resource policies but one: the permissions of a role are policies of an identity, which name no principal.

Sources: Amazon S3 User Guide, Bucket policies (20 KB); AWS KMS Developer Guide, Resource quotas, Key policy document size
(32 KB); Amazon SNS endpoints and quotas, Topic policy size (30 KB); IAM User Guide, IAM and AWS STS quotas, Role trust
policy length (at most 4,096 characters), Role inline policies (10,240 characters); CloudWatch Logs API Reference,
PutResourcePolicy (5,120 characters); AWS CloudFormation Template Reference of each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

PolicyKind: TypeAlias = Literal["bucket", "key", "topic", "role", "permissions", "log-group"]
Missing: TypeAlias = Literal["no effect", "refused", "itself"]
"""What a statement without Resource means: nothing, nothing that the service accepts, or the resource itself."""


class Holder(Struct, frozen=True):
    """A resource type with a policy: the property that has it, the service that reads it, and its largest size in bytes.

    ``actions`` is how the service's actions begin; "" for the policy of an identity, which is about actions of every
    service, and about its own principal: the one that holds it (IAM User Guide, Identity-based policies). ``strict``: it
    refuses a policy that names an unknown action or a resource of somebody else. ``on_itself`` and ``on_content`` are
    actions, in lower case, that are about the resource alone and about what is in it alone.
    """

    type: str
    property: str
    service: str
    limit: int
    actions: str
    missing: Missing = "refused"
    strict: bool = False
    on_itself: tuple[str, ...] = ()
    on_content: tuple[str, ...] = ()


HOLDERS: Final[Mapping[PolicyKind, Holder]] = {
    "bucket": Holder(
        *("AWS::S3::BucketPolicy", "PolicyDocument", "S3", 20_480, "s3:"),
        strict=True,
        on_itself=("s3:getbucketacl", "s3:getbucketlocation"),
        on_content=("s3:putobject",),
    ),
    # Without Action or Resource a statement has no effect (AWS KMS API Reference, PutKeyPolicy).
    "key": Holder("AWS::KMS::Key", "KeyPolicy", "KMS", 32_768, "kms:", missing="no effect"),
    "topic": Holder("AWS::SNS::TopicPolicy", "PolicyDocument", "SNS", 30_720, "sns:"),
    # A trust policy names no resource: it is about its role (IAM User Guide, Roles terms and concepts).
    "role": Holder("AWS::IAM::Role", "AssumeRolePolicyDocument", "IAM", 4_096, "sts:", missing="itself"),
    "permissions": Holder("AWS::IAM::Role", "Policies", "IAM", 10_240, ""),
    "log-group": Holder("AWS::Logs::ResourcePolicy", "PolicyDocument", "CloudWatch Logs", 5_120, "logs:"),
}


def held_by(resource_type: object) -> PolicyKind | None:
    """Return the kind of resource policy that resources of a type hold, None where they hold none."""
    return next((kind for kind, holder in HOLDERS.items() if holder.actions and holder.type == resource_type), None)


def holder_for(action: str) -> Holder | None:
    """Return the holder whose policies decide about an action, None for an action of another service."""
    return next((one for one in HOLDERS.values() if one.actions and action.lower().startswith(one.actions)), None)


def is_of_identity(kind: PolicyKind) -> bool:
    """Tell whether policies of a kind are an identity's own, so that no statement names a principal."""
    return not HOLDERS[kind].actions
