"""What a trail logs through that is not in the template, and the statements to put there."""

from __future__ import annotations

import json
from collections.abc import Iterator

from remediate.cloudformation.expression import function
from remediate.cloudformation.keys import Place
from remediate.cloudformation.resources import section
from remediate.cloudformation.view import View
from remediate.plan.outcome import Skipped
from remediate.policy.cloudtrail import TrailFacts
from remediate.template import Plain


def outside(view: View) -> Iterator[Skipped]:
    """Yield the bucket and the key of a trail that are elsewhere, each with what its policy must say."""
    if view.bucket is None:
        yield Skipped("bucket-outside", "outside", f"{view.trail} names no S3BucketName", str(view.trail))
    elif view.bucket.logical_id is None and not view.bucket_policies:
        reason = f"the log bucket of {view.trail} is not in the template: {_origin(view, view.bucket)}"
        advice = "see that its policy has these statements, or name the bucket with --bucket if it is in the template"
        yield _paste(view, "bucket-outside", reason, advice, _bucket_statements(view))
    if view.key and view.key.logical_id is None and "alias/aws/" not in str(view.key.name):  # whose policy nobody can change
        reason = f"the key of {view.trail} is not in the template: {_origin(view, view.key)}"
        advice = "see that its policy has this statement, or name the key with --key if it is in the template"
        yield _paste(view, "key-outside", reason, advice, _key_statement(view))


def _paste(view: View, subject: str, reason: str, advice: str, statements: str) -> Skipped:
    if "${" in statements:
        advice += "; put their values in the place of ${…}, or the text into Fn::Sub"
    return Skipped(subject, "outside", reason, str(view.trail), advice, statements)


def _origin(view: View, place: Place) -> str:
    """Say where the name of a bucket or key comes from."""
    match function(place.expression):
        case ("Ref", str(name)) if name in section(view.resolver.data, "Parameters"):
            return f"the parameter {name} names it"
        case ("Ref", str(name)):
            return f"{name} is no resource that it could be"
        case ("Fn::ImportValue", _):
            return "another stack exports it"
        case None if isinstance(place.expression, str):
            return f"no resource here has the name {place.expression}"
    return f"its name is {json.dumps(place.expression)}"


def _bucket_statements(view: View) -> str:
    facts = view.facts
    folder = f"{facts.prefix}/" if facts.prefix else ""
    paths: list[Plain] = [f"{facts.bucket_arn}/{folder}AWSLogs/{facts.account}/*"]
    if facts.organization_id:
        paths.append(f"{facts.bucket_arn}/{folder}AWSLogs/{facts.organization_id}/*")
    return _shown(
        _statement("AWSCloudTrailAclCheck", ["s3:GetBucketAcl", "s3:GetBucketLocation"], str(facts.bucket_arn), facts),
        _statement("AWSCloudTrailWrite", ["s3:PutObject"], paths if len(paths) > 1 else paths[0], facts),
    )


def _key_statement(view: View) -> str:
    actions = ["kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"]
    return _shown(_statement("AWSCloudTrailKeyAccess", actions, "*", view.facts))


def _statement(sid: str, actions: list[str], resource: Plain, facts: TrailFacts) -> dict[str, Plain]:
    account_trails = f"arn:{facts.partition}:cloudtrail:*:{facts.account}:trail/*"
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": [*actions],
        "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": account_trails}},
    }


def _shown(*statements: dict[str, Plain]) -> str:
    return json.dumps([*statements], indent=2)
