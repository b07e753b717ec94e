"""Properties that AWS refuses of a source with the destination that it has."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.property_path import place_of
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import Finding


def source_findings(delivery: Delivery) -> Iterator[Finding]:
    """Yield each property with which AWS does not create the source of a delivery."""
    for path in delivery.service.source.without if delivery.source else ():
        source, resolver = str(delivery.source), delivery.resolver
        if resolver.value(resolver.at(source, path)) is not None:
            place = place_of(resolver.model.properties(source), path, resolver.scenario.conditions)
            detail = f"{source} has {path}, which AWS refuses of a {delivery.service.source.noun} that logs to a bucket"
            advice = f"remove {path}"
            yield Finding(
                "refused-property", source, ("Resources", source, "Properties", *place), detail, "bucket", advice=advice
            )
