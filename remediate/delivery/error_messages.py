"""What CloudFormation's error messages about a logging stack say of where the fault is.

Sources: AWS CloudTrail API Reference, CreateTrail, Errors; Amazon S3 API Reference, Error responses; AWS CloudFormation User
Guide, Troubleshooting. CloudFormation shows the message without the error's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediate.iam.statement import PolicyKind


@dataclass(frozen=True, slots=True)
class Failure:
    """An error: which policies can cause it, and what it means."""

    code: str
    pattern: re.Pattern[str]
    policies: tuple[PolicyKind, ...]
    meaning: str


FAILURES = (
    Failure(
        "InsufficientS3BucketPolicyException",
        re.compile(r"Incorrect S3 bucket policy is detected|InsufficientS3BucketPolicy", re.IGNORECASE),
        ("bucket",),
        "the bucket policy denies one of CloudTrail's requests, or the trail is created before it",
    ),
    Failure(
        "InsufficientEncryptionPolicyException",
        re.compile(
            r"Insufficient permissions to access S3 bucket .* or KMS key|InsufficientEncryptionPolicy", re.IGNORECASE
        ),
        ("bucket", "key"),
        "the bucket policy or the key policy denies one of CloudTrail's requests; the trail has a key",
    ),
    Failure(
        "KmsKeyNotFoundException",
        re.compile(r"KmsKeyNotFound|KMS key .*(not found|does not exist)|same Region", re.IGNORECASE),
        ("key",),
        "the key does not exist, or it is not in the Region of the bucket",
    ),
    Failure(
        "KmsException",
        re.compile(r"KmsException|KMS key .*(disabled|pending deletion)", re.IGNORECASE),
        ("key",),
        "the key cannot be used: it is disabled, pending deletion, or not a symmetric one",
    ),
    Failure(
        "MalformedPolicy",
        re.compile(r"MalformedPolicy|Policy has invalid|invalid principal|does not apply to any resource", re.IGNORECASE),
        ("bucket", "key"),
        "S3 or KMS does not accept the policy itself: a resource, an action or a principal in it is none",
    ),
    Failure(
        "InvalidBucketAclWithObjectOwnership",
        re.compile(r"Bucket cannot have ACLs|InvalidBucketAclWithObjectOwnership", re.IGNORECASE),
        ("bucket",),
        "the bucket has an ACL that its object ownership does not allow",
    ),
    Failure(
        "CircularDependency",
        re.compile(r"Circular ?dependency", re.IGNORECASE),
        ("bucket", "key"),
        "resources wait for one another: a policy that refers to the trail, or a key that refers to itself",
    ),
)


def failure(message: str) -> Failure | None:
    """Return the failure that a message tells of, None for one that is not about a trail's bucket or key.

    Only the beginning of a very long text is read.
    """
    return next((one for one in FAILURES if one.pattern.search(message, 0, _LONGEST)), None)


_LONGEST = 10_000
"""CloudFormation shows messages of a few hundred characters."""
