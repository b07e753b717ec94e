"""The rule ``name-by-arn``: a source, or a bucket its default key, names its key by the ARN."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.expression import Alternative, alternatives, function, sub_names
from remediate.cloudformation.members import members
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.property_path import place_of
from remediate.cloudformation.resource_types import KEY
from remediate.delivery.destinations import DEFAULT_KEY
from remediate.patch_set import NameByArn
from remediate.plan.draft import Draft
from remediate.plan.targets import Target
from remediate.template import Plain


def ensure_named_by_arn(draft: Draft, rule: NameByArn, target: Target, notes: list[str]) -> None:
    """Replace each reference to a key of the template that gives its id by one that gives its ARN."""
    form = DEFAULT_KEY if rule.role == "default-key" else target.deliveries[0].service.source.key
    for one in list(_written(draft, rule, target)):
        key = _by_id(draft.model, one.value)
        if key is not None:
            draft.replace(one.path, {"Fn::GetAtt": [key, "Arn"]})
            name = form.steps[-1]
            notes.append(f"{name} of {target.logical_id} is the ARN of {key} instead of its id")


def _written(draft: Draft, rule: NameByArn, target: Target) -> Iterator[Alternative]:
    """Yield every expression that names the key, with its place."""
    holder = target.logical_id
    properties = draft.model.properties(holder)
    path = ("Resources", holder, "Properties")
    if rule.role == "default-key":
        steps = [one for one in DEFAULT_KEY.steps if isinstance(one, str | int)]
        yield from (Alternative((*path, *one.path), one.value) for one in members(dict(properties), steps))
        return
    form = target.deliveries[0].service.source.key
    yield from alternatives(draft.model.at(holder, form), (*path, *place_of(properties, form, {})))


def _by_id(model: TemplateModel, written: Plain) -> str | None:
    """Return the key of the template whose id an expression gives."""
    match function(written):
        case ("Ref", str(name)) | ("Fn::GetAtt", [str(name), "KeyId"]):
            return name if model.type_of(name) == KEY else None
        case ("Fn::Sub", str(text)) if text in {f"${{{name}}}" for name in sub_names(text)}:
            name = sub_names(text)[0].removesuffix(".KeyId")
            return name if model.type_of(name) == KEY else None
    return None
