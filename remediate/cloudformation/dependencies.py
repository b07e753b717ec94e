"""Which resource waits for which: through references and through ``DependsOn``."""

from __future__ import annotations

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.resources import Data, section
from remediate.template import Plain


def depends(data: Data, logical_id: str, on: str) -> list[str]:
    """Return the chain of resources by which one waits for another, first to last; empty where it does not.

    Source: AWS CloudFormation User Guide, DependsOn attribute.
    """
    resources = section(data, "Resources")
    chains = [[logical_id]]
    seen = {logical_id}
    while chains:
        chain = chains.pop(0)
        for target in sorted(_direct(resources.get(chain[-1])) & resources.keys()):
            if target == on:
                return [*chain, target]
            if target not in seen:
                seen.add(target)
                chains.append([*chain, target])
    return []


def depends_on(resource: Plain) -> list[str]:
    """Return what a resource's ``DependsOn`` names."""
    named = resource.get("DependsOn") if isinstance(resource, dict) else None
    items = named if isinstance(named, list) else [named]
    return [item for item in items if isinstance(item, str)]


def _direct(resource: Plain) -> set[str]:
    if not isinstance(resource, dict):
        return set()
    return mentions(resource.get("Properties")) | set(depends_on(resource))
