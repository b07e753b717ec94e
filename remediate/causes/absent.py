"""What the logging resources need and does not exist whenever they do: in ``DependsOn``, and by reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from remediate.causes.cause import Finding
from remediate.cloudformation.dependencies import Reference, references
from remediate.cloudformation.documents import Kind
from remediate.cloudformation.existence import absence, is_processed, where
from remediate.cloudformation.locate import Located
from remediate.cloudformation.resources import KEY, Data, resource, section


def absence_findings(located: Located, data: Data) -> Iterator[Finding]:
    """Yield what trails, buckets, bucket policies and keys need and is not there in a deployment that is surely possible."""
    seen: dict[str, None] = {}
    for view in located.views:
        used = (view.trail, view.own_bucket, *view.bucket_policies, view.key and view.key.logical_id)
        seen |= dict.fromkeys(one for one in used if one)
    whole = not is_processed(data)
    for logical_id in seen:
        for needed in _named(data, logical_id):
            yield from _absent_dependency(data, logical_id, needed, located.parameters, whole=whole)
        for needed in references(resource(data, logical_id).get("Properties"), ("Resources", logical_id, "Properties")):
            yield from _absent_reference(data, logical_id, needed, located.parameters, whole=whole)


def _named(data: Data, logical_id: str) -> Iterator[Reference]:
    path = ("Resources", logical_id, "DependsOn")
    written = resource(data, logical_id).get("DependsOn")
    if isinstance(written, str):
        yield Reference(path, written)
    for index, one in enumerate(written if isinstance(written, list) else []):
        if isinstance(one, str):
            yield Reference((*path, index), one)


def _absent_dependency(
    data: Data, logical_id: str, needed: Reference, given: Mapping[str, str], *, whole: bool
) -> Iterator[Finding]:
    target = needed.name
    detail = f"{logical_id} depends on {target}, which {{}}"
    if target in section(data, "Resources"):
        condition = resource(data, target).get("Condition")
        advice = (
            f"take {target} out of the DependsOn of {logical_id} and let it refer to {target} where that exists: "
            f'Metadata: {{WaitFor: !If [{condition}, !Ref {target}, ""]}}; or give both the same Condition'
        )
        missing = absence(data, logical_id, target, given).witness
        if missing is not None:
            said = detail.format(f"does not exist where {where(missing.items())}")
            yield Finding("absent-dependency", logical_id, needed.path, said, _kind(data, logical_id), advice=advice)
    elif whole:
        said = detail.format("is not in the template")
        advice = f"take {target} out of the DependsOn of {logical_id}, or correct the name"
        yield Finding("absent-dependency", logical_id, needed.path, said, _kind(data, logical_id), advice=advice)


def _absent_reference(
    data: Data, logical_id: str, needed: Reference, given: Mapping[str, str], *, whole: bool
) -> Iterator[Finding]:
    target = needed.name
    detail = f"{logical_id} refers to {target}, which {{}}"
    if target in section(data, "Resources"):
        missing = absence(data, logical_id, target, given, needed.guard).witness
        if missing is not None:
            said = detail.format(f"does not exist where {where(missing.items())}")
            condition = resource(data, target).get("Condition")
            advice = f"let {logical_id} refer to {target} inside an Fn::If of {condition}, or give it that condition too"
            yield Finding("absent-reference", logical_id, needed.path, said, _kind(data, logical_id), advice=advice)
    elif whole and not target.startswith("AWS::") and target not in section(data, "Parameters"):
        said = detail.format("is neither a resource nor a parameter of the template")
        advice = "define it, or correct the name"
        yield Finding("absent-reference", logical_id, needed.path, said, _kind(data, logical_id), advice=advice)


def _kind(data: Data, logical_id: str) -> Kind:
    return "key" if resource(data, logical_id).get("Type") == KEY else "bucket"
