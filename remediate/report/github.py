"""Workflow commands, which GitHub Actions shows as annotations of the changed lines.

Source: GitHub Docs, Workflow commands for GitHub Actions, Setting an error message.
"""

from __future__ import annotations

from collections.abc import Sequence

from remediate.engine import Report
from remediate.patchset import PatchSet
from remediate.report.annotations import Annotation, annotate

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(reports: Sequence[Report], _: PatchSet) -> str:
    """Return a line for each finding."""
    lines = [
        f"::{_COMMANDS[one.level]} file={_property(report.name)},line={one.line},col={one.column},"
        f"title={_property(one.rule)}::{_data(_message(one))}"
        for report in reports
        for one in annotate(report)
    ]
    return "".join(line + "\n" for line in lines)


def _message(one: Annotation) -> str:
    return f"{one.message}; {one.remedy}" if one.remedy else one.message


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
