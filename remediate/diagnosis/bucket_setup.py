"""What a service does not accept of the bucket it logs to, besides the policy: its name, its encryption, its Object Lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from remediate.cloudformation.property_path import PropertyPath, place_of, property_path
from remediate.delivery.delivery import Delivery
from remediate.delivery.destinations import DEFAULT_KEY, is_true
from remediate.delivery.service import Refusal
from remediate.diagnosis.finding import Finding
from remediate.diagnosis.key_names import is_other_name, what_it_is
from remediate.partial_string import PartialString, partial

_ALGORITHM = PropertyPath((*DEFAULT_KEY.steps[:-1], "SSEAlgorithm"))
_LOCK = property_path("ObjectLockEnabled")


def setup_findings(delivery: Delivery) -> Iterator[Finding]:
    """Yield what the service of a source refuses of the log bucket in the template, and a name that AWS does not accept."""
    if delivery.source is None or delivery.own_bucket is None:
        return
    for refusal in delivery.service.refuses:
        yield from (_refused(delivery, refusal, *one) for one in _FOUND[refusal.bucket_with](delivery))
    yield from _name(delivery, delivery.own_bucket, delivery.service.source.bucket_name_begins)


_Found: TypeAlias = Iterator[tuple[str, PropertyPath, str, str]]
"""A cause, the property where it is, what the bucket does or has, and what the user can do."""


def _encryption(delivery: Delivery) -> _Found:
    if algorithm := _kms(delivery):
        advice = "set SSEAlgorithm to AES256 and remove KMSMasterKeyID, or log to another bucket"
        yield "bucket-encryption", _ALGORITHM, f"encrypts by default with {algorithm}", advice


def _managed_key(delivery: Delivery) -> _Found:
    """Yield a default key that AWS manages: without a name it is that."""
    key = delivery.resolver.value(delivery.resolver.at(str(delivery.own_bucket), DEFAULT_KEY))
    named = isinstance(key, PartialString) and key != partial() and "alias/aws/" not in str(key)
    if (algorithm := _kms(delivery)) and not named:
        advice = "let KMSMasterKeyID be the ARN of a key of your own, or set SSEAlgorithm to AES256"
        yield "bucket-encryption", _ALGORITHM, f"encrypts by default with {algorithm} and a key that AWS manages", advice


def _key_id(delivery: Delivery) -> _Found:
    name = delivery.resolver.string(delivery.resolver.at(str(delivery.own_bucket), DEFAULT_KEY))
    if name and _kms(delivery) and "alias/" not in str(name) and is_other_name(delivery, name):
        kind, advice = what_it_is(delivery, name)
        yield "bucket-key-without-arn", DEFAULT_KEY, f"names its key by {kind}", advice


def _kms(delivery: Delivery) -> str:
    """Return the algorithm of the default encryption where it surely is one with a KMS key, else ""."""
    algorithm = delivery.resolver.string(delivery.resolver.at(str(delivery.own_bucket), _ALGORITHM))
    known = algorithm.known if algorithm else None
    return known if known and known.startswith("aws:kms") else ""


def _lock(delivery: Delivery) -> _Found:
    if is_true(delivery.resolver.value(delivery.resolver.at(str(delivery.own_bucket), _LOCK))):
        yield "bucket-object-lock", _LOCK, "has Object Lock", "log to a bucket without Object Lock"


_FOUND: Mapping[str, Callable[[Delivery], _Found]] = {
    "kms-encryption": _encryption,
    "aws-managed-key": _managed_key,
    "key-id": _key_id,
    "object-lock": _lock,
}


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
