"""Text of a template says nothing in the language of a report: tables, and another parser of Markdown as the judge."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from remediate.report.escape import (
    cell,
    code,
    diagram,
    json_text,
    message,
    prose,
    relative,
    uri,
    visible,
    workflow,
    workflow_property,
    xml,
)

VISIBLE = {
    "plain": ("Trail of 2024: ${AWS::AccountId} → ok, é and 漢字", "Trail of 2024: ${AWS::AccountId} → ok, é and 漢字"),
    "line breaks": ("a\nb\r\u2028c", r"a\nb\r\u2028c"),
    "a terminal's commands": ("\x1b[31m\x07\x9b", r"\x1b[31m\x07\x9b"),
    "direction marks": ("a\u202eb\u2066", r"a\u202eb\u2066"),
    "invisible": ("a\u200b\ufeff\xa0", r"a\u200b\ufeff\xa0"),
    "half a pair": ("\ud800", r"\ud800"),
    "no characters": ("\ufffe\ufdd0\U0001ffff", r"\ufffe\ufdd0\U0001ffff"),
    "newer than this Python": ("\U0001fae8", "\U0001fae8"),
    "a command": ("::error::x", r"\x3a:error::x"),
    "a command behind blanks": ("a  ::error::x", r"a  \x3a:error::x"),
    "colons of a type": ("AWS::S3::Bucket arn:aws:s3:::logs", "AWS::S3::Bucket arn:aws:s3:::logs"),
    "an old command": ("a ##[error]x ##vso[task]", r"a \x23#[error]x \x23#vso[task]"),
}
PROSE = {
    "plain": ("CloudTrail is not allowed to write below a_b/*", r"CloudTrail is not allowed to write below a_b/\*"),
    "code stays code": ("`Sid<1>` gains *", r"`Sid<1>` gains \*"),
    "a backtick too many": ("`a` and ` b", r"`a` and \` b"),
    "markup": ("[x](y) <b> ~z~ _e_", r"\[x](y) &lt;b> \~z\~ \_e\_"),
    "a mention": ("@somebody #12", "@<!-- -->somebody #<!-- -->12"),
    "a link": ("https://evil.example", "https:<!-- -->//evil.example"),
    "a block": ("- x", r"\- x"),
    "a numbered block": ("12. x", r"12\. x"),
    "a quote behind blanks": ("  > x", r"\> x"),
    "a cell": ("a|b", "a&#124;b"),
}
CODE = {
    "plain": ("s3:PutObject", "`s3:PutObject`"),
    "a backtick": ("a`b", "``a`b``"),
    "backticks at the ends": ("`a`", "`` `a` ``"),
    "a line break": ("a\nb", r"`a\nb`"),
    "nothing": ("", "`   `"),
}
MESSAGES = {
    "plain": ("Trail [optional] (x)", "Trail [optional] (x)"),
    "a link": ("a [x](http://e) b", r"a \[x](http://e) b"),
    "a link in a link": ("[[x](1)](2)", r"[\[x](1)](2)"),
    "a line break": ("a\nb", r"a\nb"),
}
XML = {
    "plain": ("Trail of 2024: é and 漢字", "Trail of 2024: é and 漢字"),
    "markup": ("<a b=\"c\" d='e'> & ]]>", "&lt;a b=&quot;c&quot; d=&#x27;e&#x27;&gt; &amp; ]]&gt;"),
    "no characters": ("a\ufffe\uffff\x00\ud800b", r"a\ufffe\uffff\x00\ud800b"),
    "an attachment": ("[[ATTACHMENT|/etc/passwd]]", r"\x5b[ATTACHMENT|/etc/passwd]]"),
}
DIAGRAM = {
    "plain": ("bucket policy: LogBucketPolicy", "bucket policy: LogBucketPolicy"),
    "a parameter": ("${A}", "#36;#123;A#125;"),
    "the end of a label": ('"] --> x', "#34;#93; #45;#45;#62; x"),
    "a code": ("#quot;", "#35;quot#59;"),
    "Markdown": ("`**x**` _y_ <b>", "#96;#42;#42;x#42;#42;#96; #95;y#95; #60;b#62;"),
    "a line break": ("a\nb", "a#92;nb"),
}

# GitHub links addresses that begin with a scheme or www, not every name with a dot in it.
_READER = MarkdownIt("gfm-like")
assert _READER.linkify
_READER.linkify.set({"fuzzy_link": False})
_READER.linkify.add("//", None)
_MARKUP = "` `` | * _ ~~ [x](http://e) ![x](y) <script> <!-- --> &lt; \\ http://evil.example www.evil.example @bob #12 $a$"
_BLOCKS = [
    "---",
    "==",
    "# h",
    "- i",
    "1. x",
    "> q",
    "[r]: http://x",
    "\n",
    "\t",
    " ",
    "    ",
    "a",
    "a@b.com",
    "mailto:a@b.c",
]
_PIECES = st.sampled_from([*_MARKUP.split(), *_BLOCKS])
_TEXTS = st.lists(_PIECES, min_size=1, max_size=8).map("".join).filter(str.strip)


@pytest.mark.parametrize(("text", "shown"), VISIBLE.values(), ids=VISIBLE.keys())
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


@pytest.mark.parametrize(("text", "written"), PROSE.values(), ids=PROSE.keys())
def test_prose(text: str, written: str) -> None:
    assert prose(text) == written


@pytest.mark.parametrize(("text", "written"), CODE.values(), ids=CODE.keys())
def test_code(text: str, written: str) -> None:
    assert code(text) == written


@pytest.mark.parametrize(("text", "written"), MESSAGES.values(), ids=MESSAGES.keys())
def test_message(text: str, written: str) -> None:
    assert message(text) == written


@pytest.mark.parametrize(("text", "written"), XML.values(), ids=XML.keys())
def test_xml(text: str, written: str) -> None:
    assert xml(text) == written


@given(st.text(st.characters(exclude_categories=[])))
def test_another_reader_of_xml_sees_one_element(text: str) -> None:
    read = ET.fromstring(f'<a b="{xml(text)}">{xml(text)}</a>')
    assert [one.tag for one in read.iter()] == ["a"]
    assert read.text == read.get("b") or text == ""


@pytest.mark.parametrize(("text", "written"), DIAGRAM.values(), ids=DIAGRAM.keys())
def test_diagram(text: str, written: str) -> None:
    assert diagram(text) == written


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


@given(_TEXTS)
def test_another_reader_of_markdown_sees_text_and_code_only(text: str) -> None:
    item = _READER.parse(f"- {prose(text)}")
    names = ["bullet_list", "list_item", "paragraph"]
    assert [one.type for one in item] == [
        *(f"{name}_open" for name in names),
        "inline",
        *(f"{n}_close" for n in names[::-1]),
    ]
    assert all(one.type in {"text", "code_inline"} or one.content == "<!-- -->" for one in inline(item))


@given(_TEXTS)
def test_another_reader_of_markdown_sees_one_code_span(text: str) -> None:
    found = inline(_READER.parse(f"- {code(text)}"))
    assert [(one.type, one.content.strip()) for one in found] == [("code_inline", visible(text).strip())]


@given(_TEXTS)
def test_another_reader_of_markdown_sees_the_cells_of_the_table(text: str) -> None:
    table = _READER.parse(f"| a | b | c |\n|---|---|---|\n| {cell(prose(text))} | {cell(code(text))} | z |")
    assert [one.content for one in table if one.type == "inline"][-1] == "z"
    assert [one.type for one in table].count("td_open") == 3
    assert all(one.type in {"text", "code_inline"} or one.content == "<!-- -->" for one in inline(table))


@given(st.text(st.characters(exclude_categories=[])))
def test_json_stays_json_and_visible(text: str) -> None:
    written = json_text({"a": text})
    assert json.loads(written) == {"a": text}
    assert all(visible(character) == character for character in written.replace("\n", ""))


@pytest.mark.parametrize("text", ["\x7f", "\x9b", "\u202e", "\ud800", "\U000e0041"])
def test_json_has_its_own_escapes(text: str) -> None:
    written = json_text([text])
    assert text not in written
    assert json.loads(written) == [text]


def test_the_message_and_the_file_of_a_workflow_command() -> None:
    assert workflow("100%\n::error::x") == r"100%25\n::error::x"
    assert workflow_property("a\nb:c,d%.yaml") == "a%0Ab%3Ac%2Cd%25.yaml"


def test_paths_are_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = str(tmp_path / "a b#1.yaml"), f"{os.sep}elsewhere{os.sep}x.yaml"
    assert (relative(inside), relative(outside), relative("../x.yaml")) == ("a b#1.yaml", "/elsewhere/x.yaml", "../x.yaml")
    assert (uri(inside), uri(outside)) == ("a%20b%231.yaml", "file:///elsewhere/x.yaml")
    assert (relative("-"), uri("-")) == ("stdin", "stdin")
    assert uri(os.fsdecode(b"\xff.yaml")) == "%FF.yaml"


def test_a_working_directory_that_is_gone_leaves_paths_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Path:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", gone)
    assert relative("/elsewhere/x.yaml") == "/elsewhere/x.yaml"
