"""Turning operations on a template's data into edits of its text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from remediate.template.apply import overlay
from remediate.template.errors import Refused
from remediate.template.limits import DEEPEST
from remediate.template.node import Template
from remediate.template.operation import Operation
from remediate.template.splice import Edit


def edit(template: Template, operations: Sequence[Operation]) -> list[Edit]:
    """Return the edits that make the template's data what the operations make of it.

    Raises Refused, with the path of the operation that cannot be written.
    """
    try:
        return _edits(template, operations) if operations else []
    except Refused as error:
        if error.path is None:  # it came to light in the writing
            failing = bisect_left(range(1, len(operations)), True, key=lambda count: _fails(template, operations[:count]))
            error.path = operations[failing].path
        raise


def _fails(template: Template, operations: Sequence[Operation]) -> bool:
    try:
        _edits(template, operations)
    except Refused:
        return True
    return False


def _edits(template: Template, operations: Sequence[Operation]) -> list[Edit]:
    working = overlay(template.root, list(operations), template.text, DEEPEST[template.format])
    if template.format == "json":
        from remediate.template.json.editor import edits as written  # only one of the two is needed
    else:
        from remediate.template.yaml.editor import edits as written
    return written(working, template)
