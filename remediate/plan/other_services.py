"""Deliveries of services that a run does not look at: they are named, so that nobody takes them for checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from remediate.cloudformation.resources import Data, of_type
from remediate.delivery.service import LogService
from remediate.delivery.services import shipped_services
from remediate.plan.outcome import Skipped


def other_services(data: Data, chosen: Collection[LogService]) -> Iterator[Skipped]:
    """Yield one remark for each known service that has a source in the template and is not among the chosen."""
    ids = {service.id for service in chosen}
    for service in shipped_services():
        found = of_type(data, service.source.type) if service.id not in ids else []
        if found:
            reason = f"{service.name} delivers logs of {', '.join(found)} here, which this run does not look at"
            yield Skipped("other-service", "unchecked", reason, found[0], f"add --service {service.id}")
