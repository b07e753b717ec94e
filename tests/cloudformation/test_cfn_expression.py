from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import expression

from remediate.cloudformation.expression import (
    HERE,
    alternatives,
    chosen,
    conditions_of,
    distribute,
    function,
    mentions,
    policy_text,
    sub,
)

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


CHOSEN: dict[str, Any] = {
    "none": ("a", ((), "a", ())),
    "yes": ("!If [C, a, b]", (("Fn::If", 1), "a", (("C", True),))),
    "nested": ("!If [D, a, !If [C, b, c]]", (("Fn::If", 2, "Fn::If", 1), "b", (("D", False), ("C", True)))),
    "not-known": ("!If [E, a, b]", ((), {"Fn::If": ["E", "a", "b"]}, ())),
    "twice": ("!If [C, !If [C, a, b], c]", (("Fn::If", 1, "Fn::If", 1), "a", (("C", True),))),
}


@pytest.mark.parametrize(("written", "expected"), CHOSEN.values(), ids=CHOSEN)
def test_chosen(written: str, expected: tuple[Any, ...]) -> None:
    found = chosen(expression(written), {"C": True, "D": False})
    assert (found.path, found.value, found.guard) == expected


POLICY_TEXTS: dict[str, Any] = {
    "nothing to escape": ("audit/logs$", "audit/logs$"),
    "star": ("'a*b'", "a${*}b"),
    "question mark": ("'a?'", "a${?}"),
    "variable": ("'a${aws:username}'", "a${$}{aws:username}"),
    "all": ("'*?${*}'", "${*}${?}${$}{${*}}"),
    "reference": ("!Ref Prefix", {"Ref": "Prefix"}),
    "sub": ("!Sub '${Prefix}*'", {"Fn::Sub": "${Prefix}${!*}"}),
    "sub-literal": ("!Sub '${!x}${A.Arn}'", {"Fn::Sub": "${!$}{x}${A.Arn}"}),
    "sub-variables": ("!Sub ['${A}?', {A: '*'}]", {"Fn::Sub": ["${A}${!?}", {"A": "${*}"}]}),
    "sub without any": ("!Sub '${A}-${!B}'", {"Fn::Sub": "${A}-${!$}{B}"}),
    "join": ("!Join ['*', [a, '?', !Ref B]]", {"Fn::Join": ["${*}", ["a", "${?}", {"Ref": "B"}]]}),
    "if": ("!If [C, '*', a]", {"Fn::If": ["C", "${*}", "a"]}),
    "other function": ("!ImportValue a*", {"Fn::ImportValue": "a*"}),
    "number": ("12", 12),
}


@pytest.mark.parametrize(("written", "expected"), POLICY_TEXTS.values(), ids=POLICY_TEXTS)
def test_policy_text(written: str, expected: Any) -> None:
    assert policy_text(expression(written)) == expected


def test_what_needs_no_escape_stays_as_it_is() -> None:
    written = expression("!If [C, !Sub '${A}-x', !Join ['-', [a, !Ref B]]]")
    assert policy_text(written) == written
