"""The rules ``property`` and ``no-property``: a resource has a property, or has it no longer.

Both are for a bucket that S3 refuses to create because of its ACL, the second also for a source that AWS refuses.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.cloudformation.bucket_acl import ALWAYS_ACCEPTED, BucketAcl, bucket_acls
from remediate.cloudformation.expression import mentions
from remediate.cloudformation.resource_types import BUCKET
from remediate.delivery.destinations import access_logged_to
from remediate.delivery.services import known_services
from remediate.delivery.texts import principal_text
from remediate.patch_set import AddProperty, Patch, PropertyRule
from remediate.plan.draft import Draft
from remediate.plan.options import Options
from remediate.plan.outcome import Skipped
from remediate.plan.targets import Target

_ACL = "AccessControl"


def ensure_property(
    patch: Patch, rule: PropertyRule, draft: Draft, target: Target, options: Options
) -> str | Skipped | None:
    """Add or remove a property of a bucket that is refused for its ACL, or remove that for which a source is refused.

    It is changed only where every ACL that the bucket can have is known, and is one that the rule is for. Returns what the
    change is for, or why there is none; None where nothing is to be said.
    """
    if rule.when is None:
        return _without(patch, rule, draft, target)
    bucket = target.logical_id
    written = draft.model.properties(bucket)
    found = [one for one in bucket_acls(draft.model, bucket, options.given.parameters) if one.matters]
    if (rule.name in written) == isinstance(rule, AddProperty) or not any(one.refused for one in found):
        return None
    if any(one.possible is None for one in found):
        return _open(draft, bucket)
    if not {name for one in found for name in one.possible or ()} <= {*rule.when["acl"], *ALWAYS_ACCEPTED}:
        return None  # the diagnosis, or a patch for the others, says what to do
    if isinstance(rule, AddProperty):
        following = [*written][[*written].index(_ACL) + 1 :]
        draft.add(("Resources", bucket, "Properties", rule.name), rule.value, before=following[0] if following else None)
        return f"added {rule.name} to {bucket}: {rule.because}"
    if left := _left(patch, target, options, found):
        return left
    draft.remove(("Resources", bucket, "Properties", rule.name))
    needed = _needed_instead(target, found)
    return f"removed {rule.name} ({_names(found)}) from {bucket}: {rule.because}{f'; {needed}' if needed else ''}"


def _without(patch: Patch, rule: PropertyRule, draft: Draft, target: Target) -> str | Skipped | None:
    """Remove a property of a source; one that may be another kind of source under other conditions needs it there."""
    source, form = target.logical_id, target.deliveries[0].service.source
    resolvers = [one.resolver for one in target.deliveries]
    if all(one.value(one.property(source, rule.name)) is None for one in resolvers):
        return None
    if not all(isinstance(draft.model.at(source, path), str) for path in form.where):
        reason = f"AWS refuses {rule.name} of {source} under some conditions only"
        advice = f"let {rule.name} be !Ref AWS::NoValue where {source} logs to a bucket"
        return Skipped(patch.id, "obstacle", reason, source, advice)
    draft.remove(("Resources", source, "Properties", rule.name))
    return f"removed {rule.name} from {source}: {rule.because}"


def _left(patch: Patch, target: Target, options: Options, found: Sequence[BucketAcl]) -> Skipped | None:
    """Return why an ACL is not removed although S3 refuses it."""
    bucket = target.logical_id
    if not all(one.refused for one in found):
        reason = f"S3 refuses the {_ACL} of {bucket} under some conditions only"
        return Skipped(patch.id, "obstacle", reason, bucket, f"let {_ACL} be there only where OwnershipControls allow it")
    if patch.safety == "review" and not options.review:
        reason = f"{bucket} {found[0].refusal}, which refuses its {_ACL} {_names(found)}"
        needed = _needed_instead(target, found)
        advice = f"run again with --review to remove it{f'; {needed}' if needed else ', if nothing needs the ACL'}"
        return Skipped(patch.id, "review", reason, bucket, advice)
    return None


def _needed_instead(target: Target, found: Sequence[BucketAcl]) -> str:
    """Say what takes the place of the ACL for the buckets of the template that log their access there, "" if none does."""
    resolver = target.deliveries[0].resolver
    logging = [one for one in resolver.model.of_type(BUCKET) if target.logical_id in access_logged_to(resolver, one)]
    acls = {one.acl for one in found}
    service = next((one for one in known_services() if one.acl_grants and one.acl_grants in acls), None)
    if not logging or service is None:
        return ""
    allowed = " ".join([principal_text(service.principal), *dict.fromkeys(one.action for one in service.requests)])
    return f"{' and '.join(logging)} logs access there: let the bucket policy of {target.logical_id} allow {allowed}"


def _names(found: Sequence[BucketAcl]) -> str:
    return " or ".join(dict.fromkeys(one.acl or "" for one in found))


def _open(draft: Draft, bucket: str) -> Skipped:
    """Return that an ACL may be any, so that what lets it work could open the bucket."""
    names = ", ".join(sorted(mentions(draft.model.properties(bucket)[_ACL]) & draft.model.parameters.keys()))
    reason = f"the {_ACL} of {bucket} depends on {names or 'what the template does not tell'}, and may be one that opens it"
    advice = f"give {names} AllowedValues, or its value with --parameter" if names else f"write {_ACL} out"
    return Skipped("bucket-acl", "obstacle", reason, bucket, advice)
