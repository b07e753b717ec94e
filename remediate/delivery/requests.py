"""The requests that CloudTrail makes when a trail is created and when it delivers logs.

Sources: AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail; Configure AWS KMS key policies for CloudTrail;
Finding your CloudTrail log files. Each request says how well it is documented.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from remediate.iam.request import KeyValue, Request
from remediate.iam.service_caller import service_request
from remediate.iam.statement import PolicyKind
from remediate.partial_string import PartialString, UnknownPart, partial

SERVICE: Final = "cloudtrail.amazonaws.com"

Confidence: TypeAlias = Literal["documented", "indirect", "inferred"]

_BUCKET_POLICY = "AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail"
_KEY_POLICY = "AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail"
_LOG_FILES = "AWS CloudTrail User Guide, Finding your CloudTrail log files"

_NOT_SENT_WITH_OBJECTS = frozenset(
    {
        "s3:x-amz-copy-source",
        "s3:x-amz-grant-*",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:x-amz-server-side-encryption-customer-algorithm",
    }
)
"""Absent from a write of CloudTrail (the key id unless the trail has a key): headers that exclude the ones it sends."""


_DOUBLED_SLASH = "the S3KeyPrefix ends in a slash: AWS does not say whether the path then has another one"


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a trail and of what it logs through.

    ``account`` owns the trail (of an organization trail: the management account). ``organization_id`` is None for a trail
    that is not an organization trail. ``key_arn`` is the trail's own key, ``bucket_key_arn`` the default KMS key of the
    bucket. ``digests``: the trail validates log files, so it writes digest files too.
    """

    name: str
    arn: PartialString
    account: PartialString
    region: PartialString
    partition: PartialString
    bucket_arn: PartialString
    prefix: PartialString | None = None
    organization_id: PartialString | None = None
    key_arn: PartialString | None = None
    bucket_key_arn: PartialString | None = None
    bucket_key_enabled: bool = False
    digests: bool = False

    @property
    def sse(self) -> Literal["aws:kms", "AES256"]:
        """The ``x-amz-server-side-encryption`` header that CloudTrail sends."""
        return "AES256" if self.key_arn is None else "aws:kms"


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A request that CloudTrail makes: what it is for, which policy decides it, and how well it is documented."""

    id: str
    title: str
    policy: PolicyKind
    request: Request
    confidence: Confidence
    source: str


@functools.lru_cache(maxsize=1024)
def requests(facts: SourceFacts) -> tuple[ServiceRequest, ...]:
    """Return every request that CloudTrail makes for this trail."""
    return (*bucket_checks(facts), *put_objects(facts), *key_requests(facts, decrypt=facts.bucket_key_enabled))


def bucket_checks(facts: SourceFacts) -> tuple[ServiceRequest, ...]:
    """Return what CloudTrail asks of the bucket itself before it writes."""
    return (
        ServiceRequest(
            "get-bucket-acl",
            "read the access control list of the bucket",
            "bucket",
            _request(facts, "s3:GetBucketAcl", facts.bucket_arn),
            "documented",
            _BUCKET_POLICY,
        ),
        ServiceRequest(
            "get-bucket-location",
            "read the Region of the bucket",
            "bucket",
            _request(facts, "s3:GetBucketLocation", facts.bucket_arn),
            "inferred",
            "No AWS page names this request; it is asked for here as a precaution.",
        ),
    )


def put_objects(facts: SourceFacts) -> tuple[ServiceRequest, ...]:
    """Return what CloudTrail writes: below the account, below the organization, and digest files where there are any."""
    folders, owner = _folders(facts), facts.account
    found = [_put_object(facts, "put-object", "write a log file", folders, owner)]
    if facts.organization_id is not None:
        owner = partial(facts.organization_id, "/", facts.account)
        title = "write a log file of the organization"
        found.append(_put_object(facts, "put-object-organization", title, folders, owner, "indirect"))
    if facts.digests:
        title = "write a digest file"
        found.append(_put_object(facts, "put-object-digest", title, folders, owner, kind="CloudTrail-Digest"))
    return tuple(found)


@functools.lru_cache(maxsize=1024)
def promised_put_objects(facts: SourceFacts) -> tuple[ServiceRequest, ...]:
    """Return the writes that a mended bucket policy must allow: with and without prefix, by account and organization."""
    folders = (partial("AWSLogs/"),)
    plain = [_put_object(facts, "put-object-plain", "write a log file without prefix", folders, facts.account)]
    if facts.organization_id is not None:
        owner = partial(facts.organization_id, "/", facts.account)
        title = "write a log file of the organization without prefix"
        plain.append(_put_object(facts, "put-object-organization-plain", title, folders, owner, "indirect"))
    return (*put_objects(facts), *plain) if facts.prefix is not None else put_objects(facts)


@functools.lru_cache(maxsize=1024)
def key_requests(facts: SourceFacts, *, decrypt: bool = True) -> tuple[ServiceRequest, ...]:
    """Return what CloudTrail asks of the trail's key, else of the bucket's default key; nothing where there is neither.

    CloudTrail decrypts only where the bucket has an S3 Bucket Key.
    """
    if facts.key_arn is None:
        return () if facts.bucket_key_arn is None else (_default_key_request(facts, facts.bucket_key_arn),)
    documented = [
        ("generate-data-key", "get a data key for a log file", "kms:GenerateDataKey", _own_key_context(facts)),
        ("describe-key", "look up the key", "kms:DescribeKey", {}),
    ]
    if decrypt:
        documented.append(("decrypt", "use the S3 Bucket Key of the bucket", "kms:Decrypt", {}))
    return tuple(
        ServiceRequest(name, title, "key", _key_request(facts, action, facts.key_arn, context), "documented", _KEY_POLICY)
        for name, title, action, context in documented
    )


def _folders(facts: SourceFacts) -> tuple[PartialString, ...]:
    """Return the folder of all logs, of which there may be two: AWS does not say what a slash at the prefix's end does."""
    if facts.prefix is None:
        return (partial("AWSLogs/"),)
    last = facts.prefix.parts[-1] if facts.prefix.parts else ""
    folder = partial(facts.prefix, "/AWSLogs/")
    return (folder, partial(facts.prefix, "AWSLogs/")) if isinstance(last, str) and last.endswith("/") else (folder,)


