"""Lines, columns and the stretches between nodes in YAML text.

YAML 1.1 (section 4.1.4) breaks lines at NEL, LS and PS as well as at LF, CR and CRLF, and so do the marks of libyaml.
"""

from __future__ import annotations

import re

from remediate.template.node import MappingNode, Node

BREAKS = "\r\n\x85\u2028\u2029"
BLANKS = " \t"

LINE = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_TRIVIA = re.compile(rf"(?:[ \t\ufeff{BREAKS}]+|#[^{BREAKS}]*)*")
_BLANKS = re.compile(r"[ \t]*")
_PROPERTY = re.compile(rf"(?:!<[^>{BREAKS}]*>|[!&][^ \t,\[\]{{}}{BREAKS}]*)")


def line_start(text: str, index: int) -> int:
    """Return where the line that holds ``index`` begins."""
    while index > 0 and text[index - 1] not in BREAKS:
        index -= 1
    return index


def line_end(text: str, index: int) -> int:
    """Return where the line that holds ``index`` ends, before its line break."""
    found = LINE.search(text, index)
    return found.start() if found else len(text)


def next_line(text: str, index: int) -> int:
    """Return where the line after the one that holds ``index`` begins: the end of the text after the last."""
    found = LINE.search(text, index)
    return found.end() if found else len(text)


def line_break(text: str, index: int) -> str:
    """Return the line break that ends the line of ``index``; the one before, or LF, where that line has none."""
    if text[max(index - 1, 0) : index + 1] == "\r\n":
        return "\r\n"
    found = LINE.search(text, index)
    if found and found.group() in {"\n", "\r\n", "\r"}:
        return found.group()
    start = line_start(text, index)
    if text[max(start - 2, 0) : start] == "\r\n":
        return "\r\n"
    return text[start - 1] if start and text[start - 1] in "\r\n" else "\n"


def column(text: str, index: int) -> int:
    """Return the column of ``index``, from 0."""
    return index - line_start(text, index)


def begins_line(text: str, index: int) -> bool:
    """Tell whether only blanks stand before ``index`` on its line."""
    return not text[line_start(text, index) : index].strip(" \t\ufeff")


def same_line(text: str, start: int, end: int) -> bool:
    """Tell whether no line break stands between two indexes."""
    return LINE.search(text, start, end) is None


def skip_blanks(text: str, index: int) -> int:
    """Return the first index from ``index`` on that holds no space or tab."""
    found = _BLANKS.match(text, index)
    return found.end() if found else index


def skip_trivia(text: str, index: int) -> int:
    """Return the first index from ``index`` on that belongs to no blank, line break or comment."""
    found = _TRIVIA.match(text, index)
    return found.end() if found else index


def properties_end(text: str, index: int) -> int:
    """Return the end of the tags and anchors that begin at ``index``: ``index`` itself where there are none."""
    end = index
    while found := _PROPERTY.match(text, skip_trivia(text, end) if end > index else index):
        end = found.end()
    return end


def content_start(text: str, index: int) -> int:
    """Return where the content of a node begins, after its tags and anchors."""
    end = properties_end(text, index)
    return skip_trivia(text, end) if end > index else index


def inner_start(text: str, node: Node) -> int:
    """Return where the content of a node begins; the tags and anchors of a first key are content of its mapping."""
    start = content_start(text, node.span.start)
    return min(start, node.members[0].key.span.start) if isinstance(node, MappingNode) and node.members else start


def comment_at(text: str, index: int) -> bool:
    """Tell whether nothing but a comment, if that, follows on the line of ``index``."""
    index = skip_blanks(text, index)
    return index == len(text) or text[index] in BREAKS or text[index] == "#"
