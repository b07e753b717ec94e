"""Replacing a Resource that AWS refuses, or that is written so that it matches nothing, by the one that was meant."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.causes.paths import resource_fault
from remediate.cloudformation.documents import RawStatement
from remediate.cloudformation.expression import as_list
from remediate.cloudformation.view import View
from remediate.judge import promised
from remediate.patchset import Allow
from remediate.plan.case import Case
from remediate.plan.elements import shown
from remediate.plan.guard import change_guarded
from remediate.plan.vocabulary import decided
from remediate.plan.wanted import Gap, Wanted
from remediate.policy.match import covers, matches
from remediate.policy.truth import Truth
from remediate.symbolic import Text
from remediate.template import Plain


def replace_refused(case: Case, rule: Allow, gap: Gap, wanted: Sequence[Wanted]) -> None:
    """Replace one such resource in each statement of the service that allows the action of a gap.

    Left beside the right one it would still fail: S3 refuses a policy that names anything but its bucket and the objects
    in it (Amazon S3 User Guide, Policies and permissions in Amazon S3), and a statement without a resource for its action.
    """
    for raw in case.upwards(rule.service) if case.kind == "bucket" else ():
        found = None if case.is_shared(raw) else _refused(case, raw, gap, wanted)
        if found is not None:
            _replace(case, rule, raw, found, decided(gap.resource, raw.guard))


def _replace(case: Case, rule: Allow, raw: RawStatement, index: int, resource: Plain) -> None:
    written = raw.data["Resource"]
    items = as_list(written)

    def change() -> Sequence[RawStatement]:
        path = (*raw.path, "Resource", index) if isinstance(written, list) else (*raw.path, "Resource")
        if resource in items:
            case.draft.remove(path)
        else:
            case.draft.replace(path, resource)
        case.note(
            f"the resource {shown(items[index])} of {raw.label} is replaced by {shown(resource)}, which is what was meant"
        )
        return [raw]

    change_guarded(case, rule.guard, change, f"replacing the resource {shown(items[index])} of {raw.label}")


def _refused(case: Case, raw: RawStatement, gap: Gap, wanted: Sequence[Wanted]) -> int | None:
    """Return the place of the first resource of a statement that allows the action, and that is wrong for the gap."""
    if not any(covers(action, gap.action) for action in raw.actions):
        return None
    written = raw.data.get("Resource")
    views = case.views_of(raw)
    served = [one for one in wanted if one.view in views]
    for index, item in enumerate(as_list(written)):
        values = {view: view.resolver.string(item) for view in views}
        if served and all(_is_wrong(case, view, value, served) for view, value in values.items()):
            return index
    return None


def _is_wrong(case: Case, view: View, resource: Text | None, served: Sequence[Wanted]) -> bool:
    """Tell whether a resource is of no use to the trail, and is refused or misspelt for a request that should be allowed."""
    if resource is None or not resource.parts:
        return False
    if any(matches(resource, one.request.resource) is not Truth.NO for one in promised(view, case.kind)):
        return False
    first = resource.parts[0]
    is_name = not first.startswith("arn:") if isinstance(first, str) else first.alphabet == "name"
    requests = [one.request.request for one in served if one.view is view]
    return is_name or any(resource_fault(resource, request.resource, view.facts.bucket_arn) for request in requests)
