"""The change as JSON patches (RFC 6902)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from remediate.engine import Report
from remediate.patchset import PatchSet


def render(reports: Sequence[Report], _: PatchSet) -> str:
    """Return one report's operations as a JSON array; of several an object from file name to array."""
    patches = {report.name: [operation.to_json() for operation in report.operations] for report in reports}
    content = next(iter(patches.values())) if len(patches) == 1 else patches
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
