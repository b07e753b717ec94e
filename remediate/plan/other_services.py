"""Deliveries that a run does not look at: they are named, so that nobody takes them for checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.candidates import sources_of, used_sources
from remediate.delivery.services import shipped_services
from remediate.patch_set import PatchSet
from remediate.plan.outcome import Skipped

_MOST = 3
"""So many resources are named; the others are counted."""


def other_services(model: TemplateModel, chosen: Iterable[PatchSet]) -> Iterator[Skipped]:
    """Yield one remark for each known service with sources in the template that none of the chosen sets is about."""
    sets = {one.service.id: one for one in chosen}
    for service in shipped_services():
        found = dict.fromkeys(name for kind in service.kinds for name in sources_of(model, kind))
        looked_at = _looked_at(model, sets[service.id]) if service.id in sets and found else set[str]()
        rest = [name for name in found if looked_at is not None and name not in looked_at]
        if rest:
            does = "delivers logs of" if service.source.bucket else "uses the key of"
            reason = f"{service.name} {does} {_listed(rest)} here, which this run does not look at"
            yield Skipped("other-service", "unchecked", reason, rest[0], f"add --service {service.id}")


def _looked_at(model: TemplateModel, patch_set: PatchSet) -> set[str] | None:
    """Return the sources that a set is about, None for all of its service."""
    return None if patch_set.used_by is None else used_sources(model, patch_set.service, patch_set.used_by)


def _listed(names: list[str]) -> str:
    listed = ", ".join(names[:_MOST])
    return f"{listed} and {len(names) - _MOST} more" if len(names) > _MOST else listed
