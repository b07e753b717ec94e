"""Reports for people and machines: one module for each format, imported when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command's beginning needs a module of this package, and nothing of the engine
    from collections.abc import Mapping, Sequence

    from remediate.engine import Report
    from remediate.patch_set import PatchSet
    from remediate.report.failed import Failed

FORMATS = ("json", "json-patch", "markdown", "sarif", "github", "gitlab", "junit", "rdjson")
_MODULES = {"text": "listing"}


def render(
    style: str,
    reports: Sequence[Report],
    patch_set: PatchSet,
    failed: Sequence[Failed] = (),
    *,
    keyed: bool | None = None,
    fail_on: Mapping[str, str] | None = None,
    written: bool = True,
) -> str:
    """Return the reports of a run in one of the FORMATS, or as ``text`` or ``diff``, with the files that were not checked.

    ``keyed``: JSON patches are an object by file name; None means so unless there is one report. ``fail_on``: the lowest
    severity that fails a template, by its name, where the format has tests; a warning for one that has no entry. Not
    ``written``: the changes are those that a fix would make.
    """
    module = importlib.import_module(f"remediate.report.{_MODULES.get(style) or style.replace('-', '_')}")
    match style:
        case "text":
            from remediate.report.annotations import annotate  # as above

            return "".join(module.render(one, annotate(one)) for one in reports)
        case "diff":
            return "".join(module.render(one) for one in reports)
        case "json-patch":
            return str(module.render(reports, keyed=len(reports) != 1 if keyed is None else keyed))
        case _:
            own: dict[str, dict[str, Any]] = {"junit": {"fail_on": fail_on or {}}, "markdown": {"written": written}}
            return str(module.render(reports, patch_set, failed, **own.get(style, {})))
