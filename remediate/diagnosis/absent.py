"""What the logging resources need and does not exist whenever they do: in ``DependsOn``, and by reference.

A name that the template does not have at all is left to CloudFormation's own validation, and to the macros and tools that
make resources of a template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from remediate.cloudformation.creation_order import Reference, references
from remediate.cloudformation.existence import Deployments, where
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import KEY, TOPIC, TOPIC_PROPERTIES
from remediate.delivery.locate import Located
from remediate.diagnosis.finding import Finding
from remediate.iam.holders import PolicyKind

_KINDS: Mapping[str, PolicyKind] = {KEY: "key", TOPIC: "topic", **dict.fromkeys(TOPIC_PROPERTIES, "topic")}


def absence_findings(located: Located, model: TemplateModel) -> Iterator[Finding]:
    """Yield what sources, and all that they log through, need and is not there in a deployment that is surely possible.

    Each thing that a resource needs is named once, at the first place.
    """
    seen: dict[str, None] = {}
    for delivery in located.deliveries:
        places = (delivery.bucket, delivery.key, delivery.topic, delivery.topic_key)
        used = (delivery.source, *delivery.attached_policies(), *(one.logical_id for one in places if one))
        seen |= dict.fromkeys(one for one in used if one)
    possible = Deployments(model, located.parameters)
    for logical_id in seen:
        found: dict[tuple[str, str], Finding] = {}
        for needed in _named(model, logical_id):
            _note(found, _absent(possible, model, logical_id, needed, "depends on"))
        for needed in references(model.resource(logical_id).get("Properties"), ("Resources", logical_id, "Properties")):
            _note(found, _absent(possible, model, logical_id, needed, "refers to"))
        yield from found.values()


def _note(found: dict[tuple[str, str], Finding], one: Finding | None) -> None:
    if one is not None:
        found.setdefault((one.cause, one.detail), one)


def _named(model: TemplateModel, logical_id: str) -> Iterator[Reference]:
    path = ("Resources", logical_id, "DependsOn")
    written = model.resource(logical_id).get("DependsOn")
    if isinstance(written, str):
        yield Reference(path, written)
    for index, one in enumerate(written if isinstance(written, list) else []):
        if isinstance(one, str):
            yield Reference((*path, index), one)


def _absent(possible: Deployments, model: TemplateModel, logical_id: str, needed: Reference, how: str) -> Finding | None:
    target = needed.name
    condition = model.resource(target).get("Condition")
    missing = possible.without(target, logical_id, needed.guard).witness
    if missing is None:
        return None
    detail = f"{logical_id} {how} {target}, which does not exist where {where(missing.items())}"
    kind = _KINDS.get(str(model.type_of(logical_id)), "bucket")
    if how == "refers to":
        advice = f"let {logical_id} refer to {target} inside an Fn::If of {condition}, or give both the same Condition"
        return Finding("absent-reference", logical_id, needed.path, detail, kind, advice=advice)
    advice = (
        f"take {target} out of the DependsOn of {logical_id} and let it refer to {target} where that exists: "
        f'Metadata: {{WaitFor: !If [{condition}, !Ref {target}, ""]}}; or give both the same Condition'
    )
    return Finding("absent-dependency", logical_id, needed.path, detail, kind, advice=advice)
