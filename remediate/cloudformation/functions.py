"""What intrinsic functions make of texts and lists whose parts are resolved already.

Each takes the whole ``expression`` too: where nothing can be made of it, the result is an unknown that goes by it.
"""

from __future__ import annotations

import json
import re

from remediate.cloudformation.parameters import written
from remediate.symbolic import Text, Unknown, text
from remediate.template import Plain

LONGEST = 4096
"""A text that becomes longer than so many characters and unknown parts is taken as one unknown part.

Names that stand twice in one another double with every step, so that a short template can spell an endless text. No name,
ARN or key of AWS is as long.
"""

_DYNAMIC_REFERENCE = re.compile(r"(\{\{resolve:[^{}]*\}\})")


def literal(string: str) -> Text:
    """Return text as written; the dynamic references in it are unknown (User Guide, Dynamic references)."""
    if "{{resolve:" not in string:
        return text(string)
    pieces = _DYNAMIC_REFERENCE.split(string)
    return text(*(Unknown(piece, "any") if number % 2 else piece for number, piece in enumerate(pieces)))


def joined(parts: list[str | Text], expression: Plain) -> Text:
    """Join parts to a text; a dynamic reference of several pieces, and what becomes too long, is unknown."""
    if sum(map(_length, parts)) > LONGEST:
        return text(Unknown(f"{_name(expression)}, which is longer than {LONGEST:,} characters", "any"))
    found = text(*parts)
    if any(isinstance(part, str) and "{{resolve:" in part for part in found.parts):
        return opaque(expression)
    return found


def join(delimiter: str, items: object, expression: Plain) -> Text:
    """Return what ``Fn::Join`` makes of a resolved list."""
    if not isinstance(items, list) or not all(isinstance(item, Text | bool | int | float) for item in items):
        return opaque(expression)
    parts: list[str | Text] = []
    for item in items:
        parts += [delimiter, item if isinstance(item, Text) else written(item)]
    return joined(parts[1:], expression)


def select(index: Text | None, items: object, expression: Plain) -> object:
    """Return what ``Fn::Select`` takes of a resolved list."""
    if isinstance(items, list) and index is not None:
        for number, item in enumerate(items):
            if index.known == str(number):
                return item
    return opaque(expression)


def split(whole: Text | None, delimiter: str, expression: Plain) -> object:
    """Return what ``Fn::Split`` makes of a string; unknown where an unknown part might hold the delimiter."""
    if whole is None or not delimiter:
        return opaque(expression)
    found: list[list[str | Unknown]] = [[]]
    for part in whole.parts:
        if isinstance(part, Unknown):
            if part.alphabet == "any" or not set(delimiter) <= set(":/"):
                return opaque(expression)
            found[-1].append(part)
        else:
            first, *others = part.split(delimiter)
            found[-1].append(first)
            found += [[one] for one in others]
    return [text(*pieces) for pieces in found]


def opaque(expression: Plain) -> Text:
    """Return an unknown that equals itself wherever the same expression stands."""
    return text(Unknown(_name(expression), "any"))


def _name(expression: Plain) -> str:
    return json.dumps(expression, sort_keys=True, default=str)


def _length(part: str | Text) -> int:
    if isinstance(part, str):
        return len(part)
    return sum(1 if isinstance(piece, Unknown) else len(piece) for piece in part.parts)
