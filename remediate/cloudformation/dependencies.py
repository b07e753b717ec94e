"""Which resource waits for which: through references and through ``DependsOn``."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.resources import Data, remembered, resource, section
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
        for target in _direct(data, resources, chain[-1]):
            if target == on:
                return [*chain, target]
            if target not in seen:
                seen.add(target)
                chains.append([*chain, target])
    return []


def waits_for(data: Data, trail: str, policy: str) -> bool:
    """Tell whether a trail is created after a policy: by reference, by DependsOn, or by a reference in Metadata."""
    return bool(depends(data, trail, policy)) or policy in mentions(resource(data, trail).get("Metadata"))


def circle(data: Data, trail: str, bucket_policies: Iterable[str]) -> list[str]:
    """Return the chain by which a policy waits for the trail that needs it, or the trail for itself; else nothing."""
    own = depends(data, trail, trail)
    return own or next((chain for one in bucket_policies if (chain := depends(data, one, trail))), [])


def depends_on(written: Plain) -> list[str]:
    """Return what the ``DependsOn`` of a resource names."""
    named = written.get("DependsOn") if isinstance(written, dict) else None
    items = named if isinstance(named, list) else [named]
    return [item for item in items if isinstance(item, str)]


def _direct(data: Data, resources: Data, logical_id: str) -> list[str]:
    """Return the resources that one waits for without another between; a chain passes many a resource twice."""
    memory, name = remembered(data), (_direct, logical_id)
    if name not in memory:
        written = resources.get(logical_id)
        named = mentions(written.get("Properties")) | {*depends_on(written)} if isinstance(written, dict) else set()
        memory[name] = sorted(named & resources.keys())
    return memory[name]  # type: ignore[return-value]  # what the line above put there
