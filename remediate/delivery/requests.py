"""The requests that a service makes when a source of logs is created and when it delivers, made from their forms."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.delivery.service import Confidence, Forms, LogService, RequestForm
from remediate.iam.holders import PolicyKind
from remediate.iam.request import KeyValue, Request, ServiceName
from remediate.iam.service_caller import service_request
from remediate.partial_string import PartialString, UnknownPart, partial

_NAME = re.compile(r"\{([a-z0-9-]+/?)\}")
_TLS: Mapping[str, tuple[KeyValue | None, ...]] = {"s3:tlsversion": (partial("1.2"), partial("1.3"))}


class SourceFacts(Struct, frozen=True):
    """What is known of a source of logs and of what it logs through.

    ``account`` owns the source (of an organization's: the management account). ``organization_id`` is None for a source
    that is not an organization's. ``key_arn`` is the source's own key, ``bucket_key_arn`` the default KMS key of the
    bucket, ``topic_arn`` the topic that is notified, ``topic_key_arn`` the key that encrypts it. ``options`` are the facts
    that its properties switch on. ``other_writer``: a role of the template writes first. ``home`` is the Region of the
    stack, where its own resources are. ``role_arn`` is the role that the service assumes and
    ``log_group_arn`` the log group that it writes to with it, without what stands for the group's streams;
    ``other_permissions`` says what else may allow the role something, and ``boundary`` what may refuse it. ``acl``: whether
    the ACL of the bucket grants the write. ``source_name`` is what the source is called in its ARN.
    """

    service: LogService
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
    topic_arn: PartialString | None = None
    topic_key_arn: PartialString | None = None
    options: frozenset[str] = field(default_factory=frozenset)
    other_writer: bool = False
    acl: Literal["", "grants", "may grant"] = ""
    source_name: PartialString | None = None
    home: PartialString = partial(UnknownPart("AWS::Region"))
    role: str = ""
    role_arn: PartialString | None = None
    log_group_arn: PartialString | None = None
    other_permissions: str = ""
    boundary: str = ""

    @property
    def sse(self) -> Literal["aws:kms", "AES256"]:
        """The ``x-amz-server-side-encryption`` header that goes with the source's key, or with none."""
        return "AES256" if self.key_arn is None else "aws:kms"

    def holding(self) -> frozenset[str]:
        """Return the names of the facts under which a request is made."""
        found = {
            "prefix": self.prefix is not None,
            "organization": self.organization_id is not None,
            "own-key": self.key_arn is not None,
            "default-key": self.key_arn is None and self.bucket_key_arn is not None,
            "bucket-key": self.bucket_key_enabled,
            "topic": self.topic_arn is not None,
            "topic-key": self.topic_key_arn is not None,
            "role": self.role_arn is not None,
            "log-group": self.log_group_arn is not None,
        }
        return self.options | self.service.source.facts | {name for name, holds in found.items() if holds}


class ServiceRequest(Struct, frozen=True):
    """A request that a service makes: what it is for, which policy decides it, and how well it is documented."""

    id: str
    title: str
    policy: PolicyKind
    request: Request
    confidence: Confidence
    source: str
    is_write: bool = False


@functools.lru_cache(maxsize=1024)
def requests(facts: SourceFacts) -> tuple[ServiceRequest, ...]:
    """Return every request that the service makes for this source."""
    holding = facts.holding()
    return tuple(_made(facts, one) for one in facts.service.requests if _is_made(one.when, holding))


@functools.lru_cache(maxsize=1024)
def possible_requests(facts: SourceFacts) -> tuple[ServiceRequest, ...]:
    """Return every request that the service makes for this source, or may come to make: what a fixed policy allows."""
    holding = facts.holding()
    ways = ((one, (one.when, one.may_be_made)) for one in facts.service.requests)
    return tuple(_made(facts, one) for one, facts_of in ways if any(_is_made(way, holding) for way in facts_of))


def _is_made(asked: frozenset[str] | None, holding: frozenset[str]) -> bool:
    """Tell whether all facts hold under which a request is made."""
    return asked is not None and all((one[1:] not in holding) if one.startswith("!") else one in holding for one in asked)


def filled(form: str, values: Mapping[str, PartialString]) -> PartialString:
    """Return a form with the values of the facts that it names. Raises KeyError for a fact that is not known."""
    parts = _NAME.split(form)
    return partial(*(values[part] if number % 2 else part for number, part in enumerate(parts)))


def facts_of(facts: SourceFacts) -> dict[str, PartialString]:
    """Return the facts that forms can name, but for the folder; those that a source does not have are left out."""
    organization = facts.organization_id
    found = {
        "account": facts.account,
        "region": facts.region,
        "partition": facts.partition,
        "arn": facts.arn,
        "bucket": facts.bucket_arn,
        "name": facts.source_name,
        "sse": partial(facts.sse),
        "key": facts.key_arn,
        "topic": facts.topic_arn,
        "organization": organization,
        "log-group": facts.log_group_arn,
        "owner": facts.account if organization is None else partial(organization, "/", facts.account),
    }
    return {name: value for name, value in found.items() if value is not None}


@functools.lru_cache(maxsize=1024)
def principal_of(facts: SourceFacts, form: str) -> PartialString:
    """Return a service principal by its form. A Region in it is that of the stack, also where the sources are elsewhere."""
    return filled(form, {"region": facts.home}) if "{" in form else partial(form)


@functools.lru_cache(maxsize=1024)
def service_name(facts: SourceFacts) -> ServiceName:
    """Return what policies call the service."""
    forms = (facts.service.principal, *facts.service.uncertain_principals)
    name, *perhaps = (principal_of(facts, form) for form in forms)
    return ServiceName(name, tuple(perhaps))


def folders(facts: SourceFacts) -> tuple[PartialString, ...]:
    """Return the folder of all logs, of which there may be two: AWS does not say what a slash at the prefix's end does."""
    prefix, slash = facts.prefix, facts.service.slash
    if prefix is None:
        beginnings = [partial()]
    else:
        last = prefix.parts[-1] if prefix.parts else ""
        slashed = isinstance(last, str) and last.endswith("/")
        beginnings = [partial(prefix, slash), prefix] if slash and slashed else [partial(prefix, slash)]
    return tuple(partial(one, filled(facts.service.below, facts_of(facts))) for one in beginnings)


def _made(facts: SourceFacts, form: RequestForm) -> ServiceRequest:
    is_write = form.target == "object"
    request = _by_role(facts, form) if form.target == "permissions" else _by_service(facts, form)
    if is_write and facts.acl:
        request = _by_acl(facts, request)
    return ServiceRequest(
        *(form.id, form.title, _DECIDING[form.target], request, form.confidence, form.source), is_write=is_write
    )


_DECIDING: Mapping[str, PolicyKind] = {
    "object": "bucket",
    "bucket": "bucket",
    "topic": "topic",
    "topic-key": "key",
    "key": "key",
    "role": "role",
    "permissions": "permissions",
}
"""Which policy decides a request for each kind of target."""


def _by_service(facts: SourceFacts, form: RequestForm) -> Request:
    """Return a request that the service makes itself."""
    values = facts_of(facts)
    if form.target == "object":
        resource, *others = _objects(facts, form)
        request = _request(facts, form, resource, values)
        return replace(request, alternatives=tuple(others), doubt=_doubled_slash(facts)) if others else request
    if form.target == "key":
        values["s3-context"] = _s3_context(facts)
    known, what = {
        "bucket": (facts.bucket_arn, "the bucket"),
        "topic": (facts.topic_arn, "the topic"),
        "topic-key": (facts.topic_key_arn, "the key of the topic"),
        "role": (facts.role_arn, "the role"),
        "key": (facts.key_arn or facts.bucket_key_arn, "the key"),
    }[form.target]
    return _request(facts, form, known or partial(UnknownPart(what, "any")), values)


def _objects(facts: SourceFacts, form: RequestForm) -> list[PartialString]:
    """Return the ARN of an example file, in each folder that it may be in."""
    values = facts_of(facts)
    found = (partial(facts.bucket_arn, "/", filled(form.object, values | {"folder": one})) for one in folders(facts))
    return list(dict.fromkeys(found))


def _request(facts: SourceFacts, form: RequestForm, resource: PartialString, values: dict[str, PartialString]) -> Request:
    service = facts.service
    common = {key: one for key, one in _context(service.context, values).items() if key not in form.unsure}
    perhaps = _context(service.may_carry, values)
    found = service_request(
        *(service_name(facts), form.action, resource, common | _context(form.context, values)),
        possible={**_TLS, **{key: (None, value) for key, value in perhaps.items()}},
        absent=form.absent,
        notes=dict.fromkeys(perhaps, f"AWS does not document that {service.name} sends it"),
    )
    writer = service.writer
    return replace(found, fallback=writer.reason) if writer and facts.other_writer else found


def _by_role(facts: SourceFacts, form: RequestForm) -> Request:
    """Return a request that the service makes with the role that it has assumed, in the role's account."""
    values = facts_of(facts)
    return Request(
        principal=f"the role {facts.role}",
        action=form.action,
        resource=filled(form.resource, values),
        context={"aws:securetransport": partial("true"), **_context(form.context, values)},
        fallback=facts.other_permissions,
        limit=facts.boundary,
    )


def _by_acl(facts: SourceFacts, request: Request) -> Request:
    """Return a write with the ACL of the bucket that grants it, or may grant it."""
    granting = facts.service.acl_grants
    if facts.acl == "grants":
        return replace(request, granted=f"the ACL {granting}")
    return replace(request, fallback=f"the AccessControl of the bucket may be {granting}")


def _context(forms: Forms, values: Mapping[str, PartialString]) -> dict[str, KeyValue]:
    """Return the condition keys whose values are known; one that names a fact that the source lacks is left out."""
    found: dict[str, KeyValue] = {}
    for key, form in forms.items():
        if isinstance(form, tuple):
            found[key] = tuple(filled(one, values) for one in form)
        elif values.keys() >= set(_NAME.findall(form)):
            found[key] = filled(form, values)
    return found


def _s3_context(facts: SourceFacts) -> PartialString:
    """Return the encryption context that S3 gives: the object, or with an S3 Bucket Key its bucket.

    Source: Amazon S3 User Guide, Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys.
    """
    if facts.bucket_key_enabled:
        return facts.bucket_arn
    written = next((_objects(facts, one) for one in facts.service.requests if one.target == "object"), [])
    return written[0] if len(written) == 1 else partial(facts.bucket_arn, "/", UnknownPart("the path of a log file", "any"))


def _doubled_slash(facts: SourceFacts) -> str:
    return f"the {facts.service.source.prefix} ends in a slash: AWS does not say whether the path then has another one"
