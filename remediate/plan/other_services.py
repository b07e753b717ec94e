"""Deliveries of services that a run does not look at: they are named, so that nobody takes them for checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.candidates import sources_of
from remediate.delivery.service import LogService
from remediate.delivery.services import shipped_services
from remediate.plan.outcome import Skipped


def other_services(model: TemplateModel, chosen: Collection[LogService]) -> Iterator[Skipped]:
    """Yield one remark for each known service that has a source in the template and is not among the chosen."""
    ids = {service.id for service in chosen}
    for service in shipped_services():
        kinds = service.kinds if service.id not in ids else ()
        found = list(dict.fromkeys(name for kind in kinds for name in sources_of(model, kind)))
        if found:
            does = "delivers logs of" if service.source.bucket else "uses the key of"
            reason = f"{service.name} {does} {', '.join(found)} here, which this run does not look at"
            yield Skipped("other-service", "unchecked", reason, found[0], f"add --service {service.id}")
