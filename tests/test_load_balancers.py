"""The logs of load balancers: each root cause, no other, the account of the Region, and the cures that are only words."""

from __future__ import annotations

from typing import Any

import pytest

from remediate import fix
from remediate.compare import standing_access
from remediate.delivery.error_messages import failure
from remediate.delivery.services import shipped_services
from remediate.diagnosis.health import Health
from remediate.engine import Report

HEALTHY = """\
Parameters:
  Account: { Type: String }
Mappings:
  Elb:
    us-east-1: { Id: "127311923021" }
    eu-west-1: { Id: "156460612806" }
    cn-north-1: { Id: "638102146993" }
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: { Status: Enabled }
  LogsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Write
            Effect: Allow
            Principal: { Service: logdelivery.elasticloadbalancing.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub ${Logs.Arn}/web/AWSLogs/${AWS::AccountId}/*
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    DependsOn: LogsPolicy
    Properties:
      LoadBalancerAttributes:
        - { Key: access_logs.s3.enabled, Value: "true" }
        - { Key: access_logs.s3.bucket, Value: !Ref Logs }
        - { Key: access_logs.s3.prefix, Value: web }
"""
OWN = "{ Service: logdelivery.elasticloadbalancing.amazonaws.com }"
ACTION = "Action: s3:PutObject"
OBJECTS = "!Sub ${Logs.Arn}/web/AWSLogs/${AWS::AccountId}/*"
OWNER = "VersioningConfiguration: { Status: Enabled }"
KMS = (
    "BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: aws:kms } }] }"
)
SSE = KMS.replace("aws:kms", "AES256")
MAPPED = '!FindInMap [Elb, !Ref "AWS::Region", Id]'
ELB_ARN = "arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:loadbalancer/"
IN_US, IN_EUROPE, IN_ISRAEL = ({"AWS::Region": one} for one in ("us-east-1", "eu-west-1", "il-central-1"))
Changes = list[tuple[str, str]]


def run(changes: Changes, **options: Any) -> Report:
    text = HEALTHY
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return fix(text, service="load-balancers", **options)


def with_principal(principal: str) -> Changes:
    return [(OWN, f"{{ {principal} }}")]


def with_condition(condition: str) -> Changes:
    return [(OBJECTS, f"{OBJECTS}\n            Condition: {{ {condition} }}")]


def health_of(report: Report) -> list[Health]:
    return [one.health for one in report.deliveries]


def test_the_healthy_template_has_no_cause() -> None:
    report = run([])

    assert (report.findings, report.skipped, report.operations) == ((), (), ())
    assert [(one.request.id, one.before.outcome.value) for one in report.verdicts] == [("elb-put-access-log", "allowed")]


@pytest.mark.parametrize(
    ("changes", "cause", "told"),
    [
        pytest.param([("DependsOn", "#")], "application-load-balancer-before-policy", "may be created before", id="order"),
        pytest.param([("web/", "")], "prefix-not-allowed", "below web/AWSLogs/", id="prefix"),
        pytest.param([("Value: web", "Value: web/AWSLogs")], "reserved-prefix", "holds AWSLogs", id="reserved-prefix"),
        pytest.param([("/${AWS::AccountId}/*", "/${AWS::AccountId}")], "malformed-resource", "not end in", id="no-star"),
        pytest.param([(ACTION, "Action: s3:GetObject")], "missing-action", "s3:PutObject", id="missing-action"),
        pytest.param([(ACTION, "Action: s3:PutObjects")], "misspelt-action", "PutObjects", id="misspelt-action"),
        pytest.param([(OWNER, KMS)], "bucket-encryption", "aws:kms: Elastic Load Balancing supports only", id="kms"),
        pytest.param([(OWNER, "AccessControl: LogDeliveryWrite")], "bucket-acl", "LogDeliveryWrite", id="acl"),
        pytest.param([("Ref Logs }", 'Sub "" }')], "application-load-balancer-without-bucket", "empty", id="no-bucket"),
        pytest.param(
            with_principal("Service: delivery.logs.amazonaws.com"),
            "other-principal",
            "with which Network Load Balancers and vended logs are written",
            id="network",
        ),
        pytest.param(
            with_principal("Service: elasticloadbalancing.amazonaws.com"), "other-principal", "does not write", id="short"
        ),
        pytest.param(with_principal("Service: logdelivery.elb.amazonaws.com"), "other-principal", "Outposts", id="outposts"),
        pytest.param(
            with_principal("Service: logdelivery.elasticloadbalancing.amazon.com"),
            "wrong-principal",
            "names",
            id="no-service",
        ),
        pytest.param(
            with_principal('AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"'),
            "other-account",
            "the account of the stack",
            id="own-account",
        ),
        pytest.param(with_principal("AWS: !Ref AWS::AccountId"), "other-account", "the account of the stack", id="own-id"),
        pytest.param(with_principal('AWS: "111122223333"'), "other-account", "not that of Elastic", id="another-account"),
        pytest.param(with_principal('AWS: "1273-1192-3021"'), "hyphenated-account", "with hyphens", id="hyphens"),
        pytest.param(
            with_principal("AWS: arn:aws:iam::1273-1192-3021:root"),
            "hyphenated-account",
            "with hyphens",
            id="hyphens-in-arn",
        ),
        pytest.param(
            with_condition("ArnLike: { aws:SourceArn: 'arn:aws:logs:*:*:*' }"),
            "wrong-source-arn",
            "different service",
            id="arn",
        ),
        pytest.param(
            with_condition("StringEquals: { aws:PrincipalOrgID: o-a1b2c3d4e5 }"), "organization-condition", "never", id="org"
        ),
    ],
)
def test_a_cause_is_found(changes: Changes, cause: str, told: str) -> None:
    report = run(changes)

    assert [one.detail for one in report.findings if one.cause == cause and told in one.detail]
    assert health_of(report) == [Health.BROKEN]


