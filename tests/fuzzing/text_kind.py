"""Mutations of a template's text: lines, indentation, quotes, comments, line ends, and single characters and bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_CHARACTERS = [
    "\t",
    " ",
    "  ",
    "#",
    " #",
    ": ",
    ":",
    "- ",
    "-",
    "'",
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "!",
    "!Sub ",
    "|",
    ">",
    "%",
]
_CHARACTERS += [
    "\\",
    "\ufeff",
    "\x00",
    "\x85",
    "\u2028",
    "é",
    "\U0001fae8",
    "\r",
    "\n",
    "\n\n",
    "~",
    "? ",
    "<<: ",
    "@",
    "`",
    "${",
    "*",
]
_COMMENTS = ["# x", "#", "#: y", "# {a: [b", "#\t'", "#é", "# - a: b"]


def mutated(text: str, chance: random.Random) -> bytes:
    """Return the bytes of the text with one to five mutations."""
    for _ in range(chance.choice([1, 1, 2, 3, 5])):
        lines = text.splitlines(keepends=True) or [""]
        text = chance.choice(_MUTATIONS)(lines, chance)
    raw = text.encode("utf-8", "surrogatepass")
    kind = chance.random()
    if kind < 0.03:
        return b"\xef\xbb\xbf" + raw
    if kind < 0.05:
        return text.encode("utf-16")
    if kind < 0.08 and raw:
        place = chance.randrange(len(raw))
        return raw[:place] + bytes([chance.randrange(256)]) + raw[place + chance.randint(0, 1) :]
    return raw


def _spot(lines: list[str], chance: random.Random) -> int:
    """Return the number of a line, mostly near what logging rests on."""
    marked = [
        index for index, line in enumerate(lines) if re.search(r"Statement|Principal|Effect|cloudtrail|Action|Trail", line)
    ]
    if marked and chance.random() < 0.7:
        return min(len(lines) - 1, max(0, chance.choice(marked) + chance.randint(-2, 4)))
    return chance.randrange(len(lines))


def _drop(lines: list[str], chance: random.Random) -> str:
    first = _spot(lines, chance)
    return "".join(lines[:first] + lines[first + chance.choice([1, 1, 1, 2, 5]) :])


def _double(lines: list[str], chance: random.Random) -> str:
    first = _spot(lines, chance)
    part = lines[first : first + chance.choice([1, 1, 2, 6])]
    return "".join(lines[:first] + part + lines[first:])


def _move(lines: list[str], chance: random.Random) -> str:
    first, second = _spot(lines, chance), _spot(lines, chance)
    lines[first], lines[second] = lines[second], lines[first]
    return "".join(lines)


def _indent(lines: list[str], chance: random.Random) -> str:
    """Move a line, or it and all that is deeper, to the left or right."""
    first = _spot(lines, chance)
    depth = len(lines[first]) - len(lines[first].lstrip(" "))
    last = first + 1
    while chance.random() < 0.97 and last < len(lines) and len(lines[last]) - len(lines[last].lstrip(" ")) > depth:
        last += 1
    by = chance.choice([-2, -1, 1, 2, 2])
    for index in range(first, last):
        lines[index] = " " * by + lines[index] if by > 0 else lines[index][min(-by, depth) :]
    return "".join(lines)


def _requote(lines: list[str], chance: random.Random) -> str:
    index = _spot(lines, chance)
    found = list(
        re.finditer(r"'([^'\"\n]*)'|\"([^'\"\\\n]*)\"|(?<=: )([A-Za-z][\w:.*/-]*)|(?<=- )([A-Za-z][\w:.*/-]*)", lines[index])
    )
    if found:
        match = chance.choice(found)
        word = next(one for one in match.groups() if one is not None)
        quote = chance.choice(["'", '"', ""])
        lines[index] = lines[index][: match.start()] + quote + word + quote + lines[index][match.end() :]
    return "".join(lines)


def _remark(lines: list[str], chance: random.Random) -> str:
    index = _spot(lines, chance)
    line = lines[index].rstrip("\r\n")
    end = lines[index][len(line) :]
    comment = f"{chance.choice(_COMMENTS)}{chance.randrange(10**6)}"
    if chance.random() < 0.6:
        lines[index] = f"{line}{chance.choice([' ', '  '])}{comment}{end}"
    else:
        indent = " " * chance.choice([0, 2, len(line) - len(line.lstrip(" ")), len(line) - len(line.lstrip(" ")), 9])
        lines.insert(index, f"{indent}{comment}{end or chr(10)}")
    return "".join(lines)


def _blank(lines: list[str], chance: random.Random) -> str:
    index = _spot(lines, chance)
    if chance.random() < 0.6:
        lines.insert(index, chance.choice(["", "", "  ", "\t"]) + "\n")
    else:
        line = lines[index].rstrip("\r\n")
        lines[index] = line + chance.choice([" ", "   ", "\t"]) + lines[index][len(line) :]
    return "".join(lines)


def _line_ends(lines: list[str], chance: random.Random) -> str:
    new = chance.choice(["\r\n", "\r\n", "\r", "\n"])
    chosen = range(len(lines)) if chance.random() < 0.7 else [_spot(lines, chance)]
    for index in chosen:
        lines[index] = re.sub(r"\r\n|\n|\r", lambda _: new, lines[index])
    return "".join(lines)


def _character(lines: list[str], chance: random.Random) -> str:
    index = _spot(lines, chance)
    place = chance.randint(0, len(lines[index]))
    cut = chance.choice([0, 0, 1])
    lines[index] = lines[index][:place] + chance.choice([*_CHARACTERS, ""]) + lines[index][place + cut :]
    return "".join(lines)


def _word(lines: list[str], chance: random.Random) -> str:
    """Put a word of the template in another one's place."""
    text = "".join(lines)
    found = list(re.finditer(r"[A-Za-z][\w:.-]*\w", text))
    if len(found) < 2:
        return text
    old, new = chance.choice(found), chance.choice(found)
    return text[: old.start()] + new.group() + text[old.end() :]


def _cut(lines: list[str], chance: random.Random) -> str:
    text = "".join(lines)
    return text[: chance.randint(len(text) // 2, len(text))] if chance.random() < 0.5 else text.rstrip("\r\n")


def _document(lines: list[str], chance: random.Random) -> str:
    text = "".join(lines)
    before = chance.choice(["---\n", "--- # first\n", "%YAML 1.1\n---\n", "%TAG ! !\n---\n", "\n\n", "# head\n", "\ufeff"])
    return text + chance.choice(["...\n", "---\n", "\n# foot\n", "--- {}\n"]) if chance.random() < 0.3 else before + text


_MUTATIONS: list[Callable[[list[str], random.Random], str]] = [
    *(_drop, _drop, _double, _move, _indent, _indent, _requote, _requote, _requote, _remark, _remark, _remark, _remark),
    *(_blank, _blank, _line_ends, _character, _character, _word, _word, _cut, _document),
]
