"""Policy variables: ``${aws:username}`` in a resource or a condition value.

Source: IAM User Guide, IAM policy elements: Variables and tags. A variable here is *known* text of the policy; an unknown
part of a template is something else. ``${*}``, ``${?}`` and ``${$}`` are left to the matching, which reads them as
plain characters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remediate.symbolic import Text, Unknown, text

if TYPE_CHECKING:
    from remediate.policy.request import Request

_VARIABLE = re.compile(r"\$\{(?![*?$]\})\s*([^},]+?)\s*(?:,\s*'([^']*)'\s*)?\}")
_SPECIAL = re.compile(r"[*?]|\$(?=\{)")


def with_variables(pattern: Text, request: Request) -> Text:
    """Replace each variable by its value in the request, its default where the key is absent, else an unknown part."""
    if not any(isinstance(part, str) and "${" in part for part in pattern.parts):
        return pattern
    parts: list[str | Unknown | Text] = []
    for part in pattern.parts:
        parts.extend([part] if isinstance(part, Unknown) else _replaced(part, request))
    return text(*parts)


def _replaced(known: str, request: Request) -> list[str | Unknown | Text]:
    parts: list[str | Unknown | Text] = []
    position = 0
    for found in _VARIABLE.finditer(known):
        parts += [known[position : found.start()], _value(found[1], found[2], request)]
        position = found.end()
    return [*parts, known[position:]]


def _value(name: str, default: str | None, request: Request) -> str | Unknown | Text:
    values = request.values_of(name)
    if len(values) == 1:
        value = values[0]
        if isinstance(value, Text):
            return text(*(part if isinstance(part, Unknown) else _escaped(part) for part in value.parts))
        if value is None and default is not None:
            return _escaped(default)
    return Unknown(f"policy variable {name}", "any")


def _escaped(plain: str) -> str:
    """Return text that a pattern matches character by character."""
    return _SPECIAL.sub(lambda found: f"${{{found[0]}}}", plain)
