"""What intrinsic functions make of texts and lists whose parts are resolved already.

Each takes the whole ``expression`` too: where nothing can be made of it, the result is an unknown that goes by it.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from remediate.cloudformation.parameters import written
from remediate.partial_string import PartialString, UnknownPart, partial
from remediate.template import Plain

LONGEST = 4096
"""A text that becomes longer than so many characters and unknown parts is taken as one unknown part.

Names that stand twice in one another double with every step, so that a short template can spell an endless text. No name,
ARN or key of AWS is as long.
"""

_DYNAMIC_REFERENCE = re.compile(r"(\{\{resolve:[^{}]*\}\})")


@lru_cache(maxsize=4096)
def literal(string: str) -> PartialString:
    """Return text as written; the dynamic references in it are unknown (User Guide, Dynamic references)."""
    if "{{resolve:" not in string:
        return partial(string)
    pieces = _DYNAMIC_REFERENCE.split(string)
    return partial(*(UnknownPart(piece, "any") if number % 2 else piece for number, piece in enumerate(pieces)))


def joined(parts: list[str | PartialString], expression: Plain) -> PartialString:
    """Join parts to a text; a dynamic reference of several pieces, and what becomes too long, is unknown."""
    if sum(map(length, parts)) > LONGEST:
        return partial(UnknownPart(f"{_name(expression)}, which is longer than {LONGEST:,} characters", "any"))
    found = partial(*parts)
    if any(isinstance(part, str) and "{{resolve:" in part for part in found.parts):
        return opaque(expression)
    return found


def join(delimiter: str, items: object, expression: Plain) -> PartialString:
    """Return what ``Fn::Join`` makes of a resolved list."""
    if not isinstance(items, list) or not all(isinstance(item, PartialString | bool | int | float) for item in items):
        return opaque(expression)
    parts: list[str | PartialString] = []
    for item in items:
        parts += [delimiter, item if isinstance(item, PartialString) else written(item)]
    return joined(parts[1:], expression)


def select(index: PartialString | None, items: object, expression: Plain) -> object:
    """Return what ``Fn::Select`` takes of a resolved list."""
    if isinstance(items, list) and index is not None:
        for number, item in enumerate(items):
            if index.known == str(number):
                return item
    return opaque(expression)


def split(whole: PartialString | None, delimiter: str, expression: Plain) -> object:
    """Return what ``Fn::Split`` makes of a string; unknown where an unknown part might hold the delimiter."""
    if whole is None or not delimiter:
        return opaque(expression)
    found: list[list[str | UnknownPart]] = [[]]
    for part in whole.parts:
        if isinstance(part, UnknownPart):
            if part.alphabet == "any" or not set(delimiter) <= set(":/"):
                return opaque(expression)
            found[-1].append(part)
        else:
            first, *others = part.split(delimiter)
            found[-1].append(first)
            found += [[one] for one in others]
    return [partial(*pieces) for pieces in found]


def length(part: str | PartialString) -> int:
    """Return how many characters and unknown parts a text has."""
    if isinstance(part, str):
        return len(part)
    return sum(1 if isinstance(piece, UnknownPart) else len(piece) for piece in part.parts)


def opaque(expression: Plain) -> PartialString:
    """Return an unknown that equals itself wherever the same expression stands."""
    return partial(UnknownPart(_name(expression), "any"))


def _name(expression: Plain) -> str:
    return json.dumps(expression, sort_keys=True, default=str)
