"""Whatever stands where a template has something else, locating finds what it can and raises nothing but TemplateError."""

from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import model
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.cloudformation.creation_order import Dependencies
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import ALIAS, BUCKET, BUCKET_POLICY, KEY
from remediate.delivery.locate import Given, locate
from remediate.delivery.service import LogService
from remediate.delivery.services import shipped_services
from remediate.template import TemplateError

TRAIL = "AWS::CloudTrail::Trail"

TRAIL_WITH = "Resources: {{Trail: {{Type: AWS::CloudTrail::Trail, {}}}}}"

# Each template, and the trails that are found in it all the same.
MALFORMED = {
    "resources-list": ("Resources: [a]", []),
    "resources-text": ("Resources: a", []),
    "resources-null": ("Resources: ~", []),
    "no-resources": ("Outputs: {}", []),
    "odd-members": ("Resources: {A: [x], B: ~, C: text, D: 1, Trail: {Type: AWS::CloudTrail::Trail}}", ["Trail"]),
    "odd-types": ("Resources: {A: {Type: [x]}, B: {Type: {Ref: a}}, C: {Type: ~}}", []),
    "for-each": ("Resources: {Fn::ForEach::Loop: [x, [a], {Trail: {Type: AWS::CloudTrail::Trail}}]}", []),
    "properties-list": (TRAIL_WITH.format("Properties: [S3BucketName]"), ["Trail"]),
    "properties-function": (TRAIL_WITH.format("Properties: !If [C, {S3BucketName: a}, {S3BucketName: b}]"), ["Trail"]),
    "condition-mapping": (TRAIL_WITH.format("Condition: {Ref: C}"), ["Trail"]),
    "condition-list": (TRAIL_WITH.format("Condition: [C]"), ["Trail"]),
    "condition-undefined": (TRAIL_WITH.format("Condition: Missing"), ["Trail"]),
    "bucket-name-list": (TRAIL_WITH.format("Properties: {S3BucketName: [a]}"), ["Trail"]),
    "bucket-name-null": (TRAIL_WITH.format("Properties: {S3BucketName: ~}"), ["Trail"]),
    "ref-mapping": (TRAIL_WITH.format("Properties: {S3BucketName: {Ref: {a: b}}}"), ["Trail"]),
    "get-att-short": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::GetAtt: [A]}}"), ["Trail"]),
    "get-att-no-dot": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::GetAtt: A}}"), ["Trail"]),
    "sub-list": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::Sub: [a]}}"), ["Trail"]),
    "sub-braces": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::Sub: '${}${.}${!}${a.}${'}}"), ["Trail"]),
    "join-text": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::Join: a}}"), ["Trail"]),
    "join-mappings": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::Join: ['', [{a: b}]]}}"), ["Trail"]),
    "if-short": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::If: [C]}}"), ["Trail", "Trail"]),
    "if-condition-mapping": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::If: [{a: b}, c, d]}}"), ["Trail"]),
    "select-mapping": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::Select: [{a: b}, [c]]}}"), ["Trail"]),
    "split-nothing": (TRAIL_WITH.format("Properties: {S3BucketName: {Fn::Select: [0, {Fn::Split: ['', a]}]}}"), ["Trail"]),
    "key-list": (TRAIL_WITH.format("Properties: {KMSKeyId: [a]}"), ["Trail"]),
    "prefix-mapping": (TRAIL_WITH.format("Properties: {S3KeyPrefix: {a: b}}"), ["Trail"]),
    "parameters-list": ("Parameters: [P]\nResources: {Trail: {Type: AWS::CloudTrail::Trail}}", ["Trail"]),
    "odd-parameters": (
        (
            "Parameters: {P: ~, Q: [x], R: {Type: [List], Default: {a: b}, AllowedValues: x, AllowedPattern: 1}}\n"
            "Resources: {Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3KeyPrefix: !Sub '${P}${Q}${R}'}}}"
        ),
        ["Trail"],
    ),
    "mappings-list": (
        "Mappings: [M]\n" + TRAIL_WITH.format("Properties: {S3BucketName: !FindInMap [M, a, b]}"),
        ["Trail"],
    ),
    "odd-mappings": (
        (
            "Mappings: {M: [x], N: {a: y}}\n"
            "Resources: {Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !FindInMap [N, a, b]}}}"
        ),
        ["Trail"],
    ),
    "conditions-list": ("Conditions: [C]\n" + TRAIL_WITH.format("Condition: C"), ["Trail"]),
    "odd-conditions": (
        "Conditions: {C: !And [~, x, !Not [], !Equals [a], !Or y, {Fn::Equals: b}]}\n" + TRAIL_WITH.format("Condition: C"),
        ["Trail"],
    ),
    "null-condition": ("Conditions: {C: ~}\n" + TRAIL_WITH.format("Condition: C"), ["Trail"]),
    "circular-conditions": (
        "Conditions: {C: !Not [!Condition D], D: !Not [!Condition C]}\n" + TRAIL_WITH.format("Condition: C"),
        ["Trail"],
    ),
    "type-is-a-list": (
        """
        Resources:
          Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref B, KMSKeyId: !Ref K}}
          B: {Type: [AWS::S3::Bucket]}
          K: {Type: {Fn::Sub: AWS::KMS::Key}}
        """,
        ["Trail"],
    ),
    "circular-bucket-names": (
        (
            "Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}},"
            " B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref A}},"
            " Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref A}}}"
        ),
        ["Trail"],
    ),
    "circular-alias": (
        (
            "Resources: {A: {Type: AWS::KMS::Alias, Properties: {AliasName: !Ref A, TargetKeyId: !Ref A}},"
            " Trail: {Type: AWS::CloudTrail::Trail, Properties: {KMSKeyId: !Ref A}}}"
        ),
        ["Trail"],
    ),
    "odd-encryption": (
        (
            "Resources:"
            " {A: {Type: AWS::S3::Bucket, Properties: {BucketEncryption: {ServerSideEncryptionConfiguration: [x]}}},"
            " Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref A}}}"
        ),
        ["Trail"],
    ),
}


