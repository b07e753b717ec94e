"""By what a source names its key, where the service accepts nothing but the key's ARN."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.expression import chosen
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.property_path import place_of
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import Finding
from remediate.partial_string import PartialString

_ARN = "arn:"


def key_without_arn(delivery: Delivery, model: TemplateModel) -> Iterator[Finding]:
    """Yield that a source of a template names its key by what surely is no ARN; of an unknown name nothing is said."""
    form, resolver = delivery.service.source, delivery.resolver
    if delivery.source is None or delivery.key is None or not form.key_by_arn:
        return
    written = model.at(delivery.source, form.key)
    name = resolver.string(written)
    if name is None or not is_other_name(delivery, name) or "alias/aws/" in str(name):
        return
    kind, advice = what_it_is(delivery, name)
    detail = f"the {form.key} of {delivery.source} is {kind}; {delivery.service.name} accepts only the ARN of a key"
    conditions = resolver.scenario.conditions
    place = place_of(model.properties(delivery.source), form.key, conditions)
    path = ("Resources", delivery.source, "Properties", *place, *chosen(written, conditions).path)
    yield Finding("key-without-arn", delivery.source, path, detail, "key", advice=advice)


def is_other_name(delivery: Delivery, name: PartialString) -> bool:
    """Tell whether a name is the id of a key of the template, or surely does not begin as an ARN does."""
    first, inside = name.parts[0], delivery.key.logical_id if delivery.key else None
    if isinstance(first, str):
        return not first.startswith(_ARN) and (name.known is not None or len(first) >= len(_ARN))
    return inside is not None and name == delivery.resolver.string({"Ref": inside})


def what_it_is(delivery: Delivery, name: PartialString) -> tuple[str, str]:
    """Return what a name of a key is, and what to do about it."""
    inside = delivery.key.logical_id if delivery.key else None
    if str(name).startswith("alias/"):
        target = f"!GetAtt {inside}.Arn" if inside else "the ARN of the key that the alias is for"
        return f"the alias {name}", f"write {target}"
    if inside:
        return f"the id of {inside}", f"write !GetAtt {inside}.Arn"
    return str(name), f"write arn:${{AWS::Partition}}:kms:${{AWS::Region}}:${{AWS::AccountId}}:key/{name} with !Sub"
