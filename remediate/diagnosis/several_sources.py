"""One finding for all sources that log to a bucket, where each of them would say the same."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from remediate.diagnosis.finding import Finding

_SOURCE = re.compile(r"(?<=, where )(\w+)(?: logs)(?=,)")
_SHOWN = 3
"""So many sources are named, and the others counted."""


def joined(found: Iterable[Finding]) -> list[Finding]:
    """Return findings that differ only in the source that logs to a bucket as one, which names the sources."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for one in found:
        said = _SOURCE.sub("", one.detail)
        groups.setdefault((one.cause, one.logical_id, one.path, said, one.blocking, one.said), []).append(one)
    return [_as_one(group) for group in groups.values()]


def _as_one(group: list[Finding]) -> Finding:
    first = group[0]
    sources = [found[1] for one in group if (found := _SOURCE.search(one.detail))]
    if len(sources) < 2:  # several
        return first
    shown = sources if len(sources) <= _SHOWN + 1 else [*sources[:_SHOWN], f"{len(sources) - _SHOWN} more"]
    requests = tuple(dict.fromkeys(name for one in group for name in one.requests))
    detail = _SOURCE.sub(f"{', '.join(shown[:-1])} and {shown[-1]} log", first.detail)
    return replace(first, detail=detail, requests=requests)
