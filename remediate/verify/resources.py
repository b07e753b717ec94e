"""Guarantee 3: only the planned resources differ, and only where plans edit them."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.cloudformation.expression import function
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import BUCKET_POLICY, TOPIC_POLICY
from remediate.delivery.locate import Located
from remediate.iam.holders import HOLDERS
from remediate.plan import Plan
from remediate.template import Plain, identical
from remediate.verify.broken import Broken

_EDITED: dict[str, set[str]] = {}
for _holder in HOLDERS.values():
    _EDITED.setdefault(_holder.type, set()).add(f"Properties/{_holder.property}")


def check_resources(before: TemplateModel, after: TemplateModel, planned: Plan) -> None:
    """Check that nothing but the parts of resources that were planned differs. Raises Broken."""
    old, new = before.resources, after.resources
    for name in before.data.keys() | after.data.keys():
        if name != "Resources" and not identical(before.data.get(name), after.data.get(name)):
            raise Broken(3, f"the section {name} differs")
    changed = {name for name in old.keys() & new.keys() if not identical(old[name], new[name])}
    removed = old.keys() - new.keys()
    added = new.keys() - old.keys()
    logging = set(_logging_resources(planned.located))
    planned_ids = {one.logical_id for one in planned.applied}
    strays = (changed - (planned_ids & logging)) | removed | {name for name in added if not _is_policy(new[name])}
    if strays:
        raise Broken(3, f"{', '.join(sorted(strays))} differs without being planned")
    for name in sorted(changed):
        differing = _differing(old[name], new[name], planned.located.service.source.type)
        if differing:
            raise Broken(3, f"{', '.join(differing)} of {name} differs without being planned")


def _differing(old: Plain, new: Plain, source: str) -> list[str]:
    """Return the parts of a planned resource that no plan edits, and that differ: all but a policy and an order."""
    before, after = _parts(old, source), _parts(new, source)
    return [name for name in {**before, **after} if not identical(before.get(name), after.get(name))]


def _parts(written: Plain, source: str) -> dict[str, Plain]:
    """Return attributes and properties by name without what a plan edits; Properties that are not a mapping are one part.

    ``source`` is the type of the sources of logs, of which the order is edited.
    """
    if not isinstance(written, dict):
        return {"it": written}
    edited = {source: {"DependsOn"}, **_EDITED}.get(str(written.get("Type")), set())
    parts = {**written}
    inside = parts.pop("Properties", None)
    if isinstance(inside, dict):
        # What is in a call of a function is none of the resource's properties, and no plan edits it.
        parts |= {"Properties": inside} if function(inside) else {f"Properties/{name}": one for name, one in inside.items()}
    elif inside is not None:
        parts["Properties"] = inside
    return {name: one for name, one in parts.items() if name not in edited}


def _logging_resources(located: Located) -> Iterable[str]:
    for delivery in located.deliveries:
        yield from (
            place.logical_id
            for place in (delivery.bucket, delivery.key, delivery.bucket_key, delivery.role)
            if place and place.logical_id
        )
        yield from delivery.needed_policies()
        yield from (delivery.topic.logical_id,) if delivery.topic and delivery.topic.logical_id else ()
        if delivery.source:
            yield delivery.source


def _is_policy(resource: Plain) -> bool:
    return isinstance(resource, dict) and resource.get("Type") in {BUCKET_POLICY, TOPIC_POLICY}