@pytest.mark.parametrize(
    ("changes", "region"),
    [
        pytest.param(with_principal(f"AWS: {MAPPED}"), None, id="the id by Region"),
        pytest.param(
            with_principal(f'AWS: !Sub ["arn:${{AWS::Partition}}:iam::${{Id}}:root", {{ Id: {MAPPED} }}]'),
            None,
            id="ARN by Sub",
        ),
        pytest.param(
            with_principal(f'AWS: !Join ["", ["arn:", !Ref "AWS::Partition", ":iam::", {MAPPED}, ":root"]]'),
            None,
            id="ARN by Join",
        ),
        pytest.param(
            with_principal(f'AWS: !Join ["", ["arn:aws:iam::", {MAPPED}, ":root"]]'),
            None,
            id="in the partition that is written out",
        ),
        pytest.param(with_principal('AWS: "127311923021"'), "us-east-1", id="a literal id"),
        pytest.param(with_principal("AWS: arn:aws:iam::127311923021:root"), "us-east-1", id="a literal ARN"),
        pytest.param(with_principal('AWS: ["156460612806", "127311923021"]'), "us-east-1", id="one of several"),
        pytest.param(with_principal("AWS: arn:aws-cn:iam::638102146993:root"), "cn-north-1", id="in China"),
        pytest.param([], "cn-north-1", id="the service principal in China"),
        pytest.param([(OBJECTS, "!Sub ${Logs.Arn}/*")], None, id="the whole bucket"),
        pytest.param([(OWNER, SSE)], None, id="SSE-S3"),
        pytest.param([("Value: web", "Value: ''"), ("web/", "")], None, id="an empty prefix"),
    ],
)
def test_what_works_is_left_alone(changes: Changes, region: str | None) -> None:
    report = run(changes, parameters={"AWS::Region": region} if region else {})

    assert (report.operations, report.findings) == ((), ())
    assert set(health_of(report)) <= {Health.HEALTHY}


@pytest.mark.parametrize(
    ("changes", "told", "advice"),
    [
        pytest.param(
            with_principal('AWS: "127311923021"'),
            "is the account of Elastic Load Balancing in us-east-1 only",
            "(AWS::Region)",
        ),
        pytest.param(
            [("156460612806", "156460612807"), *with_principal(f"AWS: {MAPPED}")],
            "is the account of Elastic Load Balancing in us-east-1, cn-north-1 only",
            "(AWS::Region)",
        ),
        pytest.param(
            with_principal("AWS: !Ref Account"),
            "nobody knows whether ${Account} is the account of Elastic Load",
            "(Account)",
        ),
        pytest.param(
            with_condition(f"ArnLike: {{ aws:SourceArn: !Sub '{ELB_ARN}*' }}"), "AWS does not document that", "with --review"
        ),
        pytest.param(
            with_condition("StringEquals: { aws:SourceAccount: !Ref AWS::AccountId }"), "not document that", "with --review"
        ),
        pytest.param(
            with_condition("StringEquals: { s3:x-amz-acl: bucket-owner-full-control }"), "not document that", "with --review"
        ),
    ],
    ids=["a literal account", "a mapping with a wrong row", "a parameter", "the source's ARN", "its account", "an ACL"],
)
def test_what_is_not_known_is_undecided_and_settled_by_a_review(changes: Changes, told: str, advice: str) -> None:
    report = run(changes)

    assert report.operations == ()
    assert health_of(report) == [Health.UNDECIDED]
    (undecided,) = (one for one in report.skipped if one.why == "undecidable")
    assert told in undecided.reason
    assert advice in undecided.advice
    reviewed = run(changes, review=True)
    assert health_of(fix(reviewed.after, service="load-balancers")) == [Health.HEALTHY]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        (IN_EUROPE, "is that of Elastic Load Balancing in us-east-1, not in eu-west-1, where it has 156460612806"),
        (IN_ISRAEL, "is that of Elastic Load Balancing in us-east-1, not in il-central-1, where it has none"),
    ],
)
def test_the_account_of_another_region_is_told(parameters: dict[str, str], told: str) -> None:
    report = run(with_principal('AWS: "127311923021"'), parameters=parameters)

    assert [told in one.detail for one in report.findings if one.cause == "other-account"] == [True]
    assert report.after.count('AWS: "127311923021"') == 1
    assert "Service: logdelivery.elasticloadbalancing.amazonaws.com" in report.after


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        pytest.param((OWNER, KMS), (OWNER, SSE), "bucket-encryption", id="SSE-S3 instead of a key"),
        pytest.param(
            (OWN, '{ AWS: "1273-1192-3021" }'), (OWN, '{ AWS: "127311923021" }'), "hyphenated-account", id="digits"
        ),
        pytest.param(("Value: web", "Value: AWSLogs"), ("Value: web", "Value: web"), "reserved-prefix", id="no AWSLogs"),
        pytest.param(
            ("Ref Logs }", 'Sub "" }'),
            ("Ref Logs }", "Ref Logs }"),
            "application-load-balancer-without-bucket",
            id="a bucket",
        ),
    ],
)
def test_the_words_of_a_cure_take_the_cause_away(before: tuple[str, str], after: tuple[str, str], cause: str) -> None:
    assert cause in {one.cause for one in run([before], review=True, parameters=IN_US).findings}
    cured = run([after], parameters=IN_US)
    assert cured.findings == ()
    assert health_of(cured) == [Health.HEALTHY]


