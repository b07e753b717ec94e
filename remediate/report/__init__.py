"""Reports for people and machines: one module for each format, imported when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command's beginning needs a module of this package, and nothing of the engine
    from collections.abc import Sequence

    from remediate.engine import Report
    from remediate.patch_set import PatchSet
    from remediate.report.failed import Failed

FORMATS = ("json", "json-patch", "markdown", "sarif", "github")


def render(
    style: str,
    reports: Sequence[Report],
    patch_set: PatchSet,
    failed: Sequence[Failed] = (),
    *,
    keyed: bool | None = None,
) -> str:
    """Return the reports of a run in one of the FORMATS, with the files that could not be checked.

    ``keyed``: JSON patches are an object by file name; None means so unless there is one report.
    """
    module = importlib.import_module(f"remediate.report.{style.replace('-', '_')}")
    if style == "json-patch":
        return str(module.render(reports, keyed=len(reports) != 1 if keyed is None else keyed))
    return str(module.render(reports, patch_set, failed))
