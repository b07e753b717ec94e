"""Trails, and how the tests of this folder ask for them."""

from __future__ import annotations

from msgspec.structs import replace
from policy_notation import t

from remediate.delivery.requests import ServiceRequest, SourceFacts, requests
from remediate.delivery.services import default_service
from remediate.iam.evaluate import evaluate
from remediate.iam.statement import Policy

TRAIL = "arn:${P}:cloudtrail:${R}:${A:digits}:trail/main"
BUCKET = "arn:${P}:s3:::${B}"
KEY = "arn:${P}:kms:${R}:${A:digits}:key/${K}"
PLAIN = SourceFacts(
    default_service(),
    name="Trail",
    arn=t(TRAIL),
    account=t("${A:digits}"),
    region=t("${R}"),
    partition=t("${P}"),
    bucket_arn=t(BUCKET),
)
KEYED = replace(PLAIN, key_arn=t(KEY), bucket_key_enabled=True)
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
ALLOW = {"Effect": "Allow", "Principal": SERVICE}


def by_id(made: tuple[ServiceRequest, ...]) -> dict[str, ServiceRequest]:
    return {one.id: one for one in made}


def outcome(given: Policy, facts: SourceFacts, name: str) -> str:
    return evaluate(given, by_id(requests(facts))[name].request).outcome.value
