"""Requests that nobody means to allow: they show what a change lets in besides the service's own requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from remediate.delivery.requests import (
    ServiceRequest,
    SourceFacts,
    facts_of,
    filled,
    possible_requests,
    principal_of,
    requests,
    service_name,
)
from remediate.delivery.texts import principal_text
from remediate.iam.holders import PolicyKind
from remediate.iam.request import ANONYMOUS, Request, ServiceName
from remediate.iam.service_caller import service_request
from remediate.partial_string import PartialString, partial

OTHER_ACCOUNT = "999988887777"


class Outsider(Struct, frozen=True):
    """A request by somebody who is not one of the template's sources.

    ``deputy`` names the service that acts for another account's source: the confused deputy (IAM User Guide, The confused
    deputy problem). ``insecure``: it is the service's own write, but without TLS; ``astray``: outside its folders.
    ``example``: what is asked for is an example of what a statement names.
    """

    who: str
    policy: PolicyKind
    request: Request
    deputy: str = ""
    insecure: bool = False
    astray: bool = False
    example: bool = False


def outsiders(facts: SourceFacts, account: str = OTHER_ACCOUNT) -> Iterator[Outsider]:
    """Yield requests against the source's bucket and key. The account in ``facts`` must be a known one.

    ``account`` is the outsiders' own, which no policy may name: one that it names is no outsider to it.
    """
    facts = replace(facts, acl="")  # an ACL grants nothing to strangers: they are asked of policies
    yield from _other_source(facts, account)
    yield from _service_astray(facts)
    for service in facts.service.outsiders.services:
        name = ServiceName(principal_of(facts, service))
        for policy, action, resource in _entry_points(facts):
            request = service_request(name, action, resource, {"aws:SourceAccount": partial(account)})
            yield Outsider(principal_text(service), policy, request)
    for who, principal in (("anybody", ANONYMOUS), ("another account", f"arn:aws:iam::{account}:root")):
        for policy, action, resource in _entry_points(facts):
            yield Outsider(who, policy, Request(principal, action, resource, {"aws:securetransport": partial("true")}))


def _other_source(facts: SourceFacts, other: str) -> Iterator[Outsider]:
    """Yield what another account's source asks, on its own path, on that of the template's source, and elsewhere.

    It asks nothing of a role: a service takes a role from its own account only (IAM User Guide, Grant a user permissions to
    pass a role to an AWS service).
    """
    service, who = facts.service, f"{facts.service.source.a_noun} of another account"
    account = partial(other)
    arn = filled(service.outsiders.arn, facts_of(facts) | {"account": account})
    theirs = replace(facts, arn=arn, account=account, organization_id=None)
    # With the bucket's default key a source asks for the same as with a key of its own.
    with_key = _of_key(replace(theirs, key_arn=facts.key_arn or facts.bucket_key_arn))
    asked = [*(one for one in requests(theirs) if one.policy not in _OF_ROLE), *_of_key(theirs), *with_key]
    for one in {(one.id, one.request.resource): one for one in asked}.values():
        yield Outsider(who, one.policy, one.request, deputy=service.name)
    # A write carries headers, and is among the requests above.
    name = service_name(facts)
    context = {"aws:SourceArn": arn, "aws:SourceAccount": account}
    context |= dict.fromkeys(service.source_keys & service.context.keys(), arn)
    entries = (one for one in _entry_points(facts) if one[0] not in _OF_ROLE and one[1] != "s3:PutObject")
    for policy, action, resource in entries:
        yield Outsider(who, policy, service_request(name, action, resource, context), deputy=service.name)
    for file in (_log_file(theirs), _elsewhere(facts)) if service.source.bucket else ():
        yield Outsider(who, "bucket", service_request(name, "s3:GetObject", file, context), deputy=service.name)
    common = {"aws:sourcearn": arn, "aws:sourceaccount": account}
    for request in _writes_here(facts):
        theirs_here = replace(request, context={**request.context, **common})
        yield Outsider(who, "bucket", theirs_here, deputy=service.name)


def _writes_here(facts: SourceFacts) -> Iterable[Request]:
    """Return the writes on the path of the template's source, where another account's source may ask for it."""
    writes = (one.request for one in possible_requests(facts) if one.is_write and not facts.service.outsiders.own_path)
    return {one.resource: one for one in writes}.values()


_OF_ROLE: tuple[PolicyKind, ...] = ("role", "permissions")


def _of_key(facts: SourceFacts) -> list[ServiceRequest]:
    return [one for one in possible_requests(facts) if one.policy == "key"]


def _service_astray(facts: SourceFacts) -> Iterator[Outsider]:
    """Yield the service's own write, but outside its folders, and without TLS."""
    name = facts.service.name
    write = next((one for one in requests(facts) if one.is_write), None)
    if write is not None:
        if facts.service.below:  # else a source without prefix writes to all of the bucket
            astray = replace(write.request, resource=_elsewhere(facts), alternatives=(), doubt="")
            yield Outsider(f"{name}, outside its folders", "bucket", astray, astray=True)
        plain = {**write.request.context, "aws:securetransport": partial("false")}
        yield Outsider(f"{name}, without TLS", "bucket", replace(write.request, context=plain), insecure=True)


def _entry_points(facts: SourceFacts) -> Iterator[tuple[PolicyKind, str, PartialString]]:
    if facts.service.source.bucket:
        log_file = _log_file(facts)
        yield "bucket", "s3:GetBucketAcl", facts.bucket_arn
        yield "bucket", "s3:ListBucket", facts.bucket_arn
        yield "bucket", "s3:PutObject", log_file
        yield "bucket", "s3:GetObject", log_file
    key = facts.key_arn or facts.bucket_key_arn
    if key is not None:
        yield from _uses(key)
    if facts.topic_key_arn is not None and facts.topic_key_arn != key:
        yield from _uses(facts.topic_key_arn)
    if facts.topic_arn is not None:
        yield "topic", "sns:Publish", facts.topic_arn
        yield "topic", "sns:Subscribe", facts.topic_arn
    if facts.role_arn is not None:
        yield "role", "sts:AssumeRole", facts.role_arn


def _uses(key: PartialString) -> Iterator[tuple[PolicyKind, str, PartialString]]:
    for action in ("GenerateDataKey", "DescribeKey", "Decrypt", "CreateGrant"):
        yield "key", f"kms:{action}", key


def _log_file(facts: SourceFacts) -> PartialString:
    return partial(facts.bucket_arn, "/", filled(facts.service.outsiders.object, facts_of(facts)))


def _elsewhere(facts: SourceFacts) -> PartialString:
    return partial(facts.bucket_arn, "/somewhere/else")
