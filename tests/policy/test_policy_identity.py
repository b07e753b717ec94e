"""The policies of a role are one, wherever they are; their statements are about the role itself."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.cloudformation.role_policies import managed_elsewhere
from remediate.iam.evaluate import Outcome, evaluate
from remediate.iam.request import Request
from remediate.iam.statement import Policy, parse_statement
from remediate.partial_string import partial

STREAM = "arn:aws:logs:us-east-1:111122223333:log-group:logs:log-stream:a"
WRITE: dict[str, Any] = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
DENY: dict[str, Any] = {"Effect": "Deny", "Action": "logs:*", "Resource": STREAM}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"PolicyName": "p", "PolicyDocument": document(*statements)}


def outcome(properties: dict[str, Any], **others: dict[str, Any]) -> Outcome:
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    resources: dict[str, Any] = {"Role": role, "Other": {"Type": "AWS::IAM::Role"}, **others}
    model = TemplateModel({"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": resources})
    (found,) = documents(model, "Role", "permissions")
    scenario = Scenario({}, {"No": False})
    resolver = Resolver(model, scenario)
    read = [
        parse_statement(resolver.value(one.data), one.pointer, "Role", 0, "2012-10-17", of_identity=True)
        for one in found.statements
        if scenario.admits(one.guard)
    ]
    return evaluate(
        Policy("permissions", tuple(read)), Request("the role Role", "logs:PutLogEvents", partial(STREAM), {})
    ).outcome


def attached(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::IAM::{kind}", "Properties": {**policy(WRITE), **properties}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(WRITE, Outcome.ALLOWED, id="no principal"),
        pytest.param({**WRITE, "Principal": "*"}, Outcome.UNDECIDABLE, id="IAM refuses one with a principal"),
        pytest.param({**WRITE, "NotPrincipal": "*"}, Outcome.UNDECIDABLE, id="or with a NotPrincipal"),
        pytest.param({**WRITE, "Resource": "arn:aws:logs"}, Outcome.ALLOWED, id="missing fields of an ARN are wildcards"),
        pytest.param({**WRITE, "Resource": "arn:aws:s3"}, Outcome.DENIED, id="of another service"),
        pytest.param({**WRITE, "Action": "logs:CreateLogStream"}, Outcome.DENIED, id="another action"),
        pytest.param({"Effect": "Allow", "Action": "logs:*"}, Outcome.UNDECIDABLE, id="IAM refuses one without resource"),
    ],
)
def test_a_statement_is_about_its_role(statement: dict[str, Any], expected: Outcome) -> None:
    assert outcome({"Policies": [policy(statement)]}) is expected


@pytest.mark.parametrize(
    ("expected", "properties", "others"),
    [
        pytest.param(Outcome.DENIED, {}, {}, id="nothing"),
        pytest.param(Outcome.ALLOWED, {"Policies": [policy(), policy(WRITE)]}, {}, id="the second of its own"),
        pytest.param(Outcome.DENIED, {"Policies": [policy(WRITE), policy(DENY)]}, {}, id="denied by another"),
        pytest.param(
            Outcome.DENIED,
            {"Policies": [{"Fn::If": ["No", policy(WRITE), {"Ref": "AWS::NoValue"}]}]},
            {},
            id="under a condition that does not hold",
        ),
        pytest.param(Outcome.ALLOWED, {}, {"P": attached("Policy", Roles=[{"Ref": "Role"}])}, id="AWS::IAM::Policy"),
        pytest.param(
            Outcome.ALLOWED, {}, {"P": attached("RolePolicy", RoleName={"Ref": "Role"})}, id="AWS::IAM::RolePolicy"
        ),
        pytest.param(
            Outcome.ALLOWED, {"RoleName": "logs"}, {"P": attached("Policy", Roles=["logs"])}, id="by the name of the role"
        ),
        pytest.param(Outcome.DENIED, {}, {"P": attached("Policy", Roles=[{"Ref": "Other"}])}, id="of another role"),
        pytest.param(
            Outcome.ALLOWED, {}, {"P": attached("ManagedPolicy", Roles=[{"Ref": "Role"}])}, id="a managed policy's Roles"
        ),
        pytest.param(
            Outcome.ALLOWED, {"ManagedPolicyArns": [{"Ref": "P"}]}, {"P": attached("ManagedPolicy")}, id="ManagedPolicyArns"
        ),
        pytest.param(
            Outcome.DENIED,
            {},
            {"P": {"Condition": "No", **attached("Policy", Roles=[{"Ref": "Role"}])}},
            id="a policy that does not exist",
        ),
    ],
)
def test_all_policies_of_a_role_decide(expected: Outcome, properties: dict[str, Any], others: dict[str, Any]) -> None:
    assert outcome(properties, **others) is expected


def test_what_is_not_in_the_template_is_told() -> None:
    arns = [{"Ref": "P"}, "arn:aws:iam::aws:policy/A", {"Fn::If": ["C", {"Ref": "Arn"}, {"Ref": "AWS::NoValue"}]}]
    role = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": arns}}
    model = TemplateModel({"Resources": {"Role": role, "P": attached("ManagedPolicy")}})
    found = [(one.value, one.guard) for one in managed_elsewhere(model, "Role")]
    assert found == [("arn:aws:iam::aws:policy/A", ()), ({"Ref": "Arn"}, (("C", True),))]


def test_one_that_a_macro_makes_is_not_read() -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy(WRITE), {"Fn::Transform": {"Name": "M"}}]}}
    (found,) = documents(TemplateModel({"Resources": {"Role": role}}), "Role", "permissions")
    assert not found.readable
    assert found.obstacle
