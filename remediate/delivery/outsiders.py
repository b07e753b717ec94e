"""Requests that nobody means to allow: they show what a change lets in besides CloudTrail's own requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from remediate.delivery.requests import SERVICE, SourceFacts, key_requests, promised_put_objects, requests
from remediate.iam.request import ANONYMOUS, Request
from remediate.iam.service_caller import service_request
from remediate.iam.statement import PolicyKind
from remediate.partial_string import PartialString, partial

OTHER_ACCOUNT = "999988887777"
_SERVICES = ("config.amazonaws.com", "delivery.logs.amazonaws.com", "logging.s3.amazonaws.com", "sns.amazonaws.com")


@dataclass(frozen=True, slots=True)
class Outsider:
    """A request by somebody who is not one of the template's trails; ``deputy`` for another account's trail.

    Another account's trail is the confused deputy: CloudTrail itself, acting for somebody else. Source: IAM User Guide,
    The confused deputy problem. ``insecure``: it is CloudTrail's own write, but without TLS.
    """

    who: str
    policy: PolicyKind
    request: Request
    deputy: bool = False
    insecure: bool = False


def outsiders(facts: SourceFacts, account: str = OTHER_ACCOUNT) -> Iterator[Outsider]:
    """Yield requests against the trail's bucket and key. The account in ``facts`` must be a known one.

    ``account`` is the strangers' own, which no policy may name: one that it names is no stranger to it.
    """
    yield from _other_trail(facts, account)
    yield from _cloudtrail_astray(facts)
    for service in _SERVICES:
        for policy, action, resource in _doors(facts):
            yield Outsider(
                service, policy, service_request(service, action, resource, {"aws:SourceAccount": partial(account)})
            )
    for who, principal in (("anybody", ANONYMOUS), ("another account", f"arn:aws:iam::{account}:root")):
        for policy, action, resource in _doors(facts):
            yield Outsider(who, policy, Request(principal, action, resource, {"aws:securetransport": partial("true")}))


def _other_trail(facts: SourceFacts, other: str) -> Iterator[Outsider]:
    """Yield what another account's trail asks, on its own path and on that of the template's trail."""
    account = partial(other)
    arn = partial("arn:", facts.partition, ":cloudtrail:", facts.region, f":{other}:trail/somebody-else")
    theirs = replace(facts, arn=arn, account=account, organization_id=None)
    # With the bucket's default key a trail asks for the same as with a key of its own.
    with_key = key_requests(replace(theirs, key_arn=facts.key_arn or facts.bucket_key_arn))
    asked = [*requests(theirs), *key_requests(theirs), *with_key]
    for one in {(one.id, one.request.resource): one for one in asked}.values():
        yield Outsider("a trail of another account", one.policy, one.request, deputy=True)
    # A write carries headers, and is among the requests above.
    for policy, action, resource in (door for door in _doors(facts) if door[1] != "s3:PutObject"):
        request = service_request(SERVICE, action, resource, {"aws:SourceArn": arn, "aws:SourceAccount": account})
        yield Outsider("a trail of another account", policy, request, deputy=True)
    here = {one.request.resource: one.request for one in promised_put_objects(facts)}
    common = {"aws:sourcearn": arn, "aws:sourceaccount": account}
    for request in here.values():
        theirs_here = replace(request, context={**request.context, **common})
        yield Outsider("a trail of another account", "bucket", theirs_here, deputy=True)


def _cloudtrail_astray(facts: SourceFacts) -> Iterator[Outsider]:
    """Yield CloudTrail's own write, but outside its folders, and without TLS."""
    for one in requests(facts):
        if one.id == "put-object":
            elsewhere = partial(facts.bucket_arn, "/somewhere/else")
            astray = replace(one.request, resource=elsewhere, alternatives=(), doubt="")
            yield Outsider("CloudTrail, outside its folders", "bucket", astray)
            plain = {**one.request.context, "aws:securetransport": partial("false")}
            yield Outsider("CloudTrail, without TLS", "bucket", replace(one.request, context=plain), insecure=True)


def _doors(facts: SourceFacts) -> Iterator[tuple[PolicyKind, str, PartialString]]:
    log_file = partial(facts.bucket_arn, "/AWSLogs/", facts.account, "/CloudTrail/file.json.gz")
    yield "bucket", "s3:GetBucketAcl", facts.bucket_arn
    yield "bucket", "s3:ListBucket", facts.bucket_arn
    yield "bucket", "s3:PutObject", log_file
    yield "bucket", "s3:GetObject", log_file
    key = facts.key_arn or facts.bucket_key_arn
    if key is not None:
        yield "key", "kms:GenerateDataKey", key
        yield "key", "kms:DescribeKey", key
        yield "key", "kms:Decrypt", key
        yield "key", "kms:CreateGrant", key
