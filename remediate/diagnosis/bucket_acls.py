"""Buckets that S3 refuses to create, because of their ACL."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.bucket_acl import PUBLIC, BucketAcl, bucket_acls
from remediate.cloudformation.existence import where
from remediate.cloudformation.expression import mentions
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.locate import Located
from remediate.diagnosis.finding import Finding


def acl_findings(located: Located, model: TemplateModel) -> Iterator[Finding]:
    """Yield the ACLs that S3 refuses of log buckets, and of the buckets that these log their own access to."""
    for bucket, role in _buckets(located).items():
        for one in bucket_acls(model, bucket, located.parameters):
            if one.refused:
                detail = f"{bucket}{role} {one.refusal}, which refuses its AccessControl {one.acl}"
                yield _finding(bucket, one, detail, _advice(one))


def open_acls(located: Located, model: TemplateModel) -> Iterator[Finding]:
    """Yield the ACLs of these buckets that S3 would refuse, unless they turn out to be ones that it always accepts."""
    for bucket, role in _buckets(located).items():
        for one in bucket_acls(model, bucket, located.parameters):
            if one.acl is None and one.refusal and one.matters:
                parameters = mentions(model.properties(bucket)["AccessControl"]) & model.parameters.keys()
                advice = f"give its value with --parameter KEY=VALUE ({', '.join(sorted(parameters))})" if parameters else ""
                yield _finding(bucket, one, f"{bucket}{role} {one.refusal}, which may refuse its AccessControl", advice)


def _finding(bucket: str, one: BucketAcl, detail: str, advice: str) -> Finding:
    detail += f" where {where(one.guard)}" if one.guard else ""
    path = ("Resources", bucket, "Properties", "AccessControl", *one.path)
    return Finding("bucket-acl", bucket, path, detail, "bucket", blocking=one.refused, advice=advice)


def _buckets(located: Located) -> dict[str, str]:
    """Return the buckets, each with what it is to the logging where it is no log bucket itself.

    Those of a leg are looked at by the run of the service that uses it, which they take the access logs of.
    """
    if located.is_leg:
        return {}
    found = {delivery.own_bucket: "" for delivery in located.deliveries if delivery.own_bucket}
    for delivery in located.deliveries:
        for one in delivery.access_log_buckets():
            found.setdefault(one, f", which takes the access logs of {delivery.own_bucket},")
    return found


def _advice(one: BucketAcl) -> str:
    if one.acl in PUBLIC:
        return "remove AccessControl, which would open the bucket to everybody; grant access in the bucket policy"
    if one.acl == "LogDeliveryWrite":
        return "remove AccessControl and grant access in the bucket policy, or let OwnershipControls be BucketOwnerPreferred"
    return "remove AccessControl, and grant access in the bucket policy"
