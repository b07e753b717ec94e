"""Reports for people and machines: one module for each format, imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from remediate.engine import Report
from remediate.patchset import PatchSet

FORMATS = ("json", "json-patch", "markdown", "sarif", "github")


def render(style: str, reports: Sequence[Report], patch_set: PatchSet) -> str:
    """Return the reports of a run in one of the FORMATS."""
    module = importlib.import_module(f"remediate.report.{style.replace('-', '_')}")
    return str(module.render(reports, patch_set))
