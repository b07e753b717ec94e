from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import data

from remediate.cloudformation.dependencies import depends, depends_on
from remediate.cloudformation.organization import find_organization_id

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
    assert depends(data(f"Resources:\n  {lines}\n"), "A", "B") == expected


def test_a_resource_that_refers_to_itself() -> None:
    assert depends(data("Resources: {A: {Properties: {P: !Ref A}}}"), "A", "A") == ["A", "A"]


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


POLICY = """
Resources:
  Trail: {{Type: AWS::CloudTrail::Trail, Properties: {{S3BucketName: !Ref Bucket}}}}
  Bucket: {{Type: AWS::S3::Bucket}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties: {{Bucket: !Ref Bucket, PolicyDocument: {{Statement: [{{Effect: Allow, Resource: {}}}]}}}}
  Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: o-ffffffffff}}}}
"""
ORGANIZATIONS: dict[str, Any] = {
    "parameter-by-name": ("Parameters: {OrgId: {Type: String}}", {"Ref": "OrgId"}),
    "parameter-by-long-name": ("Parameters: {pOrganizationID: {Type: String}}", {"Ref": "pOrganizationID"}),
    "parameter-by-pattern": ("Parameters: {X: {Type: String, AllowedPattern: '^o-[a-z0-9]{10,32}$'}}", {"Ref": "X"}),
    "two-parameters": ("Parameters: {OrgId: {Type: String}, OrganisationId: {Type: String}}", None),
    "unit-is-none": ("Parameters: {OrganizationUnitId: {Type: String}, OrgName: {Type: String}}", None),
    "literal": (POLICY.format("b/AWSLogs/o-a1b2c3d4e5/*"), "o-a1b2c3d4e5"),
    "two-literals": (POLICY.format("[b/AWSLogs/o-a1b2c3d4e5/*, b/AWSLogs/o-zzzzzzzzzz/*]"), None),
    "same-literal-twice": (POLICY.format("[b/AWSLogs/o-a1b2c3d4e5/*, b/x/AWSLogs/o-a1b2c3d4e5/*]"), "o-a1b2c3d4e5"),
    "elsewhere-does-not-count": (POLICY.format("b/AWSLogs/*"), None),
    "within-a-word": (POLICY.format("foo-a1b2c3d4e5"), None),
    "odd": ("Parameters: [OrgId]", None),
    "odd-parameter": ("Parameters: {OrgId: ~}", {"Ref": "OrgId"}),
}


@pytest.mark.parametrize(("written", "expected"), ORGANIZATIONS.values(), ids=ORGANIZATIONS)
def test_organization_id(written: str, expected: Any) -> None:
    assert find_organization_id(data(written)) == expected
