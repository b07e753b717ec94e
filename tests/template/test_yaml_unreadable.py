"""What is no template is refused with its place and with what to do about it."""

from __future__ import annotations

import pytest

from remediate.template import Unreadable, read

_DUPLICATE = 'duplicate key "b" (lines 2 and 4)'


@pytest.mark.parametrize(
    ("raw", "line", "column", "message"),
    [
        pytest.param(b"", 1, 1, "the file is empty", id="empty"),
        pytest.param(b"# only\n\n", 1, 1, "the file is empty", id="only comments"),
        pytest.param(
            b"- a\n",
            *(1, 1, "not a CloudFormation template: the top level is not a mapping"),
            id="a list",
        ),
        pytest.param(
            b"# x\ntext\n",
            *(2, 1, "not a CloudFormation template: the top level is not a mapping"),
            id="a text",
        ),
        pytest.param(
            b"a: 1\n---\nb: 2\n",
            *(2, 1, "a second YAML document begins here: a template is a single document, so split the file"),
            id="two documents",
        ),
        pytest.param(b"a:\n  b: 1\n  c: 2\n  b: 3\n", 4, 3, _DUPLICATE, id="duplicate key"),
        pytest.param(b"a:\n  b: 1\n  c: 2\n  'b': 3\n", 4, 3, _DUPLICATE, id="duplicate key in other quotes"),
        pytest.param(
            b"a: {b: 1, b: 2}\n",
            *(1, 11, 'duplicate key "b" (lines 1 and 1)'),
            id="duplicate key on one line",
        ),
        pytest.param(
            b"a: 1\n? [b]\n: 2\n",
            *(2, 3, "mapping keys must be plain strings"),
            id="a list for a key",
        ),
        pytest.param(
            b"a: &x b\n*x : 2\n",
            *(2, 1, "mapping keys must be plain strings"),
            id="an alias for a key",
        ),
        pytest.param(
            b"a:\n  {{ .Values.name }}:\n    b: c\n",
            *(2, 3, "mapping keys must be plain strings; Jinja/Helm syntax must be rendered first"),
            id="a key that Helm would write",
        ),
        pytest.param(b"a:\n  b: *x\n", 2, 6, "the alias *x has no anchor &x before it", id="undefined alias"),
        pytest.param(b"a: &x\n  b: *x\n", 2, 6, "the alias *x is inside its own anchor &x", id="recursive alias"),
        pytest.param(
            b"a: b: c\n",
            *(1, 5, "a `:` where no key is allowed: quote the text before it, or check the indentation"),
            id="two colons",
        ),
        pytest.param(
            b"a:\n  b: 1\n c: 2\n",
            *(3, 2, "the line does not fit any mapping above it: check its indentation, and quotes left open before it"),
            id="indentation",
        ),
        pytest.param(
            b"a: [1, 2\nb: 3\n",
            *(2, 2, "the list that opens in line 1 has no `,` or `]` here: close it, or quote the text"),
            id="an open list",
        ),
        pytest.param(b"a:\n\tb: 1\n", 2, 1, "a tab in the indentation: indent with spaces", id="tab"),
        pytest.param(b"a: 'x\nb: 1\n", 3, 1, "the quote that opens in line 1 is never closed: close it", id="open quote"),
        pytest.param(
            b'a: "\\q"\n',
            *(1, 5, "an unknown escape sequence: write `\\\\` for a backslash, or use single quotes"),
            id="unknown escape",
        ),
        pytest.param(
            b"a: @x\n",
            *(1, 4, "a tab or reserved character begins the text here: indent with spaces, and quote the text"),
            id="reserved character",
        ),
        pytest.param(
            b"a: x\nb: \x07\n",
            *(2, 4, "the control character U+0007 is not allowed in YAML: remove or escape it"),
            id="control character",
        ),
        pytest.param(b"a: !!int x\n", 1, 4, "'x' is not a valid int, as its tag requires", id="a text that is no number"),
        pytest.param(b"a: 1\r\nb: \xff\r\n", 2, 4, "byte 0xff is not valid UTF-8: save the file as UTF-8", id="no UTF-8"),
        pytest.param(
            b"\xef\xbb\xbf\xc3\xa9: \xc3(",
            1,
            4,
            "byte 0xc3 is not valid UTF-8: save the file as UTF-8",
            id="no UTF-8 after a mark",
        ),
        pytest.param("a: 1".encode("utf-16"), 1, 1, "the file is UTF-16: save it as UTF-8", id="UTF-16"),
        pytest.param(
            b"# x\n%TAG ! tag:a.example,2000:\n---\na: !Ref b\n",
            *(2, 1, "CloudFormation does not support %TAG directives: remove it"),
            id="tag directive",
        ),
        pytest.param(
            "--- # x\n\ufeffa: b\n".encode(),
            *(2, 1, "a byte-order mark inside the file: remove it"),
            id="byte-order mark within",
        ),
        pytest.param(
            "\ufeff\ufeff%YAML 1.1\n---\na: {  }\n".encode(),
            *(1, 1, "a byte-order mark inside the file: remove it"),
            id="two byte-order marks and an empty mapping",
        ),
        pytest.param(
            b"a: " + b"[" * 200 + b"]" * 200,
            *(1, 153, "the template is nested more than 150 levels deep"),
            id="deep",
        ),
        pytest.param(
            b"a:\n" + b" \n" * 20_000 + b" b: }\n",
            *(20_002, 5, "a value is missing here: add one, or remove the key or dash before it"),
            id="many blank lines",
        ),
    ],
)
def test_refusal(raw: bytes, line: int, column: int, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(raw, "x.yaml")
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)


def test_flow_yaml_that_looks_like_json_is_read_as_yaml() -> None:
    found = read(b"{\n  # comment\n  Resources: {a: 1},\n}\n", "x.yaml")
    assert (found.format, found.data) == ("yaml", {"Resources": {"a": 1}})


def test_what_is_called_json_must_be_json() -> None:
    with pytest.raises(Unreadable) as caught:
        read(b'{"Resources": {"a": 1},\n}\n', "x.json")
    assert (caught.value.line, caught.value.message) == (1, "trailing comma: remove the `,` before `}`")


def test_json_is_read_as_json() -> None:
    assert read(b'{"a": "\\/"}', "x.yaml").format == "json"


@pytest.mark.parametrize("name", ["x.json", "x.template", "x"])
def test_broken_json_gets_the_json_error(name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(b'{\n  "a": [1\n  "b": 2\n}\n', name)
    assert (caught.value.line, caught.value.column) == (2, 10)
    assert caught.value.message == "missing comma: write `,` between two entries"


def test_broken_flow_yaml_gets_the_yaml_error() -> None:
    with pytest.raises(Unreadable) as caught:
        read(b"{\n  a: [1\n  # comment\n  b: 2,\n  c: x\n}\n", "x.yaml")
    assert caught.value.message == "the list that opens in line 2 has no `,` or `]` here: close it, or quote the text"


def test_a_directive_of_the_version_is_read() -> None:
    assert read(b"%YAML 1.1\n---\na: !Ref b\n", "x").data == {"a": {"Ref": "b"}}
