"""Templates as text: reading them with exact places, and editing them without touching anything else.

Knows JSON, YAML, JSON pointers and patches; knows nothing of AWS but the short forms of intrinsic functions.
"""

from remediate.template.data import read_data
from remediate.template.edit import edit
from remediate.template.errors import NotTemplate, Refused, TemplateError, Unreadable, place
from remediate.template.node import Alias, Mapping, Member, Node, Plain, Scalar, Sequence, Span, Tagged, Template
from remediate.template.operation import Operation, parse_operation, pointer, tokens, unshared
from remediate.template.read import read
from remediate.template.splice import Edit, splice
from remediate.template.working import data_of, identical

__all__ = [
    "Alias",
    "Edit",
    "Mapping",
    "Member",
    "Node",
    "NotTemplate",
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
    "identical",
    "parse_operation",
    "place",
    "pointer",
    "read",
    "read_data",
    "splice",
    "tokens",
    "unshared",
]