def _put_object(
    facts: SourceFacts,
    name: str,
    title: str,
    folders: tuple[PartialString, ...],
    owner: PartialString,
    confidence: Confidence = "documented",
    kind: str = "CloudTrail",
) -> ServiceRequest:
    """Return the write of an example file below the folder of its owner, in one of ``folders``."""
    context: dict[str, KeyValue] = {
        "s3:x-amz-acl": partial("bucket-owner-full-control"),
        "s3:x-amz-server-side-encryption": partial(facts.sse),
    }
    if facts.key_arn is not None:
        context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = facts.key_arn
    file_name = partial(facts.account, "_", kind, "_", facts.region, "_20300101T0000Z_example.json.gz")
    file = partial(owner, "/", kind, "/", facts.region, "/2030/01/01/", file_name)
    resource, *others = (partial(facts.bucket_arn, "/", folder, file) for folder in folders)
    request = _request(facts, "s3:PutObject", resource, context, _NOT_SENT_WITH_OBJECTS)
    if others:
        request = replace(request, alternatives=tuple(others), doubt=_DOUBLED_SLASH)
    return ServiceRequest(name, title, "bucket", request, confidence, f"{_BUCKET_POLICY}; {_LOG_FILES}")


def _own_key_context(facts: SourceFacts) -> dict[str, KeyValue]:
    """Return the encryption context that CloudTrail gives with the trail's own key.

    Source: AWS CloudTrail User Guide, How AWS CloudTrail uses AWS KMS; Amazon S3 User Guide, Reducing the cost of SSE-KMS
    with Amazon S3 Bucket Keys (the bucket's ARN then takes the place of the object's).
    """
    return {
        "kms:EncryptionContext:aws:cloudtrail:arn": facts.arn,
        "kms:EncryptionContext:aws:s3:arn": _s3_context(facts),
        "kms:EncryptionContextKeys": (partial("aws:cloudtrail:arn"), partial("aws:s3:arn")),
    }


def _s3_context(facts: SourceFacts) -> PartialString:
    if facts.bucket_key_enabled:
        return facts.bucket_arn
    written = put_objects(facts)[0].request
    return (
        partial(facts.bucket_arn, "/", UnknownPart("the path of a log file", "any"))
        if written.alternatives
        else written.resource
    )


def _default_key_request(facts: SourceFacts, key_arn: PartialString) -> ServiceRequest:
    """Return the request for the bucket's default key; whether S3 makes it for a trail without a key is not documented."""
    context: dict[str, KeyValue] = {
        "kms:EncryptionContext:aws:s3:arn": _s3_context(facts),
        "kms:EncryptionContextKeys": (partial("aws:s3:arn"),),
    }
    return ServiceRequest(
        "generate-data-key-bucket-default",
        "get a data key from the default key of the bucket",
        "key",
        _key_request(facts, "kms:GenerateDataKey", key_arn, context),
        "inferred",
        "Amazon S3 User Guide, Using server-side encryption with AWS KMS keys",
    )


def _key_request(facts: SourceFacts, action: str, key_arn: PartialString, context: dict[str, KeyValue]) -> Request:
    """Return a request to KMS, which CloudTrail makes as itself: no ``kms:ViaService``.

    The encryption context is all that ``context`` names; that of Decrypt is not documented and stays open.
    """
    absent = {"kms:viaservice"} | ({"kms:encryptioncontext:*"} if context else set())
    return _request(facts, action, key_arn, context, frozenset(absent))


def _request(
    facts: SourceFacts,
    action: str,
    resource: PartialString,
    context: dict[str, KeyValue] | None = None,
    absent: frozenset[str] = frozenset(),
) -> Request:
    common: dict[str, KeyValue] = {
        "aws:SourceArn": facts.arn,
        "aws:SourceAccount": facts.account,
        "aws:RequestedRegion": facts.region,
    }
    tls: dict[str, tuple[KeyValue | None, ...]] = {"s3:tlsversion": (partial("1.2"), partial("1.3"))}
    return service_request(SERVICE, action, resource, common | (context or {}), possible=tls, absent=absent)
