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
    """Return a line for each finding, and for each file that could not be checked."""
    lines = [_failed(one) for one in failed]
    lines += [_finding(report, one) for report in reports for one in annotate(report)]
    return "".join(line + "\n" for line in lines)


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
