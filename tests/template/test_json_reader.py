from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.template.errors import Unreadable
from remediate.template.json.reader import MAX_DEPTH, read_json
from remediate.template.node import MappingNode, Node, ScalarNode, SequenceNode, Span
from remediate.template.tree import data_of

MISSING_COMMA = "missing comma: write `,` between two entries"
MENDED_NUMBER = "is not a JSON number (RFC 8259 section 6): correct it, or write it in double quotes if it is text"

FAULTS = {
    "empty": ("", 1, 1, "the text is empty"),
    "only blanks": (" \n ", 2, 2, "the text is empty"),
    "single quotes for a key": ("{'a': 1}", 1, 2, "unexpected `'`: JSON strings are written in double quotes"),
    "single quotes for a value": ("{\n  \"a\": 'b'}", 2, 8, "unexpected `'`: JSON strings are written in double quotes"),
    "trailing comma in an object": ('{"a": 1,\n}', 1, 8, "trailing comma: remove the `,` before `}`"),
    "trailing comma in an array": ("[1 , ]", 1, 4, "trailing comma: remove the `,` before `]`"),
    "comma first": ("[,1]", 1, 2, "missing value: expected an item before `,`"),
    "two commas": ("[1,,2]", 1, 4, "missing value: expected an item before `,`"),
    "comma for a key": ("{,}", 1, 2, "unexpected `,`: expected a key in double quotes here"),
    "missing colon": ('{"a" 1}', 1, 6, "missing `:` after the key"),
    "missing value": ('{"a": }', 1, 7, "missing value: expected a value before `}`"),
    "missing comma before a member": ('{\n  "a": 1\n  "b": 2\n}', 2, 9, MISSING_COMMA),
    "missing comma before an item": ("[{} {}]", 1, 4, MISSING_COMMA),
    "three quotes": ('["""x"""]', 1, 4, MISSING_COMMA),
    "wrong separator": ('["a";1]', 1, 5, "unexpected `;`: expected `,` or the closing bracket here"),
    "unterminated string": ('{"a": "b', 1, 7, 'unterminated string: the closing `"` is missing'),
    "line break in a string": (
        '["a\nb"]',
        1,
        2,
        "unterminated string: close it before the line ends, or write the line break as `\\n`",
    ),
    "tab in a string": ('["\t"]', 1, 3, "control character in a string: write `\\t`"),
    "control character": ('["\x01"]', 1, 3, "control character in a string: write `\\u0001`"),
    "unknown escape": ('["C:\\x"]', 1, 5, "`\\x` is not a JSON escape: write a backslash as `\\\\`"),
    "escaped line break": ('["a\\\nb"]', 1, 4, "`\\` is not a JSON escape: write a backslash as `\\\\`"),
    "short escape": ('["\\u12"]', 1, 3, "`\\u` needs four hexadecimal digits"),
    "object not closed": ('{\n"a": 1\n', 3, 1, "the text ends before the `{` of line 1 is closed: write `}`"),
    "array closed as an object": ('{"a":\n[1}', 2, 3, "`}` cannot close the `[` of line 2: write `]`"),
    "ends after a bracket": ("[", 1, 2, "the text ends where an item is expected"),
    "ends after a comma": ('{"a":1,', 1, 8, "the text ends where a key in double quotes is expected"),
    "ends after a colon": ('{"a":', 1, 6, "the text ends where a value is expected"),
    "text after the end": ('{"a": 1}\n{}', 2, 1, "text after the end of the JSON value: remove it"),
    "line comment": ('{ // why\n"a": 1}', 1, 3, "unexpected comment: JSON does not allow comments; remove it"),
    "block comment": ('{"a": 1 /* why */}', 1, 9, "unexpected comment: JSON does not allow comments; remove it"),
    "hash comment at the end": ("{}\n# why", 2, 1, "unexpected comment: JSON does not allow comments; remove it"),
    "key without quotes": ("{Type: 1}", 1, 2, 'key without quotes: write "Type"'),
    "text without quotes": ("[yes]", 1, 2, "unexpected `yes`: JSON strings are written in double quotes"),
    "Python's True": ('{"a": True}', 1, 7, "`True` is not JSON: write `true`"),
    "Python's None": ("[None]", 1, 2, "`None` is not JSON: write `null`"),
    "NaN": ("[NaN]", 1, 2, "`NaN` is not JSON: a number is finite (RFC 8259 section 6)"),
    "infinity": ("[-Infinity]", 1, 2, "`-Infinity` is not JSON: a number is finite (RFC 8259 section 6)"),
    "leading zero": ("[012]", 1, 2, f"`012` {MENDED_NUMBER}"),
    "point without digits": ("[1.]", 1, 2, f"`1.` {MENDED_NUMBER}"),
    "digits without a whole": ("[.5]", 1, 2, f"`.5` {MENDED_NUMBER}"),
    "plus sign": ("[+1]", 1, 2, f"`+1` {MENDED_NUMBER}"),
    "hexadecimal": ("[0x1F]", 1, 2, f"`0x1F` {MENDED_NUMBER}"),
    "no-break space": ("[\u00a01]", 1, 2, "unexpected character U+00A0: expected an item here"),
    "byte-order mark": ("\ufeff{}", 1, 1, "unexpected character U+FEFF: expected a JSON value here"),
    "placeholder of a text template": ("{{ x }}", 1, 2, "unexpected `{`: expected a key in double quotes here"),
    "duplicate key": (
        '{"a": 1,\n "b": 2,\n "a": 3}',
        3,
        2,
        'duplicate key "a" (lines 1 and 3)',
    ),
    "duplicate key on one line": (
        '{"a": 1, "a": 1}',
        1,
        10,
        'duplicate key "a" (twice in line 1)',
    ),
    "duplicate key by escape": (
        '{"a": 1,\n"\\u0061": 1}',
        2,
        1,
        'duplicate key "\\u0061" (lines 1 and 2)',
    ),
    "place after CRLF": ('{\r\n"a": 1,\r\n}', 2, 7, "trailing comma: remove the `,` before `}`"),
    "place after CR": ("[\r1,\rx]", 3, 1, "unexpected `x`: JSON strings are written in double quotes"),
    "two thousand arrays": ("[" * 2000 + "]" * 2000, 1, 201, "nested deeper than 200 levels: flatten the template"),
    "two thousand objects": ('{"a":' * 2000, 1, 1001, "nested deeper than 200 levels: flatten the template"),
    "too many digits": ("[" + "9" * 5000 + "]", 1, 2, "a number of 5000 digits: write it as a string"),
}