@pytest.mark.parametrize(("written", "expected"), MALFORMED.values(), ids=MALFORMED)
def test_malformed(written: str, expected: list[str]) -> None:
    assert [delivery.source for delivery in locate(model(written), Given()).deliveries] == expected


FLOW_LOG = """\
Resources:
  Odd: {{Type: {{Ref: a}}}}
  Flows: {{Type: AWS::EC2::FlowLog, Properties: {{LogDestinationType: s3, LogDestination: {}}}}}
"""


@pytest.mark.parametrize("service", shipped_services(), ids=lambda one: one.id)
@pytest.mark.parametrize(
    "written",
    [*(one for one, _ in MALFORMED.values()), *map(FLOW_LOG.format, ("!GetAtt Odd.Arn", "[a]", "{a: b}", "~", "!If [C]"))],
)
def test_malformed_for_every_service(service: LogService, written: str) -> None:
    types = {kind: written.replace(TRAIL, kind).replace("S3BucketName", "LogDestination") for kind in service.source_types}
    for one in (written, *types.values()):
        locate(model(one), Given(service=service))


def test_some_conditions_may_fail_for_an_odd_one() -> None:
    found = locate(model("Conditions: {C: !Equals [[a], {b: c}]}\n" + TRAIL_WITH.format("Condition: C")), Given())
    assert [delivery.resolver.scenario.conditions for delivery in found.deliveries] == [{"C": True}]


@pytest.mark.parametrize("length", [10, 5000])
def test_a_long_chain_of_conditions(length: int) -> None:
    conditions: dict[str, Any] = {f"C{number}": {"Condition": f"C{number + 1}"} for number in range(length)}
    template = TemplateModel({"Conditions": conditions, "Resources": {"Trail": {"Type": TRAIL, "Condition": "C0"}}})
    if length > 1000:
        with pytest.raises(TemplateError, match="too long a chain") as caught:
            locate(template, Given())
        assert (caught.value.line, caught.value.column) == (1, 1)
    else:
        assert [delivery.source for delivery in locate(template, Given()).deliveries] == ["Trail"]


