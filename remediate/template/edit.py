"""Turning operations on a template's data into edits of its text."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.template.node import Template
from remediate.template.operation import Operation
from remediate.template.overlay import overlay
from remediate.template.splice import Edit


def edit(template: Template, operations: Sequence[Operation]) -> list[Edit]:
    """Return the edits that make the template's data what the operations make of it. Raises Refused."""
    if not operations:
        return []
    working = overlay(template.root, list(operations), template.text)
    if template.format == "json":
        from remediate.template.json_edit import edits as written  # only one of the two is needed
    else:
        from remediate.template.yaml_edit import edits as written
    return written(working, template)
