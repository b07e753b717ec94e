"""Policies of every holder are read from a template and judged, each as its service takes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.iam.evaluate import Outcome, evaluate
from remediate.iam.holders import HOLDERS, PolicyKind, held_by, holder_for, is_of_identity
from remediate.iam.request import Request
from remediate.iam.statement import Policy, parse_statement
from remediate.partial_string import partial

SERVICE = "cloudtrail.amazonaws.com"
ASKED: dict[PolicyKind, tuple[str, str]] = {
    "bucket": ("s3:GetBucketAcl", "arn:aws:s3:::logs"),
    "key": ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/a"),
    "topic": ("sns:Publish", "arn:aws:sns:us-east-1:111122223333:logs"),
    "role": ("sts:AssumeRole", "arn:aws:iam::111122223333:role/logs"),
    "log-group": ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:logs:log-stream:a"),
}


def outcome(kind: PolicyKind, service: str = SERVICE, *, text: bool = False, **elements: Any) -> Outcome:
    action, resource = ASKED[kind]
    statement = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": action, **elements}
    written: Any = {"Version": "2012-10-17", "Statement": [{key: one for key, one in statement.items() if one}]}
    holder = HOLDERS[kind]
    document = json.dumps(written) if text else written
    model = TemplateModel({"Resources": {"It": {"Type": holder.type, "Properties": {holder.property: document}}}})
    (found,) = documents(model, "It", kind)
    resolver = Resolver(model, Scenario({}, {}))
    read = [parse_statement(resolver.value(one.data), "", "It", 0, "2012-10-17") for one in found.statements]
    return evaluate(Policy(kind, tuple(read)), Request(f"{service}", action, partial(resource), {})).outcome


@pytest.mark.parametrize("kind", ASKED)
def test_a_policy_of_each_holder_is_judged(kind: PolicyKind) -> None:
    star = {} if kind == "role" else {"Resource": "*"}
    assert outcome(kind, **star) is Outcome.ALLOWED
    assert outcome(kind, "config.amazonaws.com", **star) is Outcome.DENIED
    assert outcome(kind, **star, text=True) is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("bucket", Outcome.UNDECIDABLE),
        ("key", Outcome.DENIED),
        ("topic", Outcome.UNDECIDABLE),
        ("role", Outcome.ALLOWED),
        ("log-group", Outcome.UNDECIDABLE),
    ],
)
def test_a_statement_without_resource_is_what_its_service_makes_of_it(kind: PolicyKind, expected: Outcome) -> None:
    assert outcome(kind) is expected


@pytest.mark.parametrize("kind", ASKED)
def test_a_statement_without_action_allows_nothing(kind: PolicyKind) -> None:
    found = outcome(kind, Action=None, Resource="*")
    assert found is (Outcome.DENIED if kind == "key" else Outcome.UNDECIDABLE)


@pytest.mark.parametrize("kind", ASKED)
def test_a_holder_is_found_by_its_type_and_by_its_actions(kind: PolicyKind) -> None:
    assert held_by(HOLDERS[kind].type) == kind
    assert holder_for(ASKED[kind][0].upper()) is HOLDERS[kind]


def test_every_kind_of_resource_policy_is_asked() -> None:
    assert ASKED.keys() == {kind for kind in HOLDERS if not is_of_identity(kind)}


def test_what_holds_no_policy() -> None:
    assert held_by("AWS::S3::Bucket") is None
    assert held_by({"Ref": "Type"}) is None
    assert holder_for("ec2:RunInstances") is None
