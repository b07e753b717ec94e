"""The rule ``name-by-arn``: a source names its key or its bucket by the ARN, or a bucket its default key."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.expression import Alternative, alternatives, function, sub_names
from remediate.cloudformation.members import members
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.property_path import PropertyPath, place_of
from remediate.cloudformation.resource_types import BUCKET, KEY
from remediate.delivery.destinations import DEFAULT_KEY
from remediate.patch_set import NameByArn
from remediate.plan.draft import Draft
from remediate.plan.targets import Target
from remediate.template import Plain


def ensure_named_by_arn(draft: Draft, rule: NameByArn, target: Target, notes: list[str]) -> None:
    """Replace each reference to a resource of the template that gives its id or name by one that gives its ARN."""
    kind, what = (BUCKET, "name") if rule.role == "bucket" else (KEY, "id")
    for form in dict.fromkeys(_forms(rule, target)):
        for one in list(_written(draft, form, target.logical_id)):
            named = _by_name(draft.model, one.value, kind)
            if named is not None:
                draft.replace(one.path, {"Fn::GetAtt": [named, "Arn"]})
                notes.append(f"{_last(form)} of {target.logical_id} is the ARN of {named} instead of its {what}")


def _forms(rule: NameByArn, target: Target) -> Iterator[PropertyPath]:
    """Yield the ways to what is named."""
    for source in (one.service.source for one in target.deliveries):
        if rule.role == "default-key":
            yield DEFAULT_KEY
        elif rule.role == "key":
            yield source.key
        elif source.by_arn:
            yield source.bucket


def _last(form: PropertyPath) -> str:
    """Return the last name on a way: an item of a list goes by the list."""
    return next(step for step in reversed(form.steps) if isinstance(step, str))


def _written(draft: Draft, form: PropertyPath, holder: str) -> Iterator[Alternative]:
    """Yield every expression at the end of a way, with its place."""
    properties = draft.model.properties(holder)
    path = ("Resources", holder, "Properties")
    steps = [one for one in form.steps if isinstance(one, str | int)]
    if len(steps) == len(form.steps):
        yield from (Alternative((*path, *one.path), one.value) for one in members(dict(properties), steps))
    else:
        yield from alternatives(draft.model.at(holder, form), (*path, *place_of(properties, form, {})))


def _by_name(model: TemplateModel, written: Plain, kind: str) -> str | None:
    """Return the resource of the template whose id or name an expression gives."""
    match function(written):
        case ("Ref", str(name)):
            return name if model.type_of(name) == kind else None
        case ("Fn::GetAtt", [str(name), "KeyId"]):
            return name if kind == KEY and model.type_of(name) == KEY else None
        case ("Fn::Sub", str(text)) if text in {f"${{{name}}}" for name in sub_names(text)}:
            name = sub_names(text)[0].removesuffix(".KeyId")
            return name if model.type_of(name) == kind else None
    return None
