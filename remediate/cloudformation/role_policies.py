"""The permissions of a role in a template: its inline policies, and those that other resources attach to it.

Sources: AWS CloudFormation Template Reference, AWS::IAM::Role, AWS::IAM::Policy, AWS::IAM::RolePolicy and
AWS::IAM::ManagedPolicy; IAM User Guide, Managed policies and inline policies, and Permissions boundaries.
"""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.expression import Alternative, alternatives, function
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import MANAGED_POLICY, POLICY, ROLE_POLICY
from remediate.template import Plain

INLINE = "Policies"
"""The property with the policies that are part of the role itself."""
_ATTACHING = {POLICY: "Roles", MANAGED_POLICY: "Roles", ROLE_POLICY: "RoleName"}
_MANAGED = "ManagedPolicyArns"
_DOCUMENT = "PolicyDocument"


def inline_documents(model: TemplateModel, role: str) -> Iterator[Alternative]:
    """Yield the documents of a role's own policies."""
    for one in _items(model, role, INLINE):
        if isinstance(one.value, dict) and _DOCUMENT in one.value:
            yield from alternatives(one.value[_DOCUMENT], (*one.path, _DOCUMENT), one.guard)
        elif one.value is not None:
            yield one  # a function or a macro makes it, which is not evaluated here


def attached_documents(model: TemplateModel, role: str) -> Iterator[Alternative]:
    """Yield the documents of the policies that are resources of their own, each under the conditions of its resource."""
    for name, guard in attached_policies(model, role):
        written = model.properties(name).get(_DOCUMENT)
        own = model.resource(name).get("Condition")
        existing = ((own, True),) if isinstance(own, str) else ()
        yield from alternatives(written, ("Resources", name, "Properties", _DOCUMENT), (*guard, *existing))


def attached_policies(model: TemplateModel, role: str) -> Iterator[tuple[str, tuple[tuple[str, bool], ...]]]:
    """Yield the resources that attach a policy to a role, with the conditions under which they name it."""
    for kind, names in _ATTACHING.items():
        for name in model.of_type(kind):
            for one in _items(model, name, names):
                if _is_role(model, role, one.value):
                    yield name, one.guard
    for one in _items(model, role, _MANAGED):
        if managed := _managed(model, one.value):
            yield managed, one.guard


def managed_elsewhere(model: TemplateModel, role: str) -> Iterator[Alternative]:
    """Yield what a role's managed policies name that is not in the template: what they say is not known here."""
    for one in _items(model, role, _MANAGED):
        if one.value is not None and not _managed(model, one.value):
            yield one


def _items(model: TemplateModel, logical_id: str, name: str) -> Iterator[Alternative]:
    """Yield the items of a property that may be a list, each with the conditions under which it is there."""
    path = ("Resources", logical_id, "Properties", name)
    for outer in alternatives(model.properties(logical_id).get(name), path):
        if not isinstance(outer.value, list):
            yield outer
            continue
        for index, item in enumerate(outer.value):
            yield from alternatives(item, (*outer.path, index), outer.guard)


def _managed(model: TemplateModel, written: Plain) -> str | None:
    match function(written):
        case ("Ref", str(name)) if model.type_of(name) == MANAGED_POLICY:
            return name
    return None


def _is_role(model: TemplateModel, role: str, written: Plain) -> bool:
    """Tell whether an expression names a role: by reference, or as its own name is written."""
    if written == {"Ref": role}:
        return True
    return written is not None and written == model.properties(role).get("RoleName")
