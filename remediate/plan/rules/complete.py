"""The rule ``complete``: an Allow statement that a service already has gains actions."""

from __future__ import annotations

from remediate.cloudformation.expression import as_list
from remediate.iam.match import covers
from remediate.patch_set import Complete
from remediate.plan.element_edit import extend, is_extendable
from remediate.plan.policy_editor import PolicyEditor
from remediate.template import Plain


def ensure_complete(editor: PolicyEditor, rule: Complete) -> None:
    """Add the actions that no statement of the service has to its first one; a service without one gets none."""
    statements = editor.allows(rule.service)
    written: list[Plain] = []
    for raw in statements:
        actions = raw.data.get("Action")
        written += as_list(actions)
    missing = [action for action in rule.actions if not any(isinstance(one, str) and covers(one, action) for one in written)]
    if not statements or not missing:
        return
    first = next((one for one in statements if not editor.is_shared(one)), statements[0])
    if not is_extendable(first, "Action"):
        editor.skip("obstacle", f"the actions of {first.label} are written so that none can be added")
        return
    own = editor.own(first, rule.service)
    if own:
        extend(editor, own, "Action", *missing)
