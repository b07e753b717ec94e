"""The rules ``property`` and ``no-property``: a resource has a property, or has it no longer.

Both are for a bucket that S3 refuses to create because of its ACL.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.cloudformation.bucket_acl import ALWAYS_ACCEPTED, BucketAcl, bucket_acls
from remediate.cloudformation.expression import mentions
from remediate.patch_set import AddProperty, Patch, PropertyRule
from remediate.plan.draft import Draft
from remediate.plan.options import Options
from remediate.plan.outcome import Skipped

_ACL = "AccessControl"


def ensure_property(
    patch: Patch, rule: PropertyRule, draft: Draft, bucket: str, options: Options, notes: list[str]
) -> Skipped | None:
    """Add or remove a property of a bucket that is refused for its ACL; return why it is left where it would be changed.

    It is changed only where every ACL that the bucket can have is known, and is one that the rule is for.
    """
    written = draft.model.properties(bucket)
    found = [one for one in bucket_acls(draft.model, bucket, options.given.parameters) if one.matters]
    if (rule.name in written) == isinstance(rule, AddProperty) or not any(one.refused for one in found):
        return None
    if any(one.possible is None for one in found):
        return _undecided(patch, draft, bucket)
    if not {name for one in found for name in one.possible or ()} <= {*rule.when["acl"], *ALWAYS_ACCEPTED}:
        return None  # the diagnosis, or a patch for the others, says what to do
    if isinstance(rule, AddProperty):
        following = [*written][[*written].index(_ACL) + 1 :]
        draft.add(("Resources", bucket, "Properties", rule.name), rule.value, before=following[0] if following else None)
        notes.append(f"added {rule.name} to {bucket}: {rule.because}")
        return None
    return _remove(patch, rule, draft, bucket, options, found, notes)


def _remove(
    patch: Patch,
    rule: PropertyRule,
    draft: Draft,
    bucket: str,
    options: Options,
    found: Sequence[BucketAcl],
    notes: list[str],
) -> Skipped | None:
    names = " or ".join(dict.fromkeys(one.acl or "" for one in found))
    if not all(one.refused for one in found):
        reason = f"S3 refuses the {_ACL} of {bucket} under some conditions only"
        return Skipped(patch.id, "obstacle", reason, bucket, f"let {_ACL} be there only where OwnershipControls allow it")
    if patch.safety == "review" and not options.review:
        reason = f"{bucket} {found[0].refusal}, which refuses its {_ACL} {names}"
        return Skipped(patch.id, "review", reason, bucket, "if nothing needs the ACL, run again with --review to remove it")
    draft.remove(("Resources", bucket, "Properties", rule.name))
    notes.append(f"removed {rule.name} ({names}) from {bucket}: {rule.because}")
    return None


def _undecided(patch: Patch, draft: Draft, bucket: str) -> Skipped:
    parameters = ", ".join(sorted(mentions(draft.model.properties(bucket)[_ACL]) & draft.model.parameters.keys()))
    reason = f"the {_ACL} of {bucket} may be any ACL{f', by {parameters}' if parameters else ''}, one that opens it too"
    advice = f"give {parameters} AllowedValues, or its value with --parameter" if parameters else f"write {_ACL} out"
    return Skipped(patch.id, "obstacle", reason, bucket, advice)
