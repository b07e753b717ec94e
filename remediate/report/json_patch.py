"""The change as JSON patches (RFC 6902)."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.engine import Report
from remediate.report.escape import json_text
from remediate.template import Plain


def render(reports: Sequence[Report], *, keyed: bool) -> str:
    """Return an object from file name to array of operations, or, not ``keyed``, the array of the only report.

    The form must not depend on what becomes of the files, or a script could not rely on it: a file that could not be
    worked on has no member, and alone it is an empty array.
    """
    patches: dict[str, Plain] = {report.name: [one.to_json() for one in report.operations] for report in reports}
    return json_text(patches if keyed else next(iter(patches.values()), []))