@pytest.mark.parametrize("length", [10, 400])
def test_a_long_chain_of_names(length: int) -> None:
    buckets: dict[str, Any] = {
        f"B{number}": {"Type": BUCKET, "Properties": {"BucketName": {"Ref": f"B{number + 1}"}}} for number in range(length)
    }
    trail = {"Type": TRAIL, "Properties": {"S3BucketName": {"Ref": "B0"}}}
    template = TemplateModel({"Resources": {"Trail": trail, **buckets, f"B{length}": {"Type": BUCKET}}})
    (delivery,) = locate(template, Given()).deliveries
    name = str(delivery.bucket.name) if delivery.bucket else ""
    assert name.startswith("${B10}" if length == 10 else '${{"Ref": "B')


WORDS = "A B Trail P C AWS::NoValue AWS::Region x my-logs alias/a cloudtrail.amazonaws.com Allow 0 ²"
FRAGMENTS = "${A} ${A.Arn} ${!x} A.Arn Arn {{resolve:ssm:x}} :"
FUNCTIONS = "GetAtt Sub Join If Select Split FindInMap Equals And Or Not ImportValue Transform"
NAMES = "Ref Condition Type Properties DependsOn Statement Effect Principal Service BucketName A P Default AllowedValues"
RARE_NAMES = "AllowedPattern ServerSideEncryptionConfiguration ServerSideEncryptionByDefault KMSMasterKeyID"
TEXTS = st.sampled_from(["", *WORDS.split(), *FRAGMENTS.split(), TRAIL, BUCKET, BUCKET_POLICY, KEY, ALIAS])
MEMBERS = st.sampled_from([*(f"Fn::{name}" for name in FUNCTIONS.split()), *NAMES.split(), *RARE_NAMES.split()])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2, 99), st.floats(allow_nan=False), TEXTS)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(MEMBERS, inner, max_size=2)),
    max_leaves=12,
)
PROPERTIES = {
    TRAIL: ["TrailName", "S3BucketName", "S3KeyPrefix", "KMSKeyId", "IsOrganizationTrail"],
    BUCKET: ["BucketName", "BucketEncryption", "OwnershipControls"],
    BUCKET_POLICY: ["Bucket", "PolicyDocument"],
    KEY: ["KeyPolicy"],
    ALIAS: ["AliasName", "TargetKeyId"],
}


def resources() -> st.SearchStrategy[Any]:
    typed = [
        st.fixed_dictionaries(
            {"Type": st.just(kind)},
            optional={
                "Properties": st.one_of(st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANYTHING)), ANYTHING),
                "Condition": st.one_of(st.just("C"), ANYTHING),
                "DependsOn": ANYTHING,
            },
        )
        for kind, names in PROPERTIES.items()
    ]
    return st.dictionaries(st.sampled_from(["A", "B", "Trail", "P", "C"]), st.one_of(*typed, ANYTHING), max_size=4)


TEMPLATES = st.fixed_dictionaries(
    {"Resources": st.one_of(resources(), ANYTHING)},
    optional={
        "Parameters": st.one_of(st.dictionaries(st.sampled_from(["P", "A", "OrgId"]), ANYTHING, max_size=2), ANYTHING),
        "Conditions": st.one_of(st.dictionaries(st.sampled_from(["C", "A", "P"]), ANYTHING, max_size=3), ANYTHING),
        "Mappings": ANYTHING,
    },
)


@settings(max_examples=400, deadline=None)
@given(TEMPLATES, st.dictionaries(st.sampled_from(["P", "AWS::Region"]), TEXTS, max_size=1))
def test_anything_at_all(template: dict[str, Any], parameters: dict[str, str]) -> None:
    model = TemplateModel(template)
    found = locate(model, Given(parameters=parameters))
    written = model.resources
    for delivery in found.deliveries:
        inside = [
            delivery.source,
            delivery.bucket and delivery.bucket.logical_id,
            delivery.key and delivery.key.logical_id,
            *delivery.bucket_policies,
        ]
        assert all(name in written for name in inside if name)
    for name in written:
        chain = Dependencies(model).chain(name, "Trail")
        assert not chain or (chain[0], chain[-1]) == (name, "Trail")
