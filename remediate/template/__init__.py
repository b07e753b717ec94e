"""Text in, text out: templates as trees of nodes with exact spans, and edits that leave every other byte alone."""

from __future__ import annotations

from remediate.template.edit import edit
from remediate.template.errors import Refused, TemplateError, Unreadable, place
from remediate.template.node import Alias, Mapping, Member, Node, Plain, Scalar, Sequence, Span, Tagged, Template
from remediate.template.operation import Operation, parse_operation, pointer, tokens
from remediate.template.overlay import data_of
from remediate.template.read import read
from remediate.template.splice import Edit, splice

__all__ = [
    "Alias",
    "Edit",
    "Mapping",
    "Member",
    "Node",
    "Operation",
    "Plain",
    "Refused",
    "Scalar",
    "Sequence",
    "Span",
    "Tagged",
    "Template",
    "TemplateError",
    "Unreadable",
    "data_of",
    "edit",
    "parse_operation",
    "place",
    "pointer",
    "read",
    "splice",
    "tokens",
]
