from __future__ import annotations

from textwrap import indent
from typing import Any

import pytest
from cfn_templates import model

from remediate.cloudformation.policies import Document, documents

ALLOW = "{Effect: Allow, Principal: '*', Action: a, Resource: r}"
BASE = ("Resources", "Policy", "Properties", "PolicyDocument")


def read(document: str) -> tuple[Document, ...]:
    template = "Resources:\n  Policy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      PolicyDocument:"
    separator = "\n" if document.startswith(("Version", "Statement")) else " "
    return documents(
        model(template + separator + indent(document, " " * 8).lstrip(" " if separator == " " else "")), "Policy", "bucket"
    )


STATEMENTS: dict[str, Any] = {
    "list": (f"Statement: [{ALLOW}, {ALLOW}]", [((0,), ()), ((1,), ())]),
    "mapping": (f"Statement: {ALLOW}", [((), ())]),
    "empty": ("Statement: []", []),
    "if-item": (
        f"Statement: [{ALLOW}, !If [C, {ALLOW}, {ALLOW}]]",
        [((0,), ()), ((1, "Fn::If", 1), (("C", True),)), ((1, "Fn::If", 2), (("C", False),))],
    ),
    "if-item-no-value": (
        f"Statement: [!If [C, {ALLOW}, !Ref AWS::NoValue]]",
        [((0, "Fn::If", 1), (("C", True),))],
    ),
    "no-value": (f"Statement: [!Ref AWS::NoValue, {ALLOW}]", [((1,), ())]),
    "if-list": (
        f"Statement: !If [C, [{ALLOW}], [{ALLOW}, {ALLOW}]]",
        [
            (("Fn::If", 1, 0), (("C", True),)),
            (("Fn::If", 2, 0), (("C", False),)),
            (("Fn::If", 2, 1), (("C", False),)),
        ],
    ),
    "effect-by-if": ("Statement: [{Effect: !If [C, Allow, Deny], Action: a}]", [((0,), ())]),
}


@pytest.mark.parametrize(("written", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_statements(written: str, expected: list[Any]) -> None:
    (found,) = read(written)
    assert found.obstacle is None
    assert [(one.path, one.guard) for one in found.statements] == [
        ((*BASE, "Statement", *path), guard) for path, guard in expected
    ]


def test_a_document_in_each_branch_of_an_if() -> None:
    yes, no = read(f"!If [C, {{Statement: [{ALLOW}]}}, {{Statement: [!If [D, {ALLOW}, !Ref AWS::NoValue]]}}]")
    assert (yes.path, yes.guard) == ((*BASE, "Fn::If", 1), (("C", True),))
    assert (no.path, no.guard) == ((*BASE, "Fn::If", 2), (("C", False),))
    assert [one.guard for one in no.statements] == [(("C", False), ("D", True))]


def test_no_document_where_it_has_no_value() -> None:
    (found,) = read(f"!If [C, {{Statement: [{ALLOW}]}}, !Ref AWS::NoValue]")
    assert found.guard == (("C", True),)


OBSTACLES = {
    "json-string": ("'{\"Statement\": []'", "a JSON string"),
    "json-string-in-sub": ("!Sub '{\"Statement\": ${Statements}}'", "comes from Fn::Sub"),
    "json-string-without-statement": ("'{}'", "a JSON string"),
    "json-string-of-odd-statement": ("'{\"Statement\": [1]}'", "a JSON string"),
    "json-by-parameter": ("!Ref Policy", "comes from Ref"),
    "import": ("!ImportValue x", "comes from Fn::ImportValue"),
    "macro": ("{Fn::Transform: {Name: M}}", "comes from Fn::Transform"),
    "macro-beside": ("{Version: x, Fn::Transform: {Name: M}}", "made by a macro"),
    "no-statement": ("{PolicyTemplate: x, Bucket: y}", "has no Statement"),
    "list": ("[a]", "not a mapping"),
    "null": ("~", "not a mapping"),
    "statement-is-text": ("{Statement: text}", "/Statement is not a statement"),
    "statement-is-null": ("{Statement: ~}", "/Statement is not a statement"),
    "statement-from-map": ("{Statement: !FindInMap [a, b, c]}", "/Statement is not a statement"),
    "item-is-function": ("{Statement: [!ImportValue x]}", "/Statement/0 is not a statement"),
    "item-is-text": ("{Statement: [text]}", "/Statement/0 is not a statement"),
    "item-without-effect": ("{Statement: [{Action: a, Resource: r}]}", "/Statement/0 is not a statement"),
    "list-in-list": (f"{{Statement: [!If [C, [{ALLOW}], !Ref AWS::NoValue]]}}", "/Statement/0/Fn::If/1 is not a statement"),
    "for-each": ("{Statement: {Fn::ForEach::A: [x, [y], {z: {Effect: Allow}}]}}", "/Statement is not a statement"),
}


@pytest.mark.parametrize(("written", "expected"), OBSTACLES.values(), ids=OBSTACLES)
def test_obstacles(written: str, expected: str) -> None:
    (found,) = read(written)
    assert found.statements == ()
    assert expected in (found.obstacle or "")


def test_no_document_without_the_property() -> None:
    template = model("Resources: {Key: {Type: AWS::KMS::Key}, Odd: {Type: AWS::KMS::Key, Properties: []}}")
    assert documents(template, "Key", "key") == ()
    assert documents(template, "Odd", "key") == ()
    assert documents(template, "Missing", "key") == ()


LABELS = {
    "sid": ("Statement: [{Sid: Write, Effect: Allow}]", ["`Write`"]),
    "place": (f"Statement: [{ALLOW}, {ALLOW}]", ["statement 1", "statement 2"]),
    "alone": (f"Statement: {ALLOW}", ["the statement"]),
    "in-if": (f"Statement: [{ALLOW}, !If [C, {ALLOW}, {ALLOW}]]", ["statement 1", "statement 2", "statement 2"]),
    "in-list-of-if": (f"Statement: !If [C, [{ALLOW}], {ALLOW}]", ["statement 1", "the statement"]),
    "sid-is-no-text": ("Statement: [{Sid: !Ref A, Effect: Allow}]", ["statement 1"]),
}


@pytest.mark.parametrize(("written", "expected"), LABELS.values(), ids=LABELS)
def test_labels(written: str, expected: list[str]) -> None:
    assert [one.label for one in read(written)[0].statements] == expected


def test_pointer_and_list_path() -> None:
    (found,) = read(f"Statement: [{ALLOW}]")
    assert found.list_path == (*BASE, "Statement")
    assert found.statements[0].pointer == "/Resources/Policy/Properties/PolicyDocument/Statement/0"
