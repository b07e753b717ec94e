"""The logging parts of a sampled template: concrete policies, and concrete trails with what they log through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tests.outside.parameters import ACCOUNT, ORGANIZATION, REGION
from tests.outside.sampling import NO_VALUE, NotSampled, Sampled

Kind = Literal["bucket", "key"]


@dataclass(frozen=True)
class Policy:
    """A policy of the template, for the bucket or key with the ARN. ``guessed``: a value in it was made up."""

    logical_id: str
    kind: Kind
    arn: str
    text: str
    guessed: bool

    @property
    def document(self) -> dict[str, Any]:
        """The policy as data."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    def folders(self) -> list[str]:
        """Return the path patterns of objects that the policy's statements name."""
        start = f"{self.arn}/"
        return list(dict.fromkeys(one.removeprefix(start) for one in self.resources() if one.startswith(start)))

    def resources(self) -> Iterator[str]:
        """Yield the resources that its statements name."""
        for statement in _items(self.document.get("Statement")):
            yield from map(str, _items(statement.get("Resource") if isinstance(statement, dict) else None))


@dataclass(frozen=True)
class Trail:
    """A trail and what it logs through; ``ordered``: it is created after every policy of its bucket."""

    logical_id: str
    arn: str
    bucket_arn: str
    prefix: str
    key_arn: str | None
    default_key_arn: str | None
    bucket_key: bool
    organization: str | None
    digests: bool
    policies: tuple[Policy, ...]
    ordered: bool
    guessed: bool
    account: str = ACCOUNT
    region: str = REGION


@dataclass(frozen=True)
class Stack:
    """What of a template matters here. ``missed``: parts that could not be sampled."""

    policies: tuple[Policy, ...]
    trails: tuple[Trail, ...]
    refused: tuple[str, ...]
    missed: tuple[str, ...]

    def policy(self, logical_id: str, kind: Kind) -> Policy | None:
        """Return the policy of a resource."""
        return next((one for one in self.policies if (one.logical_id, one.kind) == (logical_id, kind)), None)


def stack(template: dict[str, Any], parameters: dict[str, str]) -> Stack:
    """Return the logging parts of a template under concrete parameters."""
    sampled = Sampled(template, parameters)
    missed: list[str] = []
    policies = list(_policies(sampled, missed))
    trails = list(_trails(sampled, policies, missed))
    return Stack(tuple(policies), tuple(trails), tuple(_refused(sampled, policies, trails)), tuple(missed))


def _policies(sampled: Sampled, missed: list[str]) -> Iterator[Policy]:
    for kind, resource_type, member in (
        ("bucket", "AWS::S3::BucketPolicy", "PolicyDocument"),
        ("key", "AWS::KMS::Key", "KeyPolicy"),
    ):
        for name in _created(sampled, resource_type, missed):
            sampled.guesses.clear()
            try:
                document = sampled.property(name, member)
                if document is None and kind == "key":
                    document = _default_key_policy(sampled)
                if isinstance(document, str):
                    document = json.loads(document)
                if not isinstance(document, dict):
                    continue
                guessed = bool(sampled.guesses)
                if kind == "bucket":
                    arn = f"arn:aws:s3:::{sampled.property(name, 'Bucket')}"
                else:
                    arn = sampled.value({"Fn::GetAtt": [name, "Arn"]})
                yield Policy(name, kind, arn, json.dumps(document, sort_keys=True), guessed)  # type: ignore[arg-type]
            except (NotSampled, ValueError, KeyError, TypeError) as error:
                missed.append(f"{name}: {error}")


def _default_key_policy(sampled: Sampled) -> dict[str, Any]:
    """Return the policy of a key that has none. Source: AWS KMS Developer Guide, Default key policy."""
    root = f"arn:aws:iam::{sampled.account}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _trails(sampled: Sampled, policies: list[Policy], missed: list[str]) -> Iterator[Trail]:
    for name in _created(sampled, "AWS::CloudTrail::Trail", missed):
        try:
            yield _trail(sampled, name, policies)
        except (NotSampled, ValueError, KeyError, TypeError) as error:  # noqa: PERF203  # one trail must not cost the rest
            missed.append(f"{name}: {error}")


def _created(sampled: Sampled, kind: str, missed: list[str]) -> Iterator[str]:
    for name, one in sampled.resources.items():
        try:
            if one.get("Type") == kind and sampled.exists(name):
                yield name
        except NotSampled as error:  # noqa: PERF203  # as above
            missed.append(f"{name}: {error}")


