"""Whether a patch's ``when`` holds for the log bucket."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.cloudformation.locate import View
from remediate.plan.case import Case
from remediate.symbolic import Text


def holds(when: Mapping[str, tuple[str, ...]], case: Case) -> bool:
    """Tell whether every view's bucket has one of the object ownerships; a bucket that does not say so has none."""
    return bool(case.views) and all(_object_ownership(view) in when["object-ownership"] for view in case.views)


def _object_ownership(view: View) -> str | None:
    if view.bucket is None or view.bucket.logical_id is None:
        return None
    controls = view.resolver.value(view.resolver.property(view.bucket.logical_id, "OwnershipControls"))
    rules = controls.get("Rules") if isinstance(controls, dict) else None
    for rule in rules if isinstance(rules, list) else []:
        ownership = rule.get("ObjectOwnership") if isinstance(rule, dict) else None
        if isinstance(ownership, Text):
            return ownership.known
    return None
