"""Text of a template in the languages of the reports: one function for each, so that it says nothing in that language."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from remediate.template import Plain

_COMMAND = re.compile(r"(?:^|(?<=\s)):(?=:\S)|#(?=#(?:vso)?\[)")
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})
_MARKUP = re.compile(r"[\\`*\[<&~$]|(?<!\w)_|_(?!\w)")
_BLOCK = re.compile(r"^(?:[-+=#>]|\d+(?=[.)]))")
_ENTITIES = {"<": "&lt;", "&": "&amp;", "|": "&#124;"}
_LINK = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_EMBEDDED_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .,:()]")


def visible(text: str) -> str:
    """Return text as one line for a terminal and for the log of a CI job.

    What a terminal obeys or does not show (control characters, line breaks, direction marks, halves of surrogate pairs,
    noncharacters) becomes its escape, and so does the beginning of what a runner obeys: `::` at the beginning of a line,
    `##[` and `##vso[` everywhere. Characters that are newer than this Python's Unicode stay.

    Source: GitHub Docs, Workflow commands for GitHub Actions; Azure Pipelines, Logging commands.
    """
    shown = re.sub(r"[^ -~]", lambda found: _escape(found[0]) if _is_invisible(found[0]) else found[0], text)
    return _COMMAND.sub(lambda found: f"\\x{ord(found[0]):02x}", shown)


def json_text(content: Plain) -> str:
    """Return content as JSON that keeps what a person can read; the rest becomes JSON's own escapes (RFC 8259 section 7)."""
    written = json.dumps(content, indent=2, ensure_ascii=False)
    # Outside its strings JSON has but ASCII.
    return (
        re.sub(r"[^\n -~]", lambda found: json.dumps(found[0])[1:-1] if _is_invisible(found[0]) else found[0], written)
        + "\n"
    )


def workflow(text: str) -> str:
    """Return text as the message of a workflow command of GitHub Actions."""
    return visible(text).replace("%", "%25")


def workflow_property(text: str) -> str:
    """Return text, with line breaks and all, as a property of a workflow command: the name of a file must be the file's."""
    written = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return visible(written.replace(":", "%3A").replace(",", "%2C"))


def prose(text: str) -> str:
    """Return text for a paragraph, list item or table cell of GitHub's Markdown; text in backticks stays code.

    It makes no markup, no HTML, no link, no mention of a person or an issue, and begins no block.

    Source: GitHub Flavored Markdown Spec.
    """
    parts = visible(text).strip().split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return "".join(code(part) if index % 2 else _prose(part, start=index == 0) for index, part in enumerate(parts))


def code(text: str) -> str:
    """Return text as a code span of Markdown, whatever backticks it holds."""
    shown = visible(text) or " "
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(markup: str) -> str:
    """Return Markdown of :func:`prose` and :func:`code` for a table, where a bar in code ends the cell, too."""
    return markup.replace("|", "\\|")


def message(text: str) -> str:
    """Return text as a plain-text message of SARIF, in which it makes no link.

    Source: SARIF 2.1.0 section 3.11.6, Messages with embedded links.
    """
    return _EMBEDDED_LINK.sub(r"\[", visible(text))


def xml(text: str) -> str:
    """Return text as character data, or as the value of an attribute in double quotes, of XML 1.0.

    It attaches no file to a test either: Jenkins and GitLab look for `[[ATTACHMENT|` in what a test has printed.

    Sources: XML 1.0 section 2.2, Characters; GitLab Docs, Unit test reports, View JUnit screenshots.
    """
    import html  # one format needs it

    return html.escape(visible(text).replace("[[", r"\x5b["))


def diagram(text: str) -> str:
    """Return text for a label in double quotes of a Mermaid diagram: what is not plain becomes its code.

    Source: Mermaid documentation, Flowcharts, Special characters that break syntax.
    """
    return _NOT_PLAIN.sub(lambda found: f"#{ord(found[0])};", visible(text))


def relative(name: str) -> str:
    """Return a path as reports name it: relative to the working directory where it is inside, with forward slashes.

    Standard input, which has no path, is called ``stdin``.
    """
    if name == "-":
        return "stdin"
    path = PurePath(name)
    try:
        here = Path.cwd()
    except OSError:  # the folder is gone
        return path.as_posix()
    return (path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path).as_posix()


def uri(name: str) -> str:
    """Return a path as a URI reference (RFC 3986), relative where :func:`relative` is."""
    path = relative(name)
    return ("file://" if PurePath(path).is_absolute() else "") + quote(os.fsencode(path))


def _prose(text: str, *, start: bool) -> str:
    if start:
        text = _BLOCK.sub(lambda found: f"{found[0]}\0" if found[0].isdigit() else f"\0{found[0]}", text)
    # A comment between them keeps GitHub from seeing a link, a mention or a reference.
    pieces = _LINK.split(text) if _LINK.search(text) else [text]
    escaped = (_MARKUP.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), piece) for piece in pieces)
    return "<!-- -->".join(escaped).replace("|", _ENTITIES["|"]).replace("\0", "\\")


def _is_invisible(character: str) -> bool:
    number = ord(character)
    is_noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF  # Unicode Standard, section 23.7
    return is_noncharacter or unicodedata.category(character) in _INVISIBLE


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
