from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import expression

from remediate.cloudformation.expression import HERE, alternatives, conditions_of, distribute, function, mentions, sub

FUNCTIONS = {
    "ref": ("!Ref A", ("Ref", "A")),
    "condition": ("!Condition C", ("Condition", "C")),
    "sub": ("!Sub a", ("Fn::Sub", "a")),
    "text": ("a", None),
    "mapping": ("{a: b}", None),
    "two-members": ("{Ref: A, Fn::Sub: b}", None),
    "list": ("[a]", None),
}


@pytest.mark.parametrize(("written", "expected"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_function(written: str, expected: object) -> None:
    assert function(expression(written)) == expected


ALTERNATIVES: dict[str, Any] = {
    "none": ("a", [((), "a", ())]),
    "no-value": ("!Ref AWS::NoValue", []),
    "if": (
        "!If [C, a, b]",
        [(("Fn::If", 1), "a", (("C", True),)), (("Fn::If", 2), "b", (("C", False),))],
    ),
    "if-no-value": ("!If [C, a, !Ref AWS::NoValue]", [(("Fn::If", 1), "a", (("C", True),))]),
    "nested": (
        "!If [C, a, !If [D, b, c]]",
        [
            (("Fn::If", 1), "a", (("C", True),)),
            (("Fn::If", 2, "Fn::If", 1), "b", (("C", False), ("D", True))),
            (("Fn::If", 2, "Fn::If", 2), "c", (("C", False), ("D", False))),
        ],
    ),
    "same-condition-again": (
        "!If [C, !If [C, a, never], b]",
        [(("Fn::If", 1, "Fn::If", 1), "a", (("C", True), ("C", True))), (("Fn::If", 2), "b", (("C", False),))],
    ),
    "malformed-if": ("{Fn::If: [C, a]}", [((), {"Fn::If": ["C", "a"]}, ())]),
}


@pytest.mark.parametrize(("written", "expected"), ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_alternatives(written: str, expected: list[Any]) -> None:
    assert [(one.path, one.value, one.guard) for one in alternatives(expression(written), ())] == expected


MENTIONS = {
    "ref": ("!Ref A", {"A"}),
    "get-att": ("!GetAtt A.Arn", {"A"}),
    "get-att-long-string": ("{Fn::GetAtt: A.Arn}", {"A"}),
    "sub": ('!Sub "${A}-${B.Arn}-${!C}-${ D }"', {"A", "B", "D"}),
    "sub-variables": ('!Sub ["${A}-${B}", {B: !Ref C}]', {"A", "C"}),
    "nested": ('{a: [!Join ["", [!Ref A, {b: !Ref B}]]]}', {"A", "B"}),
    "if": ("!If [C, !Ref A, !Ref B]", {"A", "B"}),
    "text": ("A", set()),
    "odd": ("{Ref: [A]}", set()),
}


@pytest.mark.parametrize(("written", "expected"), MENTIONS.values(), ids=MENTIONS)
def test_mentions(written: str, expected: set[str]) -> None:
    assert mentions(expression(written)) == expected


def test_conditions_of() -> None:
    assert conditions_of(expression("[!If [A, !If [B, x, y], z], !Condition C, {Condition: {Bool: x}}]")) == {"A", "B", "C"}


SUBS: dict[str, Any] = {
    "text": (("a", "b"), "ab"),
    "ref": (("arn:", {"Ref": "A"}), {"Fn::Sub": "arn:${A}"}),
    "get-att": (({"Fn::GetAtt": ["A", "Arn"]}, "/*"), {"Fn::Sub": "${A.Arn}/*"}),
    "sub": (({"Fn::Sub": "${A}-x"}, "/", {"Ref": "B"}), {"Fn::Sub": "${A}-x/${B}"}),
    "other-function": (
        ("a/", {"Fn::ImportValue": "x"}, "/b"),
        {"Fn::Sub": ["a/${Part1}/b", {"Part1": {"Fn::ImportValue": "x"}}]},
    ),
    "long-sub": (
        ({"Fn::Sub": ["${v}", {"v": "w"}]}, "/b"),
        {"Fn::Sub": ["${Part1}/b", {"Part1": {"Fn::Sub": ["${v}", {"v": "w"}]}}]},
    ),
    "dollar-brace-in-text": (("${aws:username}/", {"Ref": "A"}), {"Fn::Sub": "${!aws:username}/${A}"}),
    "dollar-brace-in-text-alone": (("${aws:username}/",), "${aws:username}/"),
}


@pytest.mark.parametrize(("parts", "expected"), SUBS.values(), ids=SUBS)
def test_sub(parts: tuple[Any, ...], expected: Any) -> None:
    assert sub(*parts) == expected


def test_sub_keeps_an_escape_that_a_text_already_has() -> None:
    assert sub("${!a}") == "${!a}"


def test_sub_does_not_reuse_the_name_of_a_variable() -> None:
    made = sub({"Fn::Sub": "${Part1}"}, {"Fn::ImportValue": "x"})
    assert made == {"Fn::Sub": ["${Part1}${Part2}", {"Part2": {"Fn::ImportValue": "x"}}]}


def test_distribute() -> None:
    made = distribute(expression("!If [C, !Ref Prefix, !Ref AWS::NoValue]"), "a/", HERE, "/b")
    assert made == {"Fn::If": ["C", {"Fn::Sub": "a/${Prefix}/b"}, {"Ref": "AWS::NoValue"}]}
    assert distribute("logs", "a/", HERE, "/b") == "a/logs/b"
