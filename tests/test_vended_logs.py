"""Vended logs: each root cause at its place, no other, the cures that are only words, and the errors that are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remediate import fix
from remediate.delivery.error_messages import failure
from remediate.delivery.services import shipped_services
from remediate.engine import Report
from remediate.report.annotations import annotate
from remediate.report.source_map import SourceMap

HEALTHY = """\
Parameters: { FirewallArn: { Type: String }, WebAclArn: { Type: String } }
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Account
            Effect: Allow
            Principal: { AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" }
            Action: kms:*
            Resource: "*"
          - Sid: Logs
            Effect: Allow
            Principal: { Service: delivery.logs.amazonaws.com }
            Action: [kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey*, kms:DescribeKey]
            Resource: "*"
            Condition: { StringEquals: { "aws:SourceAccount": !Ref AWS::AccountId } }
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub aws-waf-logs-${AWS::AccountId}
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault: { SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt Key.Arn }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Check
            Effect: Allow
            Principal: { Service: delivery.logs.amazonaws.com }
            Action: s3:GetBucketAcl
            Resource: !GetAtt Bucket.Arn
          - Sid: Write
            Effect: Allow
            Principal: { Service: delivery.logs.amazonaws.com }
            Action: s3:PutObject
            Resource: [!Sub "${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*", !Sub "${Bucket.Arn}/lb/AWSLogs/${AWS::AccountId}/*"]
            Condition:
              StringEquals: { "aws:SourceAccount": !Ref AWS::AccountId, "s3:x-amz-acl": bucket-owner-full-control }
              ArnLike: { "aws:SourceArn": !Sub "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*" }
  Flows:
    Type: AWS::EC2::FlowLog
    DependsOn: Policy
    Properties: { ResourceType: VPC, ResourceId: vpc-1, LogDestinationType: s3, LogDestination: !GetAtt Bucket.Arn }
  Queries:
    Type: AWS::Route53Resolver::ResolverQueryLoggingConfig
    DependsOn: Policy
    Properties: { DestinationArn: !Sub "arn:${AWS::Partition}:s3:::${Bucket}" }
  Firewall:
    Type: AWS::NetworkFirewall::LoggingConfiguration
    DependsOn: Policy
    Properties:
      FirewallArn: !Ref FirewallArn
      LoggingConfiguration:
        LogDestinationConfigs:
          - { LogType: TLS, LogDestinationType: S3, LogDestination: { bucketName: !Ref Bucket } }
  Acl:
    Type: AWS::WAFv2::LoggingConfiguration
    DependsOn: Policy
    Properties:
      ResourceArn: !Ref WebAclArn
      LogDestinationConfigs: [!GetAtt Bucket.Arn]
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    DependsOn: Policy
    Properties:
      Type: network
      LoadBalancerAttributes:
        - { Key: access_logs.s3.enabled, Value: true }
        - { Key: access_logs.s3.bucket, Value: !Ref Bucket }
        - { Key: access_logs.s3.prefix, Value: lb }
"""
NAME = "BucketName: !Sub aws-waf-logs-${AWS::AccountId}"
KEY = "KMSMasterKeyID: !GetAtt Key.Arn"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
NO_KEY = (f"aws:kms, {KEY}", "AES256")
TO_BUCKET = "LogDestination: !GetAtt Bucket.Arn"
WITH_ROLE = f"{TO_BUCKET}, DeliverLogsPermissionArn: 'arn:aws:iam::111122223333:role/flows'"
QUERY_ARN = '!Sub "arn:${AWS::Partition}:s3:::${Bucket}"'
SOURCE = '!Sub "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*"'
WRITE = '[!Sub "${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*", !Sub "${Bucket.Arn}/lb/AWSLogs/${AWS::AccountId}/*"]'
FLOWS = "FlowLog\n    DependsOn: Policy"
Changes = list[tuple[str, str]]


def run(changes: Changes, **options: Any) -> Report:
    text = HEALTHY
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return fix(text, service="vended-logs", **options)


def causes(changes: Changes, **options: Any) -> set[str]:
    return {one.cause for one in run(changes, **options).findings if one.blocking}


def test_the_healthy_template_has_no_cause() -> None:
    report = run([])

    assert (report.findings, report.operations, report.unfixed) == ((), (), ())
    assert {one.source for one in report.verdicts} == {"Flows", "Queries", "Firewall", "Acl", "Balancer"}
    assert {one.before.outcome.value for one in report.verdicts} == {"allowed"}


@pytest.mark.parametrize(
    ("changes", "cause", "line", "told"),
    [
        pytest.param([(f"      {NAME}\n", "")], "bucket-name", "  Bucket:", "has no BucketName", id="no name"),
        pytest.param([(NAME, "BucketName: logs")], "bucket-name", "BucketName: logs", "is named logs", id="another name"),
        pytest.param(
            [(f"aws:kms, {KEY}", "aws:kms")], "bucket-encryption", "SSEAlgorithm", "a key that AWS manages", id="no key"
        ),
        pytest.param(
            [(KEY, "KMSMasterKeyID: alias/aws/s3")], "bucket-encryption", "SSEAlgorithm", "AWS manages", id="key of AWS"
        ),
        pytest.param(
            [(KEY, "KMSMasterKeyID: !Ref Key")], "bucket-key-without-arn", "!Ref Key", "the id of Key", id="id of the key"
        ),
        pytest.param(
            [(KEY, f"KMSMasterKeyID: {ID}")], "bucket-key-without-arn", ID, f"names its key by {ID}", id="id of another key"
        ),
        pytest.param(
            [(TO_BUCKET, "LogDestination: !Ref Bucket")], "bucket-without-arn", "!Ref Bucket", "not the ARN", id="no ARN"
        ),
        pytest.param(
            [(QUERY_ARN, "central-logs")],
            "bucket-without-arn",
            "central-logs",
            "is central-logs",
            id="name of another bucket",
        ),
        pytest.param([(TO_BUCKET, WITH_ROLE)], "refused-property", "role/flows", "AWS refuses of a flow log", id="a role"),
        pytest.param(
            [(FLOWS, "FlowLog")], "flow-log-before-policy", "  Flows:", "add `DependsOn: Policy`", id="order of flow logs"
        ),
        pytest.param(
            [("QueryLoggingConfig\n    DependsOn: Policy", "QueryLoggingConfig")],
            "query-logging-configuration-before-policy",
            "  Queries:",
            "may be created before Policy",
            id="order of query logs",
        ),
        pytest.param(
            [(SOURCE, '!Sub "arn:aws:ec2:*:${AWS::AccountId}:vpc-flow-log/*"')],
            "wrong-source-arn",
            "vpc-flow-log",
            "names a different service",
            id="ARN of the flow log",
        ),
        pytest.param(
            [(TO_BUCKET, 'LogDestination: !Sub "${Bucket.Arn}/vpc/"')],
            "prefix-not-allowed",
            "/lb/",
            "below vpc/AWSLogs/${AWS::AccountId}/",
            id="folder",
        ),
        pytest.param(
            [(TO_BUCKET, f"{TO_BUCKET}, DestinationOptions: {{ HiveCompatiblePartitions: true }}")],
            "account-path-not-allowed",
            "/lb/",
            "aws-account-id=${AWS::AccountId}",
            id="Hive",
        ),
        pytest.param(
            [(TO_BUCKET, 'LogDestination: !Sub "${Bucket.Arn}/AWSLogs/"')],
            "reserved-prefix",
            "/AWSLogs/",
            "refuses a prefix that holds AWSLogs",
            id="a folder of AWS",
        ),
        pytest.param(
            [("[kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey*, kms:DescribeKey]", "kms:Decrypt")],
            "missing-action",
            "Action: kms:Decrypt",
            "kms:GenerateDataKey",
            id="key",
        ),
    ],
)
def test_a_cause_is_found_at_its_place(changes: Changes, cause: str, line: str, told: str) -> None:
    report = run(changes)
    places, lines = SourceMap(report), report.before.splitlines()
    found = [(lines[places.of(one.path)[0] - 1], one.detail) for one in report.findings if one.cause == cause]

    assert [one for one in found if line in one[0] and told in one[1]], report.findings
    assert {one.cause for one in report.findings if one.blocking} <= {cause, "prefix-not-allowed"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([NO_KEY], id="keys of S3"),
        pytest.param([("kms:Encrypt, kms:Decrypt, kms:ReEncrypt*", "kms:Decrypt")], id="what AWS only lists"),
        pytest.param([(f"{TO_BUCKET} ", "LogDestination: !GetAtt Group.Arn ")], id="a log group that is elsewhere"),
        pytest.param(
            [("LogDestinationType: s3", "LogDestinationType: cloud-watch-logs"), (FLOWS, "FlowLog")], id="no bucket"
        ),
        pytest.param(
            [("  Flows:\n", "  Group: { Type: AWS::Logs::LogGroup }\n  Flows:\n"), (QUERY_ARN, "!GetAtt Group.Arn")],
            id="queries to a log group",
        ),
        pytest.param([("Value: true", "Value: false")], id="a load balancer without access logs"),
        pytest.param([("Type: network\n", "Type: application\n")], id="a load balancer of another kind"),
        pytest.param(
            [("LogDestinationType: s3", "LogDestinationType: elsewhere"), (FLOWS, "FlowLog")],
            id="an unknown destination",
        ),
    ],
)
def test_what_works_is_left_alone(changes: Changes) -> None:
    report = run(changes)

    assert report.operations == ()
    assert [one for one in report.findings if one.blocking] == []


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        pytest.param([(f"      {NAME}\n", "")], [(NAME, "BucketName: aws-waf-logs-main")], "bucket-name", id="a BucketName"),
        pytest.param(
            [(NAME, "BucketName: logs")], [(NAME, "BucketName: aws-waf-logs-logs")], "bucket-name", id="the beginning"
        ),
        pytest.param([(f"aws:kms, {KEY}", "aws:kms")], [], "bucket-encryption", id="the ARN of a key of your own"),
        pytest.param([(f"aws:kms, {KEY}", "aws:kms")], [NO_KEY], "bucket-encryption", id="AES256"),
        pytest.param(
            [(KEY, f"KMSMasterKeyID: {ID}")],
            [(KEY, f'KMSMasterKeyID: !Sub "arn:${{AWS::Partition}}:kms:${{AWS::Region}}:${{AWS::AccountId}}:key/{ID}"')],
            "bucket-key-without-arn",
            id="the ARN around the id",
        ),
        pytest.param(
            [(QUERY_ARN, "central-logs")],
            [(QUERY_ARN, '!Sub "arn:${AWS::Partition}:s3:::central-logs"')],
            "bucket-without-arn",
            id="the ARN around the name",
        ),
        pytest.param(
            [(TO_BUCKET, 'LogDestination: !Sub "${Bucket}/vpc"'), (WRITE, '!Sub "${Bucket.Arn}/*"')],
            [(TO_BUCKET, 'LogDestination: !Sub "${Bucket.Arn}/vpc"'), (WRITE, '!Sub "${Bucket.Arn}/*"')],
            "bucket-without-arn",
            id="the ARN before the folder",
        ),
        pytest.param(
            [(TO_BUCKET, 'LogDestination: !Sub "${Bucket.Arn}/AWSLogs/"'), (WRITE, '!Sub "${Bucket.Arn}/*"')],
            [(WRITE, '!Sub "${Bucket.Arn}/*"')],
            "reserved-prefix",
            id="without AWSLogs",
        ),
        pytest.param(
            [(SOURCE, "!Sub 'arn:aws:ec2:*:${AWS::AccountId}:vpc-flow-log/${Flows}'")],
            [],
            "policy-waits-for-flow-log",
            id="the pattern instead of the flow log",
        ),
    ],
)
def test_the_words_of_a_cure_take_the_cause_away(before: Changes, after: Changes, cause: str) -> None:
    assert cause in causes(before)
    assert causes(after) == set()


def test_a_role_that_one_destination_needs_is_taken_away_by_the_words_for_it() -> None:
    conditional = "Conditions: { ToBucket: !Equals [!Ref AWS::Region, us-east-1] }\nResources:\n"
    head = [
        ("Resources:\n", conditional),
        ("LogDestinationType: s3", "LogDestinationType: !If [ToBucket, s3, cloud-watch-logs]"),
    ]
    role = "DeliverLogsPermissionArn: "
    report = run([*head, (TO_BUCKET, f"{TO_BUCKET}, {role}'arn:aws:iam::111122223333:role/flows'")])

    assert [(one.subject, one.advice) for one in report.unfixed] == [
        ("vended-no-role", "let DeliverLogsPermissionArn be !Ref AWS::NoValue where Flows logs to a bucket")
    ]
    chosen = f"{role}!If [ToBucket, !Ref AWS::NoValue, 'arn:aws:iam::111122223333:role/flows']"
    assert causes([*head, (TO_BUCKET, f"{TO_BUCKET}, {chosen}")]) == set()


@pytest.mark.parametrize(("service", "patch"), [("cloudtrail", "policy-writer"), ("config", "config-policy-writer")])
def test_who_may_write_the_policy_of_another_service_is_told_with_the_patch_that_mends_it(service: str, patch: str) -> None:
    case = Path(__file__).parent / "cases" / f"{patch}-order" / "flow-log" / "before.yaml"
    (told,) = [one for one in annotate(fix(case, service=service)) if one.rule == "policy-exists-already"]

    assert (told.level, told.patches) == ("warning", (f"{patch}-order",))


def test_a_bucket_without_policy_is_told_and_left_to_aws() -> None:
    start, end = HEALTHY.index("  Policy:\n"), HEALTHY.index("  Flows:\n")
    report = fix(
        (HEALTHY[:start] + HEALTHY[end:]).replace("    DependsOn: Policy\n", ""), service="vended-logs", review=True
    )

    assert report.operations == ()
    assert report.unfixed == ()
    assert {(one.cause, one.level) for one in report.findings} == {("bucket-without-policy", "note")}
    assert "adds one where whoever deploys is allowed s3:PutBucketPolicy" in report.findings[0].detail


@pytest.mark.parametrize("patch_set", ["create", "documented"])
def test_no_stranger_gets_in(patch_set: str) -> None:
    broken = [
        (SOURCE, '!Sub "arn:aws:ec2:*:${AWS::AccountId}:vpc-flow-log/*"'),
        (TO_BUCKET, 'LogDestination: !Sub "${Bucket.Arn}/vpc"'),
        ("s3:GetBucketAcl", "s3:ListBucket"),
        ("kms:Decrypt, ", ""),
        (KEY, "KMSMasterKeyID: !Ref Key"),
    ]
    report = run(broken, patch_set=patch_set)
    access = report.new_access()

    assert {one.after.outcome.value for one in report.verdicts} == {"allowed"}
    assert report.unfixed == ()
    assert {one.outsider.who for one in access.found} == {"CloudWatch Logs delivery, without TLS"}  # no Deny speaks of it
    assert access.asked > 100
    assert not fix(report.after, service="vended-logs", patch_set=patch_set).changed


def test_the_documented_set_writes_the_two_conditions_that_aws_documents() -> None:
    open_to_all = [("            Condition: { StringEquals", "            # Condition: { StringEquals")]
    report = run(open_to_all, patch_set="documented", precautions=True)

    assert run(open_to_all, patch_set="documented").operations == ()
    assert report.after.count('ArnLike: { "aws:SourceArn"') == 3
    assert report.after.count("arn:${AWS::Partition}:logs:*:${AWS::AccountId}:*") == 2
    assert not fix(report.after, service="vended-logs", patch_set="documented", precautions=True).changed


def test_the_statement_for_a_bucket_elsewhere_is_for_its_folder_and_its_kind_of_path() -> None:
    template = """\
Resources:
  Flows:
    Type: AWS::EC2::FlowLog
    Properties:
      LogDestinationType: s3
      LogDestination: !Sub arn:aws:s3:::central-${AWS::Region}/vpc/
      DestinationOptions: { HiveCompatiblePartitions: true }
"""
    (told,) = fix(template, service="vended-logs").unfixed

    assert '"arn:aws:s3:::central-${AWS::Region}"' in told.paste
    assert '"arn:aws:s3:::central-${AWS::Region}/vpc/AWSLogs/aws-account-id=${AWS::AccountId}/*"' in told.paste


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Access Denied for LogDestination: logs. Please check LogDestination permission", "AccessDeniedForLogDestination"),
        ("LogDestination: logs is undeliverable (Service: Ec2, Status Code: 400)", "UndeliverableLogDestination"),
        ("DeliverLogsPermissionArn is not applicable for s3 delivery", "DeliverLogsPermissionArn"),
        ("The bucket policy already exists on bucket logs.", "BucketPolicyExists"),
        (
            "Unable to deliver logs to the configured destination. You might need to grant log delivery permissions",
            "WAFLogDestinationPermissionIssueException",
        ),
        (
            "Error reason: The ARN isn't valid. A valid ARN begins with arn: …, field: LOG_DESTINATION, parameter: x",
            "WAFInvalidParameterException",
        ),
        ("[RSLVR-01605] Missing permission to log destination", "RSLVR-01605"),
        ("Access Denied for bucket: logs. Please check S3bucket permission", "InvalidConfigurationRequest"),
    ],
)
def test_the_messages_of_a_failed_deployment_are_known(message: str, code: str) -> None:
    found = failure(message, [one for one in shipped_services() if one.id == "vended-logs"])

    assert found is not None
    assert found.code == code
