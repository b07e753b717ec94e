"""What the bytes of a file tell before it is read: whether it can be a template, and one that a service has to do with.

Reading a template takes a hundred times as long as reading its bytes. A word that is not in the bytes, and that no escape
can have hidden, is not in the template either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from remediate.broken_lines import has_broken_lines
from remediate.delivery.service import LogService
from remediate.delivery.services import shipped_services

if TYPE_CHECKING:
    from mmap import mmap

_FORMAT = b"AWSTemplateFormatVersion"
_TYPE = re.compile(rb"AWS::[A-Za-z0-9]+::[A-Za-z0-9]")
_RESOURCES = re.compile(
    rb"""^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?Resources[ \t]*:|["']Resources["'][ \t\r\n]*:""", re.MULTILINE
)
_LARGE = 1_000_000
"""What is larger cannot be deployed (AWS CloudFormation User Guide, Quotas), so it is a template only if it says so."""

_ESCAPE = re.compile(rb"\\(?:u00|x|U000000)[2-7][0-9A-Fa-f]|\\\r?\n")
"""Escapes of JSON and YAML that can hide a part of a name: a printable ASCII character, and a line that is continued."""
_MADE = re.compile(rb"(?:Fn::|!)Transform|Fn::ForEach|AWS::\$")
"""What makes resources under types that may not be written in the template. Loops, too, need the section Transform."""
_ABOUT_LOGGING = re.compile(rb"trail|audit|logging|log-?archive|baseline")

_OTHERS = bytes(set(range(256)) - set(b'{}[]"%<\t\\'))
"""All characters but those that tell of a template that is cut off, or that is yet to be rendered or merged."""
_TAB = re.compile(rb"^ *\t", re.MULTILINE)


class Look(Enum):
    """What a file is by its bytes.

    OTHER: not a template. UNCONCERNED: a template that has nothing to do with the services. NESTED: one that has not either,
    but deploys other templates. READ: none of it can be said.
    """

    OTHER = "other"
    UNCONCERNED = "unconcerned"
    NESTED = "nested"
    READ = "read"


class Relevance:
    """Tells by its bytes whether a file has to be read for some services."""

    def __init__(self, services: Sequence[LogService], values: Iterable[str] = ()) -> None:
        """Collect the words. ``values`` are given for parameters: one that is a word may be anywhere in a template."""
        chosen = {one.id for one in services}
        labels = {one.principal.partition(".")[0].lower().encode() for one in services}
        self._labels = tuple((label, re.compile(rb"\b%b\b" % re.escape(label))) for label in sorted(labels))
        own = {text.lower().encode() for one in services for text in (one.principal, *one.source_types)}
        # Other services are told about where they have a source.
        self._also = {word: needed for word, needed in _of_others(chosen).items() if word not in own}
        words = sorted(own | self._also.keys())
        # Each word costs a search: those in which a label is a word are found by it.
        self._words = tuple(word for word in words if not any(one.search(word) for _, one in self._labels))
        self._always = any(self._names(value.lower().encode()) for value in values)

    def look(self, raw: bytes) -> Look:
        """Return what a file is; what cannot be decided by bytes is to be read."""
        if b"\0" in raw:  # UTF-16, UTF-32, or no text: reading it says which
            return Look.READ if mentions_cloudformation(raw) else Look.OTHER
        hidden = b"\\" in raw and _ESCAPE.search(raw)
        if not hidden and not mentions_cloudformation(raw):
            return Look.OTHER
        macro = b"Transform" in raw
        stacks = b"CloudFormation::Stack" in raw or (macro and b"AWS::Serverless::Application" in raw)
        if hidden or self._always or self._concerns(raw, macro=macro, stacks=stacks) or _may_be_broken(raw):
            return Look.READ
        return Look.NESTED if stacks else Look.UNCONCERNED

    def _concerns(self, raw: bytes, *, macro: bool, stacks: bool) -> bool:
        if macro and _MADE.search(raw):
            return True
        low = raw.lower()
        if self._names(low):
            return True
        if stacks and _ABOUT_LOGGING.search(low):
            return True
        return (macro or stacks) and any(label in low for label, _ in self._labels)

    def _names(self, low: bytes) -> bool:
        """Tell whether a text in lower case names a service, if only by the first word of its principal (for Fn::Sub)."""
        return any(word in low and self._also.get(word, b"") in low for word in self._words) or any(
            label in low and word.search(low) for label, word in self._labels
        )


def _of_others(chosen: set[str]) -> dict[bytes, bytes]:
    """Return the types of the sources of other services, each with the property without which none is a source, if any.

    Most log groups, say, have no key, and are no matter of a service.
    """
    found: dict[bytes, set[bytes]] = {}
    for source in (kind.source for one in shipped_services() if one.id not in chosen for kind in one.kinds):
        needed = next((path.property for path, values in source.where.items() if "" not in values), "")
        found.setdefault(source.type.lower().encode(), set()).add(needed.lower().encode())
    return {word: needed.pop() if len(needed) == 1 else b"" for word, needed in found.items()}


def mentions_cloudformation(raw: bytes) -> bool:
    """Tell whether bytes say anything of CloudFormation. UTF-16 and UTF-32 write the letters with zeros between them."""
    letters = raw.replace(b"\0", b"")
    if len(letters) > _LARGE:
        return claims_to_be_template(letters)
    return _FORMAT in letters or (b"AWS::" in letters and bool(_TYPE.search(letters))) or _has_resources(letters)


def claims_to_be_template(letters: bytes | mmap) -> bool:
    """Tell whether bytes have what only a template has: the version of its format, or a section Resources."""
    return letters.find(_FORMAT) >= 0 or _has_resources(letters)


def _has_resources(letters: bytes | mmap) -> bool:
    return letters.find(b"Resources") >= 0 and bool(_RESOURCES.search(letters))


def _may_be_broken(raw: bytes) -> bool:
    """Tell whether a template looks as if it could not be read: that is an error, whatever it is about."""
    if b"Resources" not in raw or b"AWS::" not in raw or b"\n---" in raw:
        return True
    marks = raw.translate(None, _OTHERS)  # one pass instead of one for each character
    if marks.count(b"{") != marks.count(b"}") or marks.count(b"[") != marks.count(b"]"):
        return True
    if (marks.count(b'"') - (raw.count(b'\\"') if b"\\" in marks else 0)) % 2:
        return True
    if (
        (b"{%" in marks and b"{%" in raw)
        or (b"{{" in marks and b"{{" in raw and raw.count(b"{{") > raw.count(b"{{resolve:"))
        or (b"<<<<<<<" in marks and b"<<<<<<<" in raw)
    ):
        return True
    if b"\t" in marks and raw.lstrip()[:1] != b"{" and _TAB.search(raw):
        return True
    try:
        text = raw.decode("utf-8")
        if not text.lstrip("\ufeff \t\r\n").startswith("{"):
            return has_broken_lines(raw)
        json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return True
    return False


def _without_doubles(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