def _trail(sampled: Sampled, name: str, policies: list[Policy]) -> Trail:
    sampled.guesses.clear()
    arn = sampled.value({"Fn::GetAtt": [name, "Arn"]})
    bucket = sampled.property(name, "S3BucketName")
    if not isinstance(bucket, str):
        raise NotSampled("S3BucketName")
    own = next((one for one in sampled.of_type("AWS::S3::Bucket") if sampled.value({"Ref": one}) == bucket), None)
    default_key, bucket_key = _default_encryption(sampled, own)
    key_arn = _key_arn(sampled, sampled.property(name, "KMSKeyId"))
    used = [one for one in policies if one.arn in {f"arn:aws:s3:::{bucket}", key_arn or default_key}]
    organization = _true(sampled.property(name, "IsOrganizationTrail"))
    return Trail(
        logical_id=name,
        arn=arn,
        bucket_arn=f"arn:aws:s3:::{bucket}",
        prefix=str(sampled.property(name, "S3KeyPrefix") or ""),
        key_arn=key_arn,
        default_key_arn=default_key,
        bucket_key=bucket_key,
        organization=organization_of(sampled, used) if organization else None,
        digests=_true(sampled.property(name, "EnableLogFileValidation")),
        policies=tuple(used),
        ordered=all(_comes_before(sampled, one.logical_id, name) for one in used if one.kind == "bucket"),
        guessed=bool(sampled.guesses),
        account=sampled.account,
        region=sampled.region,
    )


def _refused(sampled: Sampled, policies: list[Policy], trails: list[Trail]) -> Iterator[str]:
    """Yield what S3 refuses: a foreign resource in a bucket policy, a second policy, an ACL where ACLs are off."""
    buckets = [one for one in policies if one.kind == "bucket"]
    for policy in buckets:
        for one in policy.resources():
            if not _fits(one, policy.arn):
                yield f"{policy.logical_id}: {one} is not of the bucket"
        if sum(one.arn == policy.arn for one in buckets) > 1:
            yield f"{policy.logical_id}: not the only policy of the bucket"
    for name in sampled.of_type("AWS::S3::Bucket"):
        try:
            if f"arn:aws:s3:::{sampled.value({'Ref': name})}" not in {one.bucket_arn for one in trails}:
                continue
            rules = sampled.property(name, "OwnershipControls", "Rules")
            acl = sampled.property(name, "AccessControl")
        except NotSampled:
            continue
        ownership = rules[0].get("ObjectOwnership") if isinstance(rules, list) and rules else "BucketOwnerEnforced"
        if ownership == "BucketOwnerEnforced" and acl not in {None, "Private", "BucketOwnerFullControl"}:
            yield f"{name}: AccessControl {acl} where ACLs are off"


def _fits(resource: str, bucket_arn: str) -> bool:
    literal = re.split(r"[*?$]", resource)[0]
    if literal != resource and len(literal) <= len(bucket_arn):
        return bucket_arn.startswith(literal)
    return resource == bucket_arn or resource.startswith(f"{bucket_arn}/")


def organization_of(sampled: Sampled, policies: list[Policy]) -> str:
    """Return the organization's id that the policies or parameters hold, else a sample."""
    values = [str(sampled.value({"Ref": name})) for name in sampled.template.get("Parameters") or {}]
    found = re.search(r"\bo-[a-z0-9]{10,32}\b", " ".join([*values, *(one.text for one in policies)]))
    return found[0] if found else ORGANIZATION


def _default_encryption(sampled: Sampled, bucket: str | None) -> tuple[str | None, bool]:
    """Return the ARN of the key that the bucket encrypts with by default, and whether it has an S3 Bucket Key."""
    rules = sampled.property(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration") if bucket else None
    rule = rules[0] if isinstance(rules, list) and rules and isinstance(rules[0], dict) else {}
    default = rule.get("ServerSideEncryptionByDefault")
    key = default.get("KMSMasterKeyID") if isinstance(default, dict) else None
    arn = None if str(key).endswith("alias/aws/s3") else _key_arn(sampled, key)
    return arn, _true(rule.get("BucketKeyEnabled"))


def _key_arn(sampled: Sampled, name: Any) -> str | None:
    """Return the ARN of the key that a property names by id, ARN, alias or the alias's ARN."""
    if name in (None, "", NO_VALUE):
        return None
    base = f"arn:aws:kms:{sampled.region}:{sampled.account}:"
    for alias in sampled.of_type("AWS::KMS::Alias"):
        known = sampled.property(alias, "AliasName")
        if name in {known, f"{base}{known}"}:
            return _key_arn(sampled, sampled.property(alias, "TargetKeyId"))
    return str(name) if str(name).startswith("arn:") else f"{base}{'' if '/' in str(name) else 'key/'}{name}"


def _comes_before(sampled: Sampled, first: str, then: str) -> bool:
    """Whether ``then`` depends on ``first``, by DependsOn or by what it refers to, itself or through others."""
    rest, seen = [then], {then}
    while rest:
        for one in _needs(sampled, rest.pop()) - seen:
            if one == first:
                return True
            seen.add(one)
            rest.append(one)
    return False


def _needs(sampled: Sampled, logical_id: str) -> set[str]:
    resource = sampled.resources[logical_id]
    if not sampled.exists(logical_id):
        return set()
    named = set(_items(resource.get("DependsOn")))
    text = json.dumps(sampled.existing_parts(resource.get("Properties") or {}), default=str)
    named |= set(re.findall(r'"Ref": "(\w+)"', text)) | set(re.findall(r'"Fn::GetAtt": \[?"(\w+)', text))
    named |= set(re.findall(r"\$\{(\w+)[.}]", text))
    return {one for one in named if one in sampled.resources}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _true(value: Any) -> bool:
    return str(value).lower() == "true"
