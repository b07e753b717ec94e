"""Guarantee 3: only the planned resources differ, and only where plans edit them."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.cloudformation.expression import function
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import BUCKET_POLICY, INLINE_TOPIC_POLICY, TOPIC_POLICY
from remediate.delivery.destinations import DEFAULT_KEY
from remediate.delivery.locate import Located
from remediate.iam.holders import HOLDERS
from remediate.patch_set import AddProperty, NameByArn, RemoveProperty
from remediate.plan import Plan
from remediate.template import Plain, identical
from remediate.verify.broken import Broken

_EDITED: dict[str, set[str]] = {}
for _holder in HOLDERS.values():
    _EDITED.setdefault(_holder.type, set()).add(f"Properties/{_holder.property}")
_EDITED[INLINE_TOPIC_POLICY] = _EDITED[HOLDERS["topic"].type]


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
        edited = [*_edited(old[name], _ordered_types(planned.located)), *_properties(planned, name)]
        differing = _differing(old[name], new[name], edited)
        if differing:
            raise Broken(3, f"{', '.join(differing)} of {name} differs without being planned")


def _ordered_types(located: Located) -> tuple[str, ...]:
    """Return the types of the resources whose order is edited: sources, and what writes the policy of their bucket."""
    writers = (str(located.model.type_of(one)) for delivery in located.deliveries for one in delivery.policy_writers)
    return (*located.service.source_types, *writers)


def _edited(written: Plain, sources: tuple[str, ...]) -> list[str]:
    """Return what a plan edits of any resource of a type: the policy, and of the sources of logs the order."""
    kind = str(written.get("Type")) if isinstance(written, dict) else ""
    return ["DependsOn"] if kind in sources else [*_EDITED.get(kind, ())]


def _properties(planned: Plan, logical_id: str) -> list[str]:
    """Return the properties that patches add to a resource, remove from it, or write as an ARN."""
    rules = [rule for one in planned.applied if one.logical_id == logical_id for rule in one.patch.ensure]
    named = [f"Properties/{rule.name}" for rule in rules if isinstance(rule, AddProperty | RemoveProperty)]
    by_arn = {rule.role for rule in rules if isinstance(rule, NameByArn)}
    kinds = planned.located.service.kinds if "key" in by_arn else ()
    named += [f"Properties/{DEFAULT_KEY.property}"] if "default-key" in by_arn else []
    buckets = planned.located.service.kinds if "bucket" in by_arn else ()
    named += [f"Properties/{kind.source.bucket.property}" for kind in buckets if kind.source.by_arn]
    return named + [f"Properties/{kind.source.key.property}" for kind in kinds if kind.source.key_by_arn]


def _differing(old: Plain, new: Plain, edited: list[str]) -> list[str]:
    """Return the parts of a planned resource that no plan edits, and that differ."""
    before, after = _parts(old), _parts(new)
    names = [name for name in {**before, **after} if name not in edited]
    return [name for name in names if not identical(before.get(name), after.get(name))]


def _parts(written: Plain) -> dict[str, Plain]:
    """Return attributes and properties by name; Properties that are not a mapping are one part."""
    if not isinstance(written, dict):
        return {"it": written}
    parts = {**written}
    inside = parts.pop("Properties", None)
    if isinstance(inside, dict):
        # What is in a call of a function is none of the resource's properties, and no plan edits it.
        parts |= {"Properties": inside} if function(inside) else {f"Properties/{name}": one for name, one in inside.items()}
    elif inside is not None:
        parts["Properties"] = inside
    return parts


def _logging_resources(located: Located) -> Iterable[str]:
    for delivery in located.deliveries:
        places = (delivery.bucket, delivery.key, delivery.bucket_key, delivery.topic, delivery.topic_key, delivery.role)
        yield from (place.logical_id for place in places if place and place.logical_id)
        yield from delivery.attached_policies()
        yield from delivery.policy_writers
        yield from delivery.access_log_buckets()
        if delivery.source:
            yield delivery.source


def _is_policy(resource: Plain) -> bool:
    return isinstance(resource, dict) and resource.get("Type") in {BUCKET_POLICY, TOPIC_POLICY}
