"""The rule ``depend-on``: a source is created after the policies of its bucket, topic and role."""

from __future__ import annotations

from remediate.cloudformation.creation_order import Dependencies, depends_on
from remediate.cloudformation.existence import Deployments
from remediate.delivery.delivery import Delivery
from remediate.delivery.role_order import late_policies
from remediate.diagnosis.waiting import refer_where_it_exists
from remediate.plan.draft import Draft
from remediate.plan.outcome import Skipped
from remediate.plan.targets import Target


def ensure_depends(subject: str, draft: Draft, target: Target, notes: list[str], skipped: list[Skipped]) -> None:
    """Add the policies to the source's ``DependsOn``, unless the source waits for it already or it for the source."""
    source = target.logical_id
    waiting = Dependencies(draft.model)
    needed = list(dict.fromkeys(policy for delivery in target.deliveries for policy in _needed(delivery, target.role)))
    waits = target.deliveries if target.role == "source" else ()
    late = dict.fromkeys(one for each in waits for one in late_policies(each, draft.model, waiting))
    two = any(len(delivery.bucket_policies) > 1 for delivery in target.deliveries)
    if two or waiting.circle(source, needed):
        return  # no order can fix it: the diagnosis says so
    needed += [one for one in late if one not in needed and not waiting.chain(one, source)]
    for policy in needed:
        if waiting.waits_for(source, policy):
            continue
        condition = draft.model.resource(policy).get("Condition")
        if Deployments(draft.model, {}).without(policy, source).possible:
            reason = f"{source} may exist without {policy} (condition {condition}), which DependsOn cannot express"
            advice = refer_where_it_exists(source, policy, str(condition))
            skipped.append(Skipped(subject, "obstacle", reason, source, advice))
            continue
        if _add(draft, source, policy, subject, skipped):
            notes.append(f"added {policy} to the DependsOn of {source}")
            waiting = Dependencies(draft.model)


def _needed(delivery: Delivery, role: str) -> tuple[str, ...]:
    """Return what the resource in a role waits for; who only writes the policy of the bucket waits for that alone."""
    return delivery.needed_policies() if role == "source" else delivery.bucket_policies


def _add(draft: Draft, source: str, policy: str, subject: str, skipped: list[Skipped]) -> bool:
    path = ("Resources", source, "DependsOn")
    written = draft.model.resource(source).get("DependsOn")
    if written is None and "DependsOn" in draft.model.resource(source):
        draft.replace(path, policy)
    elif written is None:
        draft.add(path, policy, before="Properties" if draft.model.properties(source) else None)
    elif isinstance(written, str):
        draft.replace(path, [written, policy])
    elif isinstance(written, list) and depends_on({"DependsOn": written}) == written:
        draft.add((*path, len(written)), policy)
    else:
        skipped.append(
            Skipped(subject, "obstacle", f"the DependsOn of {source} is neither a name nor a list of names", source)
        )
        return False
    return True
