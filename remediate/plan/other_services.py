"""Deliveries that a run does not look at: they are named, so that nobody takes them for checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.candidates import sources_of, used_sources
from remediate.delivery.service import LogService
from remediate.delivery.services import shipped_services
from remediate.patch_set import PatchSet
from remediate.plan.outcome import Skipped

_MOST = 3
"""So many resources of a service are named; the others are counted."""


def other_services(model: TemplateModel, chosen: Iterable[PatchSet]) -> Iterator[Skipped]:
    """Yield one remark on all known services with sources in the template that none of the chosen sets is about."""
    left = dict(_left(model, {one.service.id: one for one in chosen}))
    if left:
        said = [f"{_does(service)} {_listed(names)}" for service, names in left.items()]
        options = " ".join(f"--service {service.id}" for service in left)
        first = next(iter(left.values()))[0]
        reason = f"{'; '.join(said)}: this run does not look at that"
        yield Skipped(
            "other-service", "unchecked", reason, first, f"add {options}{', or --service all' if said[1:] else ''}"
        )


def _left(model: TemplateModel, sets: Mapping[str, PatchSet]) -> Iterator[tuple[LogService, list[str]]]:
    """Yield each service with the sources that no set is about; a leg is only about those that are used."""
    for service in shipped_services():
        found = dict.fromkeys(name for kind in service.kinds for name in sources_of(model, kind))
        rest = [name for name in found if service.id not in sets or not _is_seen(model, sets[service.id], name)]
        if rest:
            yield service, rest


def _is_seen(model: TemplateModel, patch_set: PatchSet, source: str) -> bool:
    used_by = patch_set.used_by
    return used_by is None or source in used_sources(model, patch_set.service, used_by)


def _does(service: LogService) -> str:
    return f"{service.name} {'delivers logs of' if service.source.bucket else 'uses the key of'}"


def _listed(names: list[str]) -> str:
    listed = ", ".join(names[:_MOST])
    return f"{listed} and {len(names) - _MOST} more" if len(names) > _MOST else listed
