"""What is wrong with a text that is not JSON, where, and what to do: one line for each fault people write."""

from __future__ import annotations

import re
from enum import Enum

from remediate.template.errors import Unreadable, line_and_column


class Expected(Enum):
    """What the reader needed where it stopped."""

    VALUE = "a JSON value"
    MEMBER_VALUE = "a value"
    ITEM = "an item"
    KEY = "a key in double quotes"
    COLON = "`:` after the key"
    STRING = "a string"
    END = "the end of the text"


_WORD = re.compile(r"[\w.+-]+")
_STRING_START = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_CONTROL_ESCAPES = {"\t": r"\t", "\b": r"\b", "\f": r"\f"}
_CONSTANTS = {"true": "true", "false": "false", "null": "null", "none": "null", "undefined": "null", "nil": "null"}
_NOT_FINITE = {"nan", "inf", "infinity"}
_CLOSERS = {"{": "}", "[": "]"}


def fault(text: str, index: int, expected: Expected) -> Unreadable:
    """Return the fault at ``index``, where ``expected`` should have stood (for a string: the one that begins there)."""
    if expected is Expected.STRING:
        return _string_fault(text, index)
    comment = _comment(text, index)
    if comment:
        return comment
    if index >= len(text):
        return _at(text, index, f"the text ends where {expected.value} is expected" if text.strip() else "the text is empty")
    if expected in {Expected.KEY, Expected.ITEM} and text[index] in "}]":
        comma = _comma_before(text, index)
        if comma is not None:
            return _at(text, comma, f"trailing comma: remove the `,` before `{text[index]}`")
    if expected is Expected.END:
        return _at(text, index, "text after the end of the JSON value: remove it")
    if text[index] == "'":
        return _at(text, index, "unexpected `'`: JSON strings are written in double quotes")
    if expected is Expected.COLON:
        return _at(text, index, "missing `:` after the key")
    word = _WORD.match(text, index)
    if word:
        return _at(text, index, _word_fault(word[0], expected))
    if text[index] in ",}]" and expected is not Expected.KEY:
        return _at(text, index, f"missing value: expected {expected.value} before `{text[index]}`")
    return _at(text, index, f"unexpected {_shown(text[index])}: expected {expected.value} here")


def missing_comma(text: str, end: int, index: int) -> Unreadable:
    """Return the fault of an entry that ends at ``end`` and is followed, at ``index``, by neither comma nor bracket."""
    if text[index] in "\"'{[" or _WORD.match(text, index):
        return _at(text, end, "missing comma: write `,` between two entries")
    wrong = f"unexpected {_shown(text[index])}: expected `,` or the closing bracket here"
    return _comment(text, index) or _at(text, index, wrong)


def unclosed(text: str, index: int, opening: int) -> Unreadable:
    """Return the fault of a container, opened at ``opening``, for which ``index`` has the wrong bracket or no more text."""
    opener = text[opening]
    where = f"the `{opener}` of line {line_and_column(text, opening)[0]}"
    if index >= len(text):
        return _at(text, index, f"the text ends before {where} is closed: write `{_CLOSERS[opener]}`")
    return _at(text, index, f"`{text[index]}` cannot close {where}: write `{_CLOSERS[opener]}`")


def _word_fault(word: str, expected: Expected) -> str:
    if expected is Expected.KEY:
        return f'key without quotes: write "{word}"'
    lower = word.lower()
    if lower in _CONSTANTS:
        return f"`{word}` is not JSON: write `{_CONSTANTS[lower]}`"
    if lower.lstrip("+-") in _NOT_FINITE:
        return f"`{word}` is not JSON: a number is finite (RFC 8259 section 6)"
    if word.lstrip("+-.")[:1].isdigit():
        return f"`{word}` is not a JSON number (RFC 8259 section 6): correct it, or write it in double quotes if it is text"
    return f"unexpected `{word}`: JSON strings are written in double quotes"


def _string_fault(text: str, start: int) -> Unreadable:
    match = _STRING_START.match(text, start)
    index = match.end() if match else start
    if index >= len(text):
        return _at(text, start, 'unterminated string: the closing `"` is missing')
    if text[index] in "\r\n":
        return _at(text, start, "unterminated string: close it before the line ends, or write the line break as `\\n`")
    if text.startswith("\\u", index):
        return _at(text, index, "`\\u` needs four hexadecimal digits")
    if text[index] == "\\":
        shown = text[index : index + 2].rstrip()
        return _at(text, index, f"`{shown}` is not a JSON escape: write a backslash as `\\\\`")
    escape = _CONTROL_ESCAPES.get(text[index], "\\u" + format(ord(text[index]), "04x"))
    return _at(text, index, f"control character in a string: write `{escape}`")


def _comment(text: str, index: int) -> Unreadable | None:
    if text.startswith(("//", "/*", "#"), index):
        return _at(text, index, "unexpected comment: JSON does not allow comments; remove it")
    return None


def _comma_before(text: str, index: int) -> int | None:
    """Return the index of the comma before ``index``, or None where something else stands before it."""
    before = len(text[:index].rstrip(" \t\r\n")) - 1
    return before if before >= 0 and text[before] == "," else None


def _shown(character: str) -> str:
    return f"`{character}`" if character.isprintable() and not character.isspace() else f"character U+{ord(character):04X}"


def _at(text: str, index: int, message: str) -> Unreadable:
    return Unreadable(message, *line_and_column(text, index))
