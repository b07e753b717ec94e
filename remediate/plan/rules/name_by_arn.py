"""The rule ``name-by-arn``: a source names its key by the ARN."""

from __future__ import annotations

from remediate.cloudformation.expression import alternatives, function, sub_names
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.property_path import place_of
from remediate.cloudformation.resource_types import KEY
from remediate.plan.draft import Draft
from remediate.plan.targets import Target
from remediate.template import Plain


def ensure_named_by_arn(draft: Draft, target: Target, notes: list[str]) -> None:
    """Replace each reference to a key of the template that gives its id by one that gives its ARN."""
    source, form = target.logical_id, target.deliveries[0].service.source
    path = ("Resources", source, "Properties", *place_of(draft.model.properties(source), form.key, {}))
    for one in list(alternatives(draft.model.at(source, form.key), path)):
        key = _by_id(draft.model, one.value)
        if key is not None:
            draft.replace(one.path, {"Fn::GetAtt": [key, "Arn"]})
            notes.append(f"{form.key} of {source} is the ARN of {key} instead of its id")


def _by_id(model: TemplateModel, written: Plain) -> str | None:
    """Return the key of the template whose id an expression gives."""
    match function(written):
        case ("Ref", str(name)) | ("Fn::GetAtt", [str(name), "KeyId"]):
            return name if model.type_of(name) == KEY else None
        case ("Fn::Sub", str(text)) if text in {f"${{{name}}}" for name in sub_names(text)}:
            name = sub_names(text)[0].removesuffix(".KeyId")
            return name if model.type_of(name) == KEY else None
    return None
