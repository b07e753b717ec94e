"""What is wrong with YAML text that does not parse, in words that say what to do."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.reader import Reader

from remediate.template.errors import Unreadable, line_and_column
from remediate.template.yaml.scan import BLANKS, line_start

_WORDS = (
    ("mapping values are not allowed", "a `:` where no key is allowed: quote the text before it, or check the indentation"),
    (
        "did not find expected key",
        "the line does not fit any mapping above it: check its indentation, and quotes left open before it",
    ),
    (
        "expected <block end>",
        "the line does not fit anything above it: check its indentation, and quotes left open before it",
    ),
    (
        "could not find expected ':'",
        "a key without a colon: put `: ` after it, or indent the line as part of the text above",
    ),
    ("cannot start any token", "a tab or reserved character begins the text here: indent with spaces, and quote the text"),
    ("sequence entries are not allowed", "a `- ` where no list is allowed: put it on a line of its own"),
    ("did not find expected '-'", "the line does not fit any list above it: check its indentation"),
    (
        "did not find expected ',' or '}'",
        "the mapping that opens in line <line> has no `,` or `}` here: close it, or quote the text",
    ),
    (
        "did not find expected ',' or ']'",
        "the list that opens in line <line> has no `,` or `]` here: close it, or quote the text",
    ),
    ("expected ',' or '}'", "the mapping that opens in line <line> has no `,` or `}` here: close it, or quote the text"),
    ("expected ',' or ']'", "the list that opens in line <line> has no `,` or `]` here: close it, or quote the text"),
    ("did not find expected node content", "a value is missing here: add one, or remove the key or dash before it"),
    ("expected the node content", "a value is missing here: add one, or remove the key or dash before it"),
    ("unexpected end of stream", "the quote that opens in line <line> is never closed: close it"),
    ("unexpected document separator", "the quote that opens in line <line> is never closed: close it"),
    ("unknown escape character", "an unknown escape sequence: write `\\\\` for a backslash, or use single quotes"),
    ("did not find expected hexdecimal", "an escape without its hexadecimal digits: write `\\\\` for a backslash"),
    ("expected <document start>", "text after the end of the template: check the indentation, or remove it"),
    ("tab character", "a tab in the indentation: indent with spaces"),
    ("undefined tag handle", "a tag with a prefix that no %TAG line declares: write it as `!Name`"),
    ("alphabetic or numeric", "an anchor or alias without a name: quote text that begins with `&` or `*`"),
    ("duplicate anchor", "an anchor of this name exists already: rename one of them"),
    ("nesting", "the template is nested too deeply"),
)
_JINJA = re.compile(r"\{%-? *\w+|^[ \t]*\{\{(?!resolve:)", re.MULTILINE)
_CONTROL = Reader.NON_PRINTABLE


def fault(error: Exception, text: str) -> Unreadable:
    """Turn what the YAML parser raised into an error with a place and plain words."""
    unprintable = _CONTROL.search(text)
    if unprintable and not isinstance(error, RecursionError):
        message = f"the control character U+{ord(unprintable.group()):04X} is not allowed in YAML: remove or escape it"
        return Unreadable(message, *line_and_column(text, unprintable.start()))
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return Unreadable("the template is nested too deeply to be read")
    problem = error.problem or error.context or ""
    words = next((words for part, words in _WORDS if part in problem), f"not valid YAML: {problem}")
    index = min(mark.index, len(text))
    if re.search(rf"[{BLANKS}]*\t", text[line_start(text, index) : index + 1]) and "cannot start" in problem:
        words = "a tab in the indentation: indent with spaces"
    if _JINJA.search(text):
        words = "contains Jinja/Helm syntax; render it first and run remediate on the result"
    opened = getattr(error, "context_mark", None) or mark
    words = words.replace("<line>", str(line_and_column(text, min(opened.index, len(text)))[0]))
    return Unreadable(words, *line_and_column(text, index))
