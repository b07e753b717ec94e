from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import expression, model

from remediate.cloudformation.creation_order import Dependencies, depends_on, references
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.organization import find_organization_id
from remediate.delivery.services import default_service

CHAINS = {
    "depends-on-text": ("A: {DependsOn: B}\nB: {Type: T}", ["A", "B"]),
    "depends-on-list": ("A: {DependsOn: [X, B]}\nB: {Type: T}", ["A", "B"]),
    "ref": ("A: {Properties: {P: !Ref B}}\nB: {Type: T}", ["A", "B"]),
    "get-att": ("A: {Properties: {P: !GetAtt B.Arn}}\nB: {Type: T}", ["A", "B"]),
    "sub": ('A: {Properties: {P: !Sub "x-${B.Arn}"}}\nB: {Type: T}', ["A", "B"]),
    "deep": ('A: {Properties: {P: [{Q: !Join ["", [!Ref B]]}]}}\nB: {Type: T}', ["A", "B"]),
    "chain": ("A: {DependsOn: M}\nM: {Properties: {P: !Ref N}}\nN: {DependsOn: [B]}\nB: {}", ["A", "M", "N", "B"]),
    "shortest-chain": ("A: {DependsOn: [M, N]}\nM: {DependsOn: N}\nN: {DependsOn: B}\nB: {}", ["A", "N", "B"]),
    "both-branches-of-if": ("A: {Properties: {P: !If [C, x, !Ref B]}}\nB: {}", ["A", "B"]),
    "cycle-elsewhere": ("A: {DependsOn: M}\nM: {DependsOn: A}\nB: {}", []),
    "other-direction": ("A: {}\nB: {DependsOn: A}", []),
    "parameter-of-that-name": ("A: {Properties: {P: !Ref Q}}\nB: {}", []),
    "text-of-that-name": ("A: {Properties: {P: B}}\nB: {}", []),
    "sub-variable-of-that-name": ('A: {Properties: {P: !Sub ["${B}", {B: x}]}}\nB: {}', []),
    "metadata-does-not-count": ("A: {Metadata: {P: !Ref B}}\nB: {}", []),
    "condition-does-not-count": ("A: {Condition: B}\nB: {}", []),
    "not-there": ("A: {DependsOn: B}", []),
    "odd-depends-on": ("A: {DependsOn: {B: x}}\nB: {}", []),
    "odd-resources": ("A: [x]\nB: ~", []),
}


@pytest.mark.parametrize(("written", "expected"), CHAINS.values(), ids=CHAINS)
def test_depends(written: str, expected: list[str]) -> None:
    lines = written.replace("\n", "\n  ")
    assert Dependencies(model(f"Resources:\n  {lines}\n")).chain("A", "B") == expected


def test_a_resource_that_refers_to_itself() -> None:
    assert Dependencies(model("Resources: {A: {Properties: {P: !Ref A}}}")).chain("A", "A") == ["A", "A"]


DEPENDS_ON: dict[str, Any] = {
    "absent": ({}, []),
    "text": ({"DependsOn": "A"}, ["A"]),
    "list": ({"DependsOn": ["A", "B"]}, ["A", "B"]),
    "odd-items": ({"DependsOn": ["A", 1, {"Ref": "B"}]}, ["A"]),
    "mapping": ({"DependsOn": {"A": "B"}}, []),
    "no-resource": (None, []),
}


@pytest.mark.parametrize(("resource", "expected"), DEPENDS_ON.values(), ids=DEPENDS_ON)
def test_depends_on(resource: Any, expected: list[str]) -> None:
    assert depends_on(resource) == expected


REFERENCES: dict[str, Any] = {
    "ref": ("[!Ref A]", [((0,), "A", ())]),
    "get-att": ("{P: !GetAtt A.Arn}", [(("P",), "A", ())]),
    "get-att-list": ("{Fn::GetAtt: [A, Arn]}", [((), "A", ())]),
    "sub": ("!Sub '${B.Arn}-${A}-${!C}'", [((), "A", ()), ((), "B", ())]),
    "sub-variables": ("!Sub ['${A}${V}', {V: !Ref B}]", [((), "A", ()), (("Fn::Sub", 1, "V"), "B", ())]),
    "if": (
        "!If [C, !Ref A, [!Ref B]]",
        [(("Fn::If", 1), "A", (("C", True),)), (("Fn::If", 2, 0), "B", (("C", False),))],
    ),
    "branch-that-is-never-taken": (
        "!If [C, !If [C, !Ref A, !Ref B], x]",
        [(("Fn::If", 1, "Fn::If", 1), "A", (("C", True), ("C", True)))],
    ),
    "if-in-a-variable": (
        "!Sub ['${V}', {V: !If [C, !Ref A, x]}]",
        [(("Fn::Sub", 1, "V", "Fn::If", 1), "A", (("C", True),))],
    ),
    "inside-another-function": ("!Join ['', [!Ref A]]", [(("Fn::Join", 1, 0), "A", ())]),
    "text": ("A", []),
}


