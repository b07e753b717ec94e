"""Strings of which a template fixes only a part.

``arn:aws:s3:::${Bucket}/AWSLogs/${AWS::AccountId}/*`` is a Text of known and unknown parts. Two unknown parts with the
same name are the same string, so that much can be proved without knowing it; everything else about them stays open.
"""

from __future__ import annotations

import string
from typing import Literal, TypeAlias

from msgspec import Struct

Alphabet = Literal["digits", "name", "any"]


class UnknownPart(Struct, frozen=True):
    """A non-empty string that the template does not fix.

    ``name`` identifies it (``AWS::AccountId``, a parameter, or the JSON text of an expression). ``alphabet`` bounds what
    it can hold: ``digits`` only digits, ``name`` none of ``/ : * ?`` (bucket names, Regions, ids), ``any`` anything.
    ``generated``: it is the name that CloudFormation makes for a resource, which no other resource has. ``begins`` is the
    beginning of its value where that is known, and stands before it: the template has ``${OrgId}`` for ``o-`` and the rest.
    """

    name: str
    alphabet: Alphabet = "name"
    generated: bool = False
    begins: str = ""


class PartialString(Struct, frozen=True):
    """A string as its known and unknown parts, in order; made by :func:`text`, which joins neighbouring known parts."""

    parts: tuple[str | UnknownPart, ...]

    @property
    def known(self) -> str | None:
        """The whole string where no part is unknown, else None."""
        match self.parts:  # neighbouring known parts are one
            case ():
                return ""
            case (str(known),):
                return known
        return None

    def __str__(self) -> str:
        """Return the string with ``${name}`` for each unknown part, as a template has it."""
        shown = ""
        for part in self.parts:
            shown = shown + part if isinstance(part, str) else f"{shown.removesuffix(part.begins)}${{{part.name}}}"
        return shown


Value: TypeAlias = "PartialString | bool | int | float | list[Value] | dict[str, Value] | None"
"""Template data under given parameters: every string is a Text, every ``Fn::If`` is decided, ``AWS::NoValue`` is gone."""


def lowered(name: str) -> str:
    """Return a name in lower case, for one that AWS compares without case: only the letters of ASCII have another form.

    Python's own ``lower`` also makes a ``k`` of the Kelvin sign, which is none to AWS.
    """
    return name.lower() if name.isascii() else name.translate(_LOWER)


_LOWER = {ord(capital): capital.lower() for capital in string.ascii_uppercase}


def partial(*parts: str | UnknownPart | PartialString) -> PartialString:
    """Join parts to a Text."""
    if len(parts) == 1:  # most texts are made of one part, and need no joining
        (part,) = parts
        return part if isinstance(part, PartialString) else PartialString((part,) if part != "" else ())
    joined: list[str | UnknownPart] = []
    for part in parts:
        for piece in part.parts if isinstance(part, PartialString) else (part,):
            if isinstance(piece, str) and joined and isinstance(joined[-1], str):
                joined[-1] += piece
            elif piece != "":
                joined.append(piece)
    return PartialString(tuple(joined))