def test_a_statement_of_another_service_that_logs_here_too_is_not_taken_for_a_mistake() -> None:
    network = HEALTHY[HEALTHY.index("  Balancer:") :].replace("Balancer:", "Network:", 1)
    network = network.replace("    Properties:\n", "    Properties:\n      Type: network\n")
    text = HEALTHY.replace(OWN, "{ Service: delivery.logs.amazonaws.com }") + network
    causes = {one.cause for one in fix(text, service="load-balancers").findings}

    assert "no-statement" in causes
    assert "other-principal" not in causes


def test_a_statement_for_people_of_the_account_is_not_taken_for_a_mistake() -> None:
    people = with_principal('AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"')
    report = run([*people, (ACTION, "Action: [s3:GetObject, s3:PutObject]")])

    assert {one.cause for one in report.findings} == {"no-statement"}


@pytest.mark.parametrize("patch_set", ["create", "documented"])
@pytest.mark.parametrize(
    "changes",
    [
        with_principal("Service: delivery.logs.amazonaws.com"),
        [("web/", "")],
        with_condition("ArnLike: { aws:SourceArn: 'arn:aws:logs:*:*:*' }"),
        [(OBJECTS, "!Sub ${Logs.Arn}/*"), ("s3:PutObject", "s3:GetObject")],
    ],
    ids=["principal", "prefix", "source", "action"],
)
def test_no_stranger_gets_in(changes: Changes, patch_set: str) -> None:
    report = run(changes, patch_set=patch_set)
    access = report.new_access()

    assert {one.after.outcome.value for one in report.verdicts} == {"allowed"}
    assert {one.outsider.who for one in access.found} <= {"Elastic Load Balancing, without TLS"}
    assert access.asked > 20


def test_a_condition_that_alone_keeps_other_accounts_out_stays() -> None:
    arn = "ArnLike: { aws:SourceArn: 'arn:aws:logs:*:*:*' }"
    report = run([(OBJECTS, f"!Sub ${{Logs.Arn}}/*\n            Condition: {{ {arn} }}")])

    assert arn in report.after
    assert {one.after.outcome.value for one in report.verdicts} == {"allowed"}


def test_a_region_that_the_mapping_lacks_lets_nobody_in() -> None:
    report = run(with_principal(f"AWS: {MAPPED}"))
    standing = standing_access(report)

    assert {one.outsider.who for one in standing.standing} == {"Elastic Load Balancing, without TLS"}


@pytest.mark.parametrize(
    "message",
    [
        "Access Denied for bucket: logs. Please check S3bucket permission (Error Code: InvalidConfigurationRequest)",
        "Access Denied for bucket: logs. Please check S3 bucket permission",
        "Invalid principal in policy (Service: Amazon S3; Status Code: 400; Error Code: MalformedPolicy)",
        "The bucket policy already exists on bucket logs.",
    ],
)
def test_the_messages_of_a_failed_deployment_are_known(message: str) -> None:
    found = failure(message, [one for one in shipped_services() if one.id == "load-balancers"])

    assert found is not None
    assert found.policies == ("bucket",)