@pytest.mark.parametrize(("written", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_references(written: str, expected: list[Any]) -> None:
    assert [(one.path, one.name, one.guard) for one in references(expression(written), ())] == expected


def test_what_a_resource_waits_for_is_read_once() -> None:
    resources = {"A": {"DependsOn": "M"}, "M": {"DependsOn": "B"}, "B": {}}
    waiting = Dependencies(TemplateModel({"Resources": resources}))
    assert waiting.chain("A", "B") == ["A", "M", "B"]
    resources["M"]["DependsOn"] = "C"
    assert waiting.chain("A", "B") == ["A", "M", "B"]


POLICY = """
Resources:
  Trail: {{Type: AWS::CloudTrail::Trail, Properties: {{S3BucketName: !Ref Bucket}}}}
  Bucket: {{Type: AWS::S3::Bucket}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - {{Effect: Allow, Principal: {{Service: cloudtrail.amazonaws.com}}, Resource: {}, Condition: {}}}
          - {{Effect: Allow, Principal: "*", Condition: {{StringEquals: {{"aws:PrincipalOrgID": o-yyyyyyyyyy}}}}}}
          - {{Effect: Deny, Principal: "*", Condition: {{StringNotEquals: {{"aws:PrincipalTag/org": o-wwwwwwwwww}}}}}}
          - {{Effect: Deny, Principal: "*", Condition: {{StringEquals: {{"aws:PrincipalOrgID": o-vvvvvvvvvv}}}}}}
          - {{Effect: Allow, Principal: {{Service: config.amazonaws.com}}, Resource: b/AWSLogs/o-xxxxxxxxxx/*}}
  Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: o-ffffffffff}}}}
"""
ORGANIZATIONS: dict[str, Any] = {
    "parameter-by-name": ("Parameters: {OrgId: {Type: String}}", {"Ref": "OrgId"}),
    "parameter-by-long-name": ("Parameters: {pOrganizationID: {Type: String}}", {"Ref": "pOrganizationID"}),
    "parameter-by-pattern": ("Parameters: {X: {Type: String, AllowedPattern: '^o-[a-z0-9]{10,32}$'}}", {"Ref": "X"}),
    "two-parameters": ("Parameters: {OrgId: {Type: String}, OrganisationId: {Type: String}}", None),
    "unit-is-none": ("Parameters: {OrganizationUnitId: {Type: String}, OrgName: {Type: String}}", None),
    "literal": (POLICY.format("b/AWSLogs/o-a1b2c3d4e5/*", "{}"), "o-a1b2c3d4e5"),
    "two-literals": (POLICY.format("[b/AWSLogs/o-a1b2c3d4e5/*, b/AWSLogs/o-zzzzzzzzzz/*]", "{}"), None),
    "same-literal-twice": (POLICY.format("[b/AWSLogs/o-a1b2c3d4e5/*, b/x/AWSLogs/o-a1b2c3d4e5/*]", "{}"), "o-a1b2c3d4e5"),
    "elsewhere-does-not-count": (POLICY.format("b/AWSLogs/*", "{}"), None),
    "within-a-word": (POLICY.format("foo-a1b2c3d4e5", "{}"), None),
    "in-the-name-of-a-bucket": (POLICY.format("arn:aws:s3:::logs-o-a1b2c3d4e5/AWSLogs/*", "{}"), None),
    "joined": (POLICY.format("!Join ['/', [b, AWSLogs, o-a1b2c3d4e5, '*']]", "{}"), "o-a1b2c3d4e5"),
    "by-condition": (POLICY.format("b/*", '{StringEquals: {"aws:SourceOrgID": o-a1b2c3d4e5}}'), "o-a1b2c3d4e5"),
    "by-condition-of-paths": (
        POLICY.format("b/*", '{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [o-a1b2c3d4e5/r-ab12/*]}}'),
        "o-a1b2c3d4e5",
    ),
    "by-condition-against-it": (POLICY.format("b/*", '{StringNotEquals: {"aws:SourceOrgID": o-a1b2c3d4e5}}'), None),
    "by-another-condition": (POLICY.format("b/*", '{StringEquals: {"aws:PrincipalTag/org": o-a1b2c3d4e5}}'), None),
    "odd": ("Parameters: [OrgId]", None),
    "odd-parameter": ("Parameters: {OrgId: ~}", {"Ref": "OrgId"}),
}


def test_the_only_organization_that_a_deny_leaves_in() -> None:
    written = POLICY.format("b/*", "{}").replace("StringEquals", "StringNotEquals")
    assert find_organization_id(model(written), default_service()) == "o-vvvvvvvvvv"


@pytest.mark.parametrize(("written", "expected"), ORGANIZATIONS.values(), ids=ORGANIZATIONS)
def test_organization_id(written: str, expected: Any) -> None:
    assert find_organization_id(model(written), default_service()) == expected
