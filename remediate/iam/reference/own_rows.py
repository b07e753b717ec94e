"""What the published tables do not say: which condition keys are decided, and what AWS states elsewhere than there.

``tools/write_iam_reference.py`` takes from here which keys it writes. Each row of :data:`CARRIED` and :data:`OPERATIONS` has
its reason and its source, and ``tests/policy/test_iam_reference.py`` fails where the published tables have caught up.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

SERVICES: Final = ("kms", "logs", "s3", "sns", "sts")
"""The services that have a file here."""

DECIDED: Final = {
    "kms": (
        "kms:bypasspolicylockoutsafetycheck",
        "kms:datakeypairspec",
        "kms:encryptionalgorithm",
        "kms:encryptioncontext:*",
        "kms:encryptioncontextkeys",
        "kms:grantconstrainttype",
        "kms:granteeprincipal",
        "kms:grantisforawsresource",
        "kms:grantoperations",
        "kms:macalgorithm",
        "kms:messagetype",
        "kms:reencryptonsamekey",
        "kms:retiringprincipal",
        "kms:signingalgorithm",
    ),
    "s3": (
        "s3:delimiter",
        "s3:max-keys",
        "s3:prefix",
        "s3:x-amz-acl",
        "s3:x-amz-copy-source",
        "s3:x-amz-grant-*",
        "s3:x-amz-metadata-directive",
        "s3:x-amz-server-side-encryption*",
    ),
}
"""The keys of each service whose absence from a request is claimed, or with a final ``*`` all that begin so.

They are those that decide bucket and key policies; of any other key nothing is claimed. A key that begins so but is not
published belongs to the same headers, and is carried by the actions that carry a published one.
"""


class Carried(Struct, frozen=True):
    """A key that the requests of an action may carry although the published table does not say so.

    ``action`` is a name, or with a final ``*`` all names that begin so. ``source`` is a page of AWS.
    """

    service: str
    action: str
    key: str
    reason: str
    source: str


CARRIED: Final = (
    Carried(
        "kms",
        "ReplicateKey",
        "kms:bypasspolicylockoutsafetycheck",
        "The request has the parameter BypassPolicyLockoutSafetyCheck, as CreateKey and PutKeyPolicy have.",
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html",
    ),
    Carried(
        "s3",
        "GetObject*",
        "s3:x-amz-server-side-encryption-customer-algorithm",
        "Who reads what a customer's own key encrypts sends the header. Of other actions of the name nothing is claimed.",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html",
    ),
    Carried(
        "s3",
        "ListBucketMultipartUploads",
        "s3:delimiter",
        "The request has the parameter delimiter, as ListObjectsV2 has.",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html",
    ),
    Carried(
        "s3",
        "ListBucketMultipartUploads",
        "s3:prefix",
        "The request has the parameter prefix, as ListObjectsV2 has.",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html",
    ),
)


class Operation(Struct, frozen=True):
    """An operation that is no action: ``actions`` are those that it asks for. ``source`` is a page of AWS."""

    name: str
    actions: str
    reason: str
    source: str


OPERATIONS: Final = (
    Operation(
        "kms:ReEncrypt",
        "kms:ReEncrypt*",
        "The operation needs kms:ReEncryptFrom on one key and kms:ReEncryptTo on the other.",
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html",
    ),
)
