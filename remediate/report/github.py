"""Workflow commands, which GitHub Actions shows as annotations of the changed lines.

Source: GitHub Docs, Workflow commands for GitHub Actions, Setting an error message.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.engine import Report
from remediate.patch_set import PatchSet
from remediate.report.annotations import Annotation, annotate
from remediate.report.escape import relative, workflow, workflow_property
from remediate.report.failed import Failed

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(reports: Sequence[Report], _: PatchSet, failed: Sequence[Failed] = ()) -> str:
    """Return a line for each finding, and for each file that could not be checked; what is worst comes first.

    GitHub shows ten annotations of each kind for a step, and fifty for a job: the first ones. Source: actions/toolkit,
    docs/problem-matchers.md, Limitations.
    """
    found = [(one.level, _finding(report, one)) for report in reports for one in annotate(report)]
    lines = [line for level in _COMMANDS for one, line in found if one == level]
    return "".join(line + "\n" for line in [*(_failed(one) for one in failed), *lines])


def _finding(report: Report, one: Annotation) -> str:
    where = f"file={_file(report.name)},line={one.line},col={one.column}"
    return f"::{_COMMANDS[one.level]} {where},title={workflow_property(one.rule)}::{workflow(_message(one))}"


def _failed(one: Failed) -> str:
    place = f",line={one.line},col={one.column}" if one.line else ""
    return f"::error file={_file(one.name)}{place},title=not checked::{workflow(one.message)}"


def _message(one: Annotation) -> str:
    return f"{one.message}; {one.remedy}" if one.remedy else one.message


def _file(name: str) -> str:
    return workflow_property(relative(name))
