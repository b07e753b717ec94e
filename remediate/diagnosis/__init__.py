"""Root causes: what is wrong in a template, where, and which patch fixes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec.structs import replace

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.decide import document_for
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.diagnosis import denied_requests as denied
from remediate.diagnosis import resources as structure
from remediate.diagnosis import statements
from remediate.diagnosis.finding import Cause, CauseId, Finding, Level, catalogue
from remediate.diagnosis.notes import notes
from remediate.diagnosis.policy_size import size_findings
from remediate.diagnosis.several_sources import joined
from remediate.iam.holders import PolicyKind

__all__ = ["Cause", "CauseId", "Finding", "Level", "catalogue", "diagnose", "is_wanted"]


def diagnose(
    located: Located, model: TemplateModel, fixing: Callable[[CauseId, PolicyKind], tuple[str, ...]] = lambda *_: ()
) -> tuple[Finding, ...]:
    """Return what is wrong in a template's data, each cause at each place once, whatever the conditions are.

    ``fixing`` tells of a cause, and the kind of policy that it is about, the ids of the patches that fix it.
    """
    found = [*structure.structure_findings(located, model)]
    for delivery in located.deliveries:
        found += _of_policies(delivery, model)
    found += notes(located, model, found)
    said = [_with_outcome(one, located.service.silent) for one in joined(_merged(found))]
    return tuple(replace(one, patches=fixing(one.cause, one.kind)) for one in said)


def is_wanted(one: Finding, chosen: Collection[str]) -> bool:
    """Tell whether a finding is a matter of a run; ``chosen`` are the ids of the patches that may be applied.

    A cause that no request tells of, and whose patches are all ruled out, is ruled out with them.
    """
    return not one.patches or bool(one.requests) or any(patch in chosen for patch in one.patches)


def _of_policies(delivery: Delivery, model: TemplateModel) -> Iterator[Finding]:
    for logical_id, kind in delivery.policies():
        document = document_for(model, logical_id, kind, delivery)
        if document is None and kind == "key" and delivery.source:
            yield denied.without_policy(delivery, logical_id)
        if document is not None and document.readable:
            yield from size_findings(delivery, model, document)
            yield from statements.statement_findings(delivery, document)
            if delivery.decides_alone(kind):
                yield from (_silent(delivery, one) for one in denied.denied_findings(delivery, document))


def _with_outcome(one: Finding, silent: str) -> Finding:
    """Return a finding with what comes of it where the stack deploys, and no log arrives."""
    return replace(one, detail=f"{one.detail}; {silent}") if silent and one.said and one.requests else one


def _silent(delivery: Delivery, one: Finding) -> Finding:
    """Return why requests are refused, as no error where the stack deploys all the same."""
    return replace(one, said="warning") if delivery.service.silent else one


def _merged(found: Iterable[Finding]) -> list[Finding]:
    """Return each finding once, with all the requests that are refused for it; what says more speaks for what says less."""
    merged: dict[tuple[object, ...], Finding] = {}
    for one in found:
        name: tuple[object, ...] = (one.cause, one.logical_id, one.path, one.detail)
        merged[name] = _with_requests(merged.get(name, one), one)
    for name, one in [item for item in merged.items() if item[1].cause in _FAINT]:
        clearer = [key for key, other in merged.items() if one.cause in _SPEAKS_FOR.get(other.cause, ())]
        clearer = [key for key in clearer if _is_within(merged[key].path, one.path)]
        for key in clearer:
            merged[key] = _with_requests(merged[key], one)
        if clearer:
            del merged[name]
    return list(merged.values())


_PATHS = frozenset({"account-path-not-allowed", "organization-path-not-allowed", "prefix-not-allowed"})
_FAINT = _PATHS | {"malformed-resource", "wrong-resource"}
_SPEAKS_FOR: dict[str, frozenset[str]] = {
    "missing-sub": _FAINT - _PATHS,
    "foreign-resource": _FAINT - _PATHS,
    "inapplicable-resource": _FAINT,
}
"""What says why a Resource is wrong whatever it is for, and what then need not say that it is wrong for a request."""


def _with_requests(one: Finding, other: Finding) -> Finding:
    requests = tuple(dict.fromkeys((*one.requests, *other.requests)))
    return replace(one, requests=requests, blocking=one.blocking or other.blocking)


def _is_within(path: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return path[: len(outer)] == outer
