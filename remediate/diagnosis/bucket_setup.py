"""What a service does not accept of the bucket it logs to, besides the policy: its name, its encryption, its Object Lock."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.property_path import PropertyPath, place_of, property_path
from remediate.delivery.delivery import Delivery
from remediate.delivery.destinations import is_true
from remediate.delivery.service import Refusal
from remediate.diagnosis.finding import Finding
from remediate.partial_string import PartialString

_RULE = "BucketEncryption.ServerSideEncryptionConfiguration[0]"
_ALGORITHM = property_path(f"{_RULE}.ServerSideEncryptionByDefault.SSEAlgorithm")
_LOCK = property_path("ObjectLockEnabled")


def setup_findings(delivery: Delivery) -> Iterator[Finding]:
    """Yield what the service of a source refuses of the log bucket in the template, and a name that AWS does not accept."""
    if delivery.source is None or delivery.own_bucket is None:
        return
    for refusal in delivery.service.refuses:
        found = _encryption(delivery) if refusal.bucket_with == "kms-encryption" else _lock(delivery)
        yield from (_refused(delivery, refusal, *one) for one in found)
    yield from _name(delivery, delivery.own_bucket, delivery.service.source.bucket_name_begins)


def _encryption(delivery: Delivery) -> Iterator[tuple[str, PropertyPath, str, str]]:
    algorithm = delivery.resolver.string(delivery.resolver.at(str(delivery.own_bucket), _ALGORITHM))
    if algorithm is not None and (algorithm.known or "").startswith("aws:kms"):
        advice = "set SSEAlgorithm to AES256 and remove KMSMasterKeyID, or log to another bucket"
        yield "bucket-encryption", _ALGORITHM, f"encrypts by default with {algorithm}", advice


def _lock(delivery: Delivery) -> Iterator[tuple[str, PropertyPath, str, str]]:
    if is_true(delivery.resolver.value(delivery.resolver.at(str(delivery.own_bucket), _LOCK))):
        yield "bucket-object-lock", _LOCK, "has Object Lock", "log to a bucket without Object Lock"


def _refused(delivery: Delivery, refusal: Refusal, cause: str, path: PropertyPath, what: str, advice: str) -> Finding:
    bucket = str(delivery.own_bucket)
    detail = f"{bucket}, where {delivery.source} logs, {what}: {refusal.because}"
    return Finding(cause, bucket, _place(delivery, bucket, path), detail, "bucket", advice=advice, said=refusal.level)


def _name(delivery: Delivery, bucket: str, begins: str) -> Iterator[Finding]:
    """Yield a name that surely begins otherwise: one that CloudFormation makes begins with the name of the stack."""
    path = property_path("BucketName")
    name = delivery.resolver.string(delivery.resolver.at(bucket, path))
    first = name.parts[0] if isinstance(name, PartialString) and name.parts else ""
    if not begins or (name is not None and not isinstance(first, str)) or str(first).startswith(begins):
        return
    said = f"is named {name}" if name is not None else "has no BucketName, so its name begins with that of the stack"
    detail = f"{bucket}, where {delivery.source} logs, {said}: its name must begin with {begins}"
    advice = f"give it a BucketName that begins with {begins}; a bucket that exists is replaced by that"
    yield Finding("bucket-name", bucket, _place(delivery, bucket, path), detail, "bucket", advice=advice)


def _place(delivery: Delivery, bucket: str, path: PropertyPath) -> tuple[str | int, ...]:
    properties = delivery.resolver.model.properties(bucket)
    found = place_of(properties, path, delivery.resolver.scenario.conditions)
    return ("Resources", bucket, "Properties", *found) if found else ("Resources", bucket)
