"""What a trail logs through that is not in the template, and the statements to put there."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.existence import Deployments
from remediate.cloudformation.expression import chosen
from remediate.cloudformation.keys import Place
from remediate.cloudformation.organization import find_organization_id
from remediate.cloudformation.resources import properties
from remediate.cloudformation.unfixed import as_in_sub, shown
from remediate.cloudformation.view import View
from remediate.patchset import PatchSet
from remediate.plan.origin import absent_bucket, origin
from remediate.plan.outcome import Skipped
from remediate.plan.paste import statements
from remediate.symbolic import text


def outside(view: View, patch_set: PatchSet) -> Iterator[Skipped]:
    """Yield the bucket and the key of a trail that are elsewhere, each with what a patch set wants in its policy."""
    trail = str(view.trail)
    if view.bucket is not None and view.bucket.logical_id is None and not view.bucket_policies:
        yield from _bucket(view, trail, view.bucket, patch_set)
    if view.key and view.key.logical_id is None and "alias/aws/" not in str(view.key.name):  # whose policy nobody can change
        named = origin(view, view.key.expression, "key")
        reason = f"the key of {trail} is not in the template: {named}"
        pasted = key_statements(view, patch_set)
        advice = f"{_see_that(pasted)}, or name the key with --key if it is in the template"
        yield _paste(view, "key-outside", reason, advice, pasted)


def _bucket(view: View, trail: str, bucket: Place, patch_set: PatchSet) -> Iterator[Skipped]:
    absent = absent_bucket(view, bucket.expression)
    guard = chosen(bucket.expression, view.resolver.scenario.conditions).guard
    if absent and Deployments(view.resolver.data, view.given).without(absent, trail, guard).witness is not None:
        return  # a reference to nothing is a root cause of its own
    named = origin(view, bucket.expression, "bucket", properties(view.resolver.data, trail).get("S3KeyPrefix"))
    reason = f"the log bucket of {trail} is not in the template: {named}"
    pasted = bucket_statements(view, bucket, patch_set)
    advice = f"{_see_that(pasted)}, or name the bucket with --bucket if it is in the template"
    yield _paste(view, "bucket-outside", reason, advice, pasted)


def _paste(view: View, subject: str, reason: str, advice: str, pasted: str) -> Skipped:
    if "${" in pasted:
        advice += "; replace each ${…} by its value, or wrap the string in Fn::Sub"
    if view.facts.organization_id and "aws:Source" in pasted:
        # AWS CloudTrail User Guide, Organization delegated administrator: the management account owns the trail.
        advice += "; if a delegated administrator makes the trail, write the management account in the Condition"
    return Skipped(subject, "outside", reason, str(view.trail), advice, pasted)


def _see_that(pasted: str) -> str:
    """Say what is to be seen to; a patch set of the user's own need not have a statement for it."""
    if not pasted:
        return "see that its policy lets CloudTrail in"
    noun = "this statement" if pasted.count('"Effect"') == 1 else "these statements"
    return f"see that its policy has {noun}"


def bucket_statements(view: View, bucket: Place, patch_set: PatchSet) -> str:
    """Return, as JSON, the statements that a patch set wants in the policy of a bucket outside the template."""
    arn = f"arn:{_partition(view)}:s3:::{as_in_sub(view, bucket.expression, 'name of the log bucket')}"
    folders = [f"{arn}/{prefix}AWSLogs" for prefix in _prefixes(view)]
    paths = [f"{folder}/{_account(view)}/*" for folder in folders]
    if view.facts.organization_id:
        paths += [f"{folder}/{_organization(view)}/*" for folder in folders]
    return statements(view, patch_set, "bucket-policy", {"log-bucket": [arn], "log-objects": paths})


def key_statements(view: View, patch_set: PatchSet) -> str:
    """Return, as JSON, the statements that a patch set wants in the policy of a key outside the template."""
    return statements(view, patch_set, "key-policy", {"every": ["*"]})


def _prefixes(view: View) -> list[str]:
    """Return what stands before AWSLogs: the trail's prefix, and nothing too where a parameter may leave it out."""
    written = properties(view.resolver.data, str(view.trail)).get("S3KeyPrefix")
    prefix = as_in_sub(view, written, "S3KeyPrefix") if view.resolver.string(written) is not None else ""
    # AWS does not say whether a slash at the end of the prefix makes two.
    with_prefix = [*([prefix] if prefix.endswith("/") else []), f"{prefix}/"] if prefix else []
    return with_prefix if view.facts.prefix else ["", *with_prefix]


def _partition(view: View) -> str:
    return as_in_sub(view, {"Ref": "AWS::Partition"}, "partition")


def _account(view: View) -> str:
    return as_in_sub(view, {"Ref": "AWS::AccountId"}, "account")


def _organization(view: View) -> str:
    """Return the organization's id; one that a parameter holds by that parameter."""
    found = find_organization_id(view.resolver.data)
    if found is not None and view.resolver.string(found) == view.facts.organization_id:
        return as_in_sub(view, found, "organization id")
    return shown(view.facts.organization_id or text(), "organization id")
