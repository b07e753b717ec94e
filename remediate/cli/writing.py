"""Writing the reports of a run at its end, in each format and to each file that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from remediate.cli import inputs
from remediate.cli.outputs import Outputs
from remediate.cli.run import Run
from remediate.engine import Report
from remediate.patch_set import PatchSet
from remediate.report import render


class _Said(TypedDict):
    """What a report is told of its run."""

    keyed: bool
    fail_on: Mapping[str, str] | None
    written: bool


def write_reports(
    run: Run,
    outputs: Outputs,
    reports: Sequence[Report],
    patch_set: PatchSet,
    names: Sequence[str],
    fail_on: Mapping[str, str] | None = None,
    *,
    written: bool = False,
) -> None:
    """Write the reports of a run in each format that is not written yet, files first.

    ``fail_on`` has the lowest severity that fails a template, by its name. ``written``: the templates are changed.

    A report that cannot be rendered does not affect the others, and neither does a file that cannot be written.
    """
    said: _Said = {"keyed": not inputs.is_one_file(names), "fail_on": fail_on, "written": written}
    for style, file in outputs.at_the_end():
        rendered = _rendered(run, style, reports, patch_set, said)
        content = rendered.encode("utf-8", "surrogateescape" if style == "diff" else "backslashreplace")
        if file is None:
            run.out(content)
            continue
        try:
            file.put(content, [one.name for one in reports])
        except OSError as error:
            run.unwritten(file.name, error)
    run.all_shown()


def _rendered(run: Run, style: str, reports: Sequence[Report], patch_set: PatchSet, said: _Said) -> str:
    try:
        return render(style, reports, patch_set, run.failures, **said)
    except Exception:  # noqa: BLE001  # attempt reports which template it is
        sound = [one for one in reports if run.attempt(one.name, render, style, [one], patch_set) is not None]
        return render(style, sound, patch_set, run.failures, **said)
