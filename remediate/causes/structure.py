"""What is wrong with the resources themselves: their order, what they are attached to, and how they are set up."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.causes.cause import Finding
from remediate.cloudformation.dependencies import circle, waits_for
from remediate.cloudformation.locate import Located
from remediate.cloudformation.resources import BUCKET_POLICY, Data
from remediate.cloudformation.view import View, trusting
from remediate.policy.match import arn_fields
from remediate.symbolic import Text

_ARN_FIELDS = 6


def structure_findings(located: Located, data: Data) -> Iterator[Finding]:
    """Yield what is wrong with the trails, buckets and keys of a template."""
    attached = {policy for view in located.views for policy in view.bucket_policies}
    for view in located.views:
        if view.trail:
            yield from _order(view, data)
            yield from _unattached(view, attached)
        yield from _bucket(view)
        yield from _key(view)


def _order(view: View, data: Data) -> Iterator[Finding]:
    trail = str(view.trail)
    chain = circle(data, trail, view.bucket_policies)
    if chain:
        detail = f"{chain[0]} waits for {trail}, which must come after it ({' → '.join(chain)})"
        if chain[0] == trail:
            detail = f"{trail} waits for itself ({' → '.join(chain)}), so the stack cannot be created"
        advice = (
            f"take the reference to {trail} out of {chain[-2]}; a condition on a trail's ARN can be written without it: "
            "ArnLike aws:SourceArn = arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"
        )
        yield Finding("policy-waits-for-trail", trail, ("Resources", chain[-2]), detail, "bucket", advice=advice)
        return
    for policy in view.bucket_policies:
        if not waits_for(data, trail, policy):
            detail = f"nothing makes {trail} wait for {policy}"
            yield Finding("trail-before-policy", trail, ("Resources", trail), detail, "bucket")


def _unattached(view: View, attached: set[str]) -> Iterator[Finding]:
    bucket = view.own_bucket
    if bucket is None or view.bucket_policies:
        return
    stray = [one for one in trusting(view.resolver, BUCKET_POLICY, "bucket") if one not in attached]
    for policy in stray:
        detail = f"{policy} lets CloudTrail in, but into another bucket than {bucket}, where {view.trail} logs"
        advice = f"let the Bucket of {policy} be {bucket}, if that is what it is for"
        path = ("Resources", policy, "Properties", "Bucket")
        yield Finding("policy-for-another-bucket", policy, path, detail, "bucket", advice=advice)
    detail = f"{bucket}, where {view.trail} logs, has no policy in the template"
    yield Finding("bucket-without-policy", bucket, ("Resources", bucket), detail, "bucket")


def _bucket(view: View) -> Iterator[Finding]:
    if len(view.bucket_policies) > 1:
        names = " and ".join(view.bucket_policies)
        detail = f"{names} are policies of one bucket, which keeps the one that is written last"
        first, second = view.bucket_policies[:2]
        yield Finding("two-bucket-policies", first, ("Resources", second), detail, "bucket", advice="merge them into one")
    bucket = view.own_bucket
    if bucket is None:
        return
    acl = view.resolver.string(view.resolver.property(bucket, "AccessControl"))
    ownership = view.object_ownership()
    if acl is not None and acl.known not in {None, "Private"} and ownership in {None, "BucketOwnerEnforced"}:
        said = "is BucketOwnerEnforced" if ownership else "has no OwnershipControls, so a new bucket is BucketOwnerEnforced"
        detail = f"{bucket} {said}, which refuses its AccessControl {acl}"
        advice = "remove AccessControl, or add OwnershipControls with ObjectWriter where something else needs the ACL"
        path = ("Resources", bucket, "Properties", "AccessControl")
        yield Finding("bucket-acl", bucket, path, detail, "bucket", advice=advice)


def _key(view: View) -> Iterator[Finding]:
    if view.key is None:
        return
    key = view.key.logical_id
    if key is None:
        yield from _elsewhere(view, view.key.name)
        return
    wanted = (("Enabled", "true"), ("KeySpec", "SYMMETRIC_DEFAULT"), ("KeyUsage", "ENCRYPT_DECRYPT"))
    for name, right in wanted:
        value = view.resolver.value(view.resolver.property(key, name))
        known = value.known if isinstance(value, Text) else None if value is None else str(value)
        if known is not None and known.lower() != right.lower():
            detail = f"{key} has {name} {known}; CloudTrail needs {right}"
            path = ("Resources", key, "Properties", name)
            yield Finding("unusable-key", key, path, detail, "key", advice=f"set {name} to {right}, or use another key")


def _elsewhere(view: View, name: Text) -> Iterator[Finding]:
    """Yield a key outside the template that surely is in another Region; the bucket of the template is in the stack's."""
    fields = arn_fields(name)
    own = view.facts.region.known
    region = fields[3].known if fields and len(fields) == _ARN_FIELDS and fields[2].known == "kms" else None
    if view.trail and own and region and own != region and view.own_bucket:
        detail = f"the key of {view.trail} is in {region}, the bucket {view.own_bucket} in {own}"
        path = ("Resources", view.trail, "Properties", "KMSKeyId")
        advice = f"use a key in {own}"
        yield Finding("unusable-key", view.trail, path, detail, "key", advice=advice)
