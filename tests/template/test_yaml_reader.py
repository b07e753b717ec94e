"""Reading YAML: the place of every node, the value of every scalar."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from editing import exact, pure_data, template
from yaml_samples import SAMPLES

from remediate.template import Alias, MappingNode, Node, ScalarNode, SequenceNode, Tagged, read_data
from remediate.template.yaml import reader as reader_module
from remediate.template.yaml.pure import PureParser


def _nodes(node: Node, path: str = "") -> list[tuple[str, Node]]:
    found: list[tuple[str, Node]] = [(path, node)]
    match node:
        case MappingNode():
            for member in node.members:
                found += _nodes(member.value, f"{path}/{member.key.text}")
        case SequenceNode():
            for index, item in enumerate(node.items):
                found += _nodes(item, f"{path}/{index}")
        case Tagged():
            found += _nodes(node.content, f"{path}/{node.function}")
    return found


def _texts(text: str) -> dict[str, str]:
    return {path: text[node.span.start : node.span.end] for path, node in _nodes(template(text).root)}


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param("a:\n  b: 1  # x\n\n# y\nc: 2\n", "/a", "b: 1", id="block mapping ends at its last leaf"),
        pytest.param("a:\n- 1\n# x\n- 2 # y\nc: 2\n", "/a", "- 1\n# x\n- 2", id="block list begins at its dash"),
        pytest.param("a: |\n  x\n\n\nb: 1\n", "/a", "|\n  x", id="clipped scalar ends at its last text"),
        pytest.param(
            "a: |\n  x\n     \n   \nb: 1\n", "/a", "|\n  x\n     \n   ", id="blanks beyond the indentation are text"
        ),
        pytest.param("a: |\n  x\n \nb: 1\n", "/a", "|\n  x", id="blanks within the indentation are not"),
        pytest.param("a: |+\n  x\n\nb: 1\n", "/a", "|+\n  x\n\n", id="kept scalar ends where the next line begins"),
        pytest.param("a: >-\n  x\n  # y\n# z\nb: 1\n", "/a", ">-\n  x\n  # y", id="number sign in a folded scalar"),
        pytest.param("a: |  # x\n\n\nb: 1\n", "/a", "|", id="empty block scalar"),
        pytest.param("a: |2\n   x\n", "/a", "|2\n   x", id="indentation indicator"),
        pytest.param("a: !Sub x  # y\n", "/a", "!Sub x", id="tagged scalar begins at its tag"),
        pytest.param("a: !Sub x  # y\n", "/a/Fn::Sub", "x", id="content behind a tag"),
        pytest.param("a: !Bare  # y\n", "/a", "!Bare", id="tag without a value"),
        pytest.param("a: !If # x\n  - 1\n  - 2\n", "/a/Fn::If", "- 1\n  - 2", id="list behind a tag"),
        pytest.param("a: &x\n  b: 1\n", "/a", "&x\n  b: 1", id="anchored mapping begins at its anchor"),
        pytest.param("a: &x !Sub y\n", "/a", "&x !Sub y", id="anchor before a tag"),
        pytest.param("a: !!str 1 # x\n", "/a", "!!str 1", id="explicit type tag"),
        pytest.param("a: [x, {b: 1 }, ] # y\n", "/a", "[x, {b: 1 }, ]", id="flow list"),
        pytest.param("a: [ b: 1 , c ]\n", "/a/0", "b: 1", id="pair without braces"),
        pytest.param("a: 'x''\n  y' # z\n", "/a", "'x''\n  y'", id="quoted scalar of two lines"),
        pytest.param("a: x\n  y # z\n", "/a", "x\n  y", id="plain scalar of two lines"),
        pytest.param("'\U0001f600': \u00e9\n\u00fc: x\n", "/\u00fc", "x", id="characters, not bytes"),
        pytest.param("a: 'x\u2028y'\nb: z\n", "/b", "z", id="line separator"),
        pytest.param("a: x\r\nb: y\r\n", "/b", "y", id="CRLF"),
        pytest.param("---\na: x\n...\n", "", "a: x", id="document markers"),
    ],
)
def test_place(text: str, path: str, expected: str) -> None:
    assert _texts(text)[path] == expected


@pytest.mark.parametrize(
    ("text", "path", "before"),
    [
        pytest.param("a:   # todo\nb: 1\n", "/a", "a:", id="null behind its colon"),
        pytest.param("l:\n  -   # todo\n  - 1\n", "/l/0", "l:\n  -", id="null behind its dash"),
        pytest.param("l:\n  - 1\n  # x -\n  -\n  - 2\n", "/l/1", "l:\n  - 1\n  # x -\n  -", id="null behind a later dash"),
        pytest.param("a: {b, c: , d: }\n", "/a/b", "a: {b", id="null behind its key"),
        pytest.param("a: {b, c: , d: }\n", "/a/c", "a: {b, c:", id="null behind its colon in flow style"),
    ],
)
def test_place_of_nothing(text: str, path: str, before: str) -> None:
    node = dict(_nodes(template(text).root))[path]
    assert node.span == (len(before), len(before))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(("yes", True), ("Off", False), ("true", True), ("y", "y"), ("~", None), ("null", None), ("Null", None)),
        *(("12", 12), ("012", 10), ("0x1F", 31), ("0b11", 3), ("1_000", 1000), ("12:30:45", 45045), ("-3", -3), ("+3", 3)),
        *(
            ("1.5", 1.5),
            ("1.0e+3", 1000.0),
            ("1e3", "1e3"),
            (".5", 0.5),
            (".inf", ".inf"),
            ("-.INF", "-.INF"),
            (".nan", ".nan"),
        ),
        *(("2012-10-17", "2012-10-17"), ("2001-12-14 21:59:43.10 -5", "2001-12-14 21:59:43.10 -5"), ("=", "=")),
        *(("012345678901", "012345678901"), ("123456789012", 123456789012)),
        *(("'12'", "12"), ('"yes"', "yes"), ("!!str 12", "12"), ("! 12", "12"), ("!!int '12'", 12), ("!!bool 'no'", False)),
        *(("!!float 1", 1.0), ("!!null ''", None), ("!!binary aGk=", "aGk="), ("!!timestamp 2012-10-17", "2012-10-17")),
    ],
)
def test_value(written: str, value: Any) -> None:
    text = f"a: [{written}]\n" if written == "-" else f"a: {written}\n"
    text = "a: '-'\n" if written == "-" else text
    assert exact(template(text).data["a"]) == exact(value)


@pytest.mark.parametrize(
    ("written", "data"),
    [
        ("!Sub 12", {"Fn::Sub": "12"}),
        ("!Ref a", {"Ref": "a"}),
        ("!Condition a", {"Condition": "a"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B.C]", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!Unheard [1]", {"Fn::Unheard": [1]}),
        ("!Join ['', [!Ref a, yes]]", {"Fn::Join": ["", [{"Ref": "a"}, True]]}),
    ],
)
def test_short_form_is_read_as_the_long_one(written: str, data: Any) -> None:
    assert template(f"a: {written}\n").data == {"a": data}


def test_aliases_and_merge_keys() -> None:
    found = template("a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  c: 3\nf:\n  <<: [{g: 1}, {g: 2, h: 3}]\n")
    assert found.data == {
        "a": {"b": 1, "c": 2},
        "d": {"b": 1, "c": 2},
        "e": {"c": 3, "b": 1},
        "f": {"g": 1, "h": 3},
    }
    alias = dict(_nodes(found.root))["/d"]
    assert isinstance(alias, Alias)
    assert found.text[alias.span.start : alias.span.end] == "*x"


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read_as_by_another_reader(name: str) -> None:
    if name == "tabs":
        assert template(SAMPLES[name]).data["c"] == [{"d": "x"}]
    else:
        assert template(SAMPLES[name]).data == pure_data(SAMPLES[name])


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "tabs"])
def test_reading_without_libyaml_is_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def shape(text: str) -> list[Any]:
        return [
            (path, type(node), node.span, node.text if isinstance(node, ScalarNode) else None)
            for path, node in _nodes(template(text).root)
        ]

    expected = shape(SAMPLES[name])
    monkeypatch.setitem(sys.modules, "yaml._yaml", None)
    assert isinstance(reader_module.parser("a: 1"), PureParser)
    assert shape(SAMPLES[name]) == expected


@pytest.mark.parametrize("text", ["z: {a: 1, <<: {b: 2}}\n", "z:\n  <<: [{b: 2}, {b: 3, c: 4}]\n"])
def test_merge_keys_without_anchors_are_read_alike_by_both_readers(text: str) -> None:
    assert read_data(text, "yaml") == template(text).data
