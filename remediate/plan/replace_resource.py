"""Replacing a Resource that AWS refuses, or that is written so that it matches nothing, by the one that was meant."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.cloudformation.expression import as_list
from remediate.cloudformation.policies import WrittenStatement
from remediate.delivery.decide import all_possible_requests
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.resource_paths import resource_fault
from remediate.iam.match import covers, matches
from remediate.iam.truth import Truth
from remediate.partial_string import PartialString
from remediate.patch_set import Allow
from remediate.plan.element_edit import shown
from remediate.plan.gaps import Gap, Wanted
from remediate.plan.guard import change_guarded
from remediate.plan.policy_editor import PolicyEditor
from remediate.plan.vocabulary import decided
from remediate.template import Plain


def replace_refused(editor: PolicyEditor, rule: Allow, gap: Gap, wanted: Sequence[Wanted]) -> None:
    """Replace one such resource in each statement of the service that allows the action of a gap.

    Left beside the right one it would still fail: S3 refuses a policy that names anything but its bucket and the objects
    in it (Amazon S3 User Guide, Policies and permissions in Amazon S3), and a statement without a resource for its action.
    """
    for raw in editor.upwards(rule.service) if editor.kind == "bucket" else ():
        found = None if editor.is_shared(raw) else _refused(editor, raw, gap, wanted)
        if found is not None:
            _replace(editor, rule, raw, found, decided(gap.resource, raw.guard))


def _replace(editor: PolicyEditor, rule: Allow, raw: WrittenStatement, index: int, resource: Plain) -> None:
    written = raw.data["Resource"]
    items = as_list(written)

    def change() -> Sequence[WrittenStatement]:
        path = (*raw.path, "Resource", index) if isinstance(written, list) else (*raw.path, "Resource")
        if resource in items:
            editor.draft.remove(path)
        else:
            editor.draft.replace(path, resource)
        editor.note(
            f"replaced the resource {shown(items[index])} of {raw.label} by {shown(resource)}, which is what was meant"
        )
        return [raw]

    change_guarded(editor, rule.guard, change, f"replacing the resource {shown(items[index])} of {raw.label}")


def _refused(editor: PolicyEditor, raw: WrittenStatement, gap: Gap, wanted: Sequence[Wanted]) -> int | None:
    """Return the place of the first resource of a statement that allows the action, and that is wrong for the gap."""
    if not any(covers(action, gap.action) for action in raw.actions):
        return None
    written = raw.data.get("Resource")
    deliveries = editor.deliveries_of(raw)
    served = [one for one in wanted if one.delivery in deliveries]
    for index, item in enumerate(as_list(written)):
        values = {delivery: delivery.resolver.string(item) for delivery in deliveries}
        if served and all(_is_wrong(editor, delivery, value, served) for delivery, value in values.items()):
            return index
    return None


def _is_wrong(editor: PolicyEditor, delivery: Delivery, resource: PartialString | None, served: Sequence[Wanted]) -> bool:
    """Tell whether a resource is of no use to the source, and is refused or misspelt for a request to be allowed."""
    if resource is None or not resource.parts:
        return False
    if any(
        matches(resource, one.request.resource) is not Truth.NO
        for one in all_possible_requests(delivery, editor.kind, editor.logical_id)
    ):
        return False
    first = resource.parts[0]
    is_name = not first.startswith("arn:") if isinstance(first, str) else first.alphabet == "name"
    requests = [one.request.request for one in served if one.delivery is delivery]
    return is_name or any(resource_fault(resource, request.resource, delivery.facts.bucket_arn) for request in requests)
