"""Templates as text: reading them with exact places, and editing them without touching anything else.

Knows JSON, YAML, JSON pointers and patches; knows nothing of AWS but the short forms of intrinsic functions.
"""

from remediate.template.compose import compose
from remediate.template.edit import edit
from remediate.template.errors import (
    NotTemplate,
    Refused,
    TemplateError,
    TemplateInside,
    Unreadable,
    line_and_column,
)
from remediate.template.node import Alias, MappingNode, Member, Node, Plain, ScalarNode, SequenceNode, Span, Tagged, Template
from remediate.template.operation import Operation, parse_operation, pointer, tokens, unshared, value_at
from remediate.template.read import read
from remediate.template.reread import read_data
from remediate.template.splice import Edit, splice
from remediate.template.tree import data_of, identical

__all__ = [
    "Alias",
    "Edit",
    "MappingNode",
    "Member",
    "Node",
    "NotTemplate",
    "Operation",
    "Plain",
    "Refused",
    "ScalarNode",
    "SequenceNode",
    "Span",
    "Tagged",
    "Template",
    "TemplateError",
    "TemplateInside",
    "Unreadable",
    "compose",
    "data_of",
    "edit",
    "identical",
    "line_and_column",
    "parse_operation",
    "pointer",
    "read",
    "read_data",
    "splice",
    "tokens",
    "unshared",
    "value_at",
]