@pytest.mark.parametrize(("text", "line", "column", "message"), FAULTS.values(), ids=FAULTS)
def test_says_what_is_wrong_and_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_json(text)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)


@pytest.mark.parametrize(
    ("text", "span", "content", "value", "style"),
    [
        pytest.param(' "a" ', (1, 4), "a", "a", '"', id="string"),
        pytest.param('"\\u00e9\\/\\n"', (0, 12), "é/\n", "é/\n", '"', id="escapes"),
        pytest.param('"\\ud83d\\ude00"', (0, 14), "😀", "😀", '"', id="surrogate pair"),
        pytest.param('"\\ud83d"', (0, 8), "\ud83d", "\ud83d", '"', id="lone surrogate"),
        pytest.param('"\x7f\u2028"', (0, 4), "\x7f\u2028", "\x7f\u2028", '"', id="DEL and U+2028 raw"),
        pytest.param("-0", (0, 2), "-0", 0, "", id="minus zero"),
        pytest.param("1e2", (0, 3), "1e2", 100.0, "", id="exponent"),
        pytest.param(
            "123456789012345678901234567890",
            (0, 30),
            "123456789012345678901234567890",
            123456789012345678901234567890,
            "",
            id="big",
        ),
        pytest.param("\ttrue\r\n", (1, 5), "true", True, "", id="true"),
        pytest.param("\rnull", (1, 5), "null", None, "", id="null"),
    ],
)
def test_reads_scalars(text: str, span: tuple[int, int], content: str, value: object, style: str) -> None:
    node = read_json(text)
    assert isinstance(node, ScalarNode)
    assert (node.span, node.text, node.value, node.style) == (Span(*span), content, value, style)
    assert type(node.value) is type(value)


def test_spans_of_containers_and_keys() -> None:
    root = read_json('\n{ "a" : [ 1, {} ] }\n')
    assert isinstance(root, MappingNode)
    assert (root.span, root.flow) == (Span(1, 20), True)
    assert root.members[0].key.span == Span(3, 6)
    items = root.members[0].value
    assert isinstance(items, SequenceNode)
    assert (items.span, items.flow, [item.span for item in items.items]) == (Span(9, 18), True, [Span(11, 12), Span(14, 16)])


def test_the_deepest_text_that_is_read() -> None:
    assert data_of(read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)) == json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(DATA, st.booleans(), st.sampled_from([None, 0, 2, "\t"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_reads_what_the_standard_library_reads(
    data: object, ascii_only: bool, indent: int | str | None, newline: str
) -> None:
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent).replace("\n", newline)
    root = read_json(text)
    assert repr(data_of(root)) == repr(json.loads(text))
    for node in _nodes(root):
        assert repr(json.loads(text[slice(*node.span)])) == repr(data_of(node))


@settings(max_examples=300, deadline=None)
@given(st.text("{}[]\":,\\ \n1-.e0truefalsn'", max_size=14))
def test_rejects_what_the_standard_library_rejects(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except ValueError:
        with pytest.raises(Unreadable) as caught:
            read_json(text)
        assert caught.value.line > 0
        assert "\n" not in caught.value.message
    else:
        assert repr(data_of(read_json(text))) == repr(expected)


def _nodes(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [node, *(part for member in node.members for part in [member.key, *_nodes(member.value)])]
    if isinstance(node, SequenceNode):
        return [node, *(part for item in node.items for part in _nodes(item))]
    return [node]


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate")
    return dict(pairs)
