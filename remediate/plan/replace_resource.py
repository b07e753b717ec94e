"""Replacing a Resource that AWS refuses, or that is written so that it matches nothing, by the one that was meant.

Left beside the right one it would still fail: S3 refuses a policy that names anything but its bucket and the objects in
it (Amazon S3 User Guide, Policies and permissions in Amazon S3), and a statement without a resource for its action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remediate.cloudformation.expression import as_list
from remediate.cloudformation.policies import WrittenStatement
from remediate.delivery.decide import all_possible_requests
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.rejected_policies import inapplicable_actions, is_foreign
from remediate.diagnosis.resource_paths import resource_fault
from remediate.iam.holders import HOLDERS
from remediate.iam.match import covers, matches
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString
from remediate.patch_set import Allow
from remediate.plan.element_edit import extend, is_extendable, shown
from remediate.plan.gaps import Gap, is_narrow, is_writable, still_open
from remediate.plan.guard import change_guarded
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.vocabulary import decided
from remediate.template import Plain

_ANOTHER_BUCKET = re.compile(r"arn:[^:]+:s3:::[^:/]")
"""A resource that is well written, whatever bucket it is about: why it is there only the user knows."""


def replace_refused(editor: PolicyEditor, rule: Allow, every: Sequence[Gap], wanted: Sequence[Gap]) -> None:
    """Replace such resources in each statement of the service alone that allows the action of a gap.

    ``wanted`` are those of ``every`` gap that are still open: only for them a resource is replaced that S3 takes. Each
    becomes what it means. Only then those are left to replace whose meaning cannot be told.
    """
    if editor.kind != "bucket":
        return
    refused = _refused(editor, rule.service)
    writable = [gap for gap in (every if refused else wanted) if is_writable(editor, gap)]
    for as_meant in (True, False):
        for gap in writable:
            for raw in editor.upwards(rule.service):
                own = raw.path in refused or (gap in wanted and not editor.is_shared(raw))
                if own and any(covers(action, gap.action) for action in raw.actions):
                    _mend(editor, rule, raw, gap, as_meant)


def _refused(editor: PolicyEditor, service: str) -> frozenset[tuple[str | int, ...]]:
    """Return the paths of the statements of a service alone that S3 refuses; every rule of it asks for the same."""
    memory, name = editor.draft.model.memory, (_refused, editor.place, editor.path, editor.deliveries, service)
    if name not in memory:
        own = (raw for raw in editor.allows(service) if not editor.is_shared(raw))
        memory[name] = frozenset(raw.path for raw in own if _is_refused(editor, raw))
    found: frozenset[tuple[str | int, ...]] = memory[name]  # type: ignore[assignment]  # put there above
    return found


def _is_refused(editor: PolicyEditor, raw: WrittenStatement) -> bool:
    """Tell whether S3 refuses a statement for one of its resources, or for none that an action of it can be about."""
    return bool(_lost(editor, raw)) or any(
        all(value is not None and is_foreign(delivery, value) for delivery, value in _values(editor, raw, index))
        for index in range(len(_written(raw)))
    )


def _mend(editor: PolicyEditor, rule: Allow, raw: WrittenStatement, gap: Gap, as_meant: bool) -> None:
    deliveries = editor.deliveries_of(raw)
    if not any(one.delivery in deliveries for one in gap.wanted):
        return
    for _ in _written(raw):  # each is replaced once at most
        index = _wrong(editor, raw, gap, as_meant)
        if index is None:
            break
        if not _replace(editor, rule, raw, index, gap):
            return
        raw = editor.again(raw)
    if not as_meant and gap.action in _lost(editor, raw) and is_extendable(raw, "Resource") and is_narrow(editor, rule, raw):
        _add(editor, rule, raw, gap)


def _replace(editor: PolicyEditor, rule: Allow, raw: WrittenStatement, index: int, gap: Gap) -> bool:
    written, resource = raw.data["Resource"], decided(gap.resource, raw.guard)
    items = _written(raw)
    refused = _is_refused(editor, raw)
    superfluous = len(items) > 1 and _has_another(editor, raw, index, gap)

    def change() -> Sequence[WrittenStatement]:
        path = (*raw.path, "Resource", index) if isinstance(written, list) else (*raw.path, "Resource")
        if superfluous:
            editor.draft.remove(path)
            editor.note(f"removed the resource {shown(items[index])} of {raw.label}, which S3 refuses")
        else:
            editor.draft.replace(path, resource)
            editor.note(
                f"replaced the resource {shown(items[index])} of {raw.label} by {shown(resource)}, which is what was meant"
            )
        return [raw]

    done = change_guarded(editor, rule.guard, change, f"replacing the resource {shown(items[index])} of {raw.label}")
    if done and refused:
        editor.needs.add("repair")
    return done


def _add(editor: PolicyEditor, rule: Allow, raw: WrittenStatement, gap: Gap) -> None:
    """Add a resource to a statement that S3 refuses, for it has none for one of its actions."""
    resource = decided(gap.resource, raw.guard)

    def change() -> Sequence[WrittenStatement]:
        extend(editor, raw, "Resource", resource)
        return [raw]

    if change_guarded(editor, rule.guard, change, f"adding the resource {shown(resource)} to {raw.label}"):
        editor.needs.add("repair")


def _wrong(editor: PolicyEditor, raw: WrittenStatement, gap: Gap, as_meant: bool) -> int | None:
    """Return the place of the first resource of a statement that is to be replaced by that of a gap."""
    is_open = bool(still_open(editor, gap))
    unfit = _is_unfit(editor, raw, gap)
    for index in range(len(_written(raw))):
        if not _is_another_elsewhere(editor, raw, index) and all(
            value is not None
            and value.parts
            and (unfit or _is_useless(editor, delivery, value, gap, is_open))
            and _is_meant(editor, raw, delivery, value, gap, as_meant)
            for delivery, value in _values(editor, raw, index)
        ):
            return index
    return None


def _is_another_elsewhere(editor: PolicyEditor, raw: WrittenStatement, index: int) -> bool:
    """Tell whether a resource is a different one where no source is created: what S3 takes there is not to be lost."""
    item, values = _written(raw)[index], {value for _, value in _values(editor, raw, index)}
    idle = (one for one in editor.idle if one.resolver.scenario.admits(raw.guard))
    return any(one.resolver.string(item) not in values for one in idle)


def _is_unfit(editor: PolicyEditor, raw: WrittenStatement, gap: Gap) -> bool:
    """Tell whether a statement is for the action of a gap, and its like, alone and has no resource for any of them."""
    holder = HOLDERS[editor.kind]
    like = next((names for names in (holder.on_itself, holder.on_content) if gap.action.lower() in names), ())
    return all(action.lower() in like for action in raw.actions) and bool(_lost(editor, raw))


def _is_useless(editor: PolicyEditor, delivery: Delivery, resource: PartialString, gap: Gap, is_open: bool) -> bool:
    """Tell whether a resource is refused, or is of no use to the source while a request for it is still denied."""
    written = "".join(part if isinstance(part, str) else "x" for part in resource.parts)
    faulty = _means(delivery, resource, _resources(delivery, gap))
    if is_foreign(delivery, resource):
        return faulty or not _ANOTHER_BUCKET.match(written)
    possible = all_possible_requests(delivery, editor.kind, editor.logical_id)
    if not is_open or any(matches(resource, one.request.resource) is not Truth.NO for one in possible):
        return False
    return faulty or not written.startswith("arn:")


def _is_meant(
    editor: PolicyEditor, raw: WrittenStatement, delivery: Delivery, resource: PartialString, gap: Gap, as_meant: bool
) -> bool:
    """Tell whether a resource means what a gap is for; else, where that is not asked, whether it means nothing else."""
    own = _resources(delivery, gap)
    if as_meant or _means(delivery, resource, own):
        return _means(delivery, resource, own)
    others = [
        one.request.resource
        for one in all_possible_requests(delivery, editor.kind, editor.logical_id)
        if any(covers(action, one.request.action) for action in raw.actions)
    ]
    return not _means(delivery, resource, others)


def _means(delivery: Delivery, resource: PartialString, wanted: Sequence[PartialString]) -> bool:
    return any(resource_fault(resource, one, delivery.facts.bucket_arn) for one in wanted)


def _has_another(editor: PolicyEditor, raw: WrittenStatement, index: int, gap: Gap) -> bool:
    """Tell whether another resource of a statement is for all that a gap is for."""
    others = [number for number in range(len(_written(raw))) if number != index]
    values = [dict(_values(editor, raw, number)) for number in others]
    deliveries = editor.deliveries_of(raw)
    asked = [one for one in gap.wanted if one.delivery in deliveries]
    return any(
        all(
            (value := found[one.delivery]) is not None and matches(value, one.request.request.resource) is Truth.YES
            for one in asked
        )
        for found in values
    )


def _lost(editor: PolicyEditor, raw: WrittenStatement) -> list[str]:
    """Return the actions for which a statement has no resource under any of its deliveries."""
    lost = raw.actions
    for delivery in editor.deliveries_of(raw) if lost and "Resource" in raw.data else ():
        values = [delivery.resolver.string(item) for item in _written(raw)]
        known = [value for value in values if value is not None]
        lost = inapplicable_actions(editor.kind, lost, known) if len(known) == len(values) else []
        if not lost:
            break
    return lost if "Resource" in raw.data else []


def _resources(delivery: Delivery, gap: Gap) -> list[PartialString]:
    return [one.request.request.resource for one in gap.wanted if one.delivery is delivery]


def _written(raw: WrittenStatement) -> list[Plain]:
    """Return the resources of a statement as written; one with NotResource, or without either, has none."""
    return as_list(raw.data["Resource"]) if "Resource" in raw.data else []


def _values(editor: PolicyEditor, raw: WrittenStatement, index: int) -> Iterator[tuple[Delivery, PartialString | None]]:
    """Yield a resource of a statement as it reads under each of the deliveries."""
    item = _written(raw)[index]
    yield from ((delivery, delivery.resolver.string(item)) for delivery in editor.deliveries_of(raw))
