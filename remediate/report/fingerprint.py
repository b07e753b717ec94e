"""What a finding is known by from run to run, also when its lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from remediate.report.annotations import Annotation
from remediate.template import pointer


def fingerprints(found: Iterable[Annotation], name: str = "") -> list[str]:
    """Return a fingerprint for each annotation of a template, unique among them; ``name`` tells templates apart.

    It is made of the rule, the logical ID and the place in the template's structure, not of lines and messages.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for one in found:
        parts = (name, one.rule, one.logical_id, pointer(*one.path))
        seen[parts] += 1
        made.append(_digest(*parts, *([str(seen[parts])] if seen[parts] > 1 else [])))
    return made


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
