"""S3 server access logs: what keeps them away is a warning, for the stack deploys; an ACL that works is enough.

They are looked at for the log bucket of a trail or a delivery channel, and as a service of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from remediate import Report, fix
from remediate.cli import main
from remediate.delivery.error_messages import failure
from remediate.delivery.services import shipped_services
from remediate.diagnosis.health import Health
from remediate.report.annotations import annotate

HEALTHY = """\
Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties:
      LoggingConfiguration: { DestinationBucketName: !Ref AccessLogs, LogFilePrefix: data- }
  AccessLogs:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: { Status: Enabled }
  Other:
    Type: AWS::S3::Bucket
  AccessLogsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref AccessLogs
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Tls
            Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: !Sub ${AccessLogs.Arn}/*
            Condition: { Bool: { "aws:SecureTransport": "false" } }
          - Sid: S3ServerAccessLogsPolicy
            Effect: Allow
            Principal: { Service: logging.s3.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub ${AccessLogs.Arn}/data-*
            Condition:
              ArnLike: { "aws:SourceArn": !GetAtt Data.Arn }
              StringEquals: { "aws:SourceAccount": !Ref AWS::AccountId }
"""
POLICY = HEALTHY[HEALTHY.index("  AccessLogsPolicy:") :]
STATEMENT = HEALTHY[HEALTHY.index("          - Sid: S3ServerAccessLogsPolicy") :]
CONDITION = STATEMENT[STATEMENT.index("            Condition:") :]
PLACE = "VersioningConfiguration: { Status: Enabled }"
ACL = "AccessControl: LogDeliveryWrite"
WRITER = "OwnershipControls: { Rules: [ { ObjectOwnership: ObjectWriter } ] }"
ENFORCED = WRITER.replace("ObjectWriter", "BucketOwnerEnforced")
DEFAULT_ENCRYPTION = "{ ServerSideEncryptionByDefault: { SSEAlgorithm: aws:kms } }"
KMS = f"BucketEncryption: {{ ServerSideEncryptionConfiguration: [ {DEFAULT_ENCRYPTION} ] }}"
LOCK = "ObjectLockEnabled: true"
DENY = '{ Bool: { "aws:SecureTransport": "false" } }'
RESOURCE = "            Resource: !Sub ${AccessLogs.Arn}/data-*"
LOST = "the stack deploys, but no access logs arrive"
TRAIL = """\
  TrailPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Data
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: [s3:GetBucketAcl, s3:GetBucketLocation]
            Resource: !GetAtt Data.Arn
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub ${Data.Arn}/AWSLogs/${AWS::AccountId}/*
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: TrailPolicy
    Properties: { S3BucketName: !Ref Data, IsLogging: true }
"""


def template(*changes: tuple[str, str]) -> str:
    text = HEALTHY
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def bucket(*properties: str) -> tuple[str, str]:
    return PLACE, "\n      ".join((*properties, PLACE))


def run(text: str, **options: Any) -> Report:
    return fix(text, service="s3-access-logs", **options)


def causes(report: Report) -> list[str]:
    return [one.cause for one in report.causes()]


def health(report: Report) -> list[tuple[str, Health]]:
    return [(one.name, one.health) for one in report.deliveries]


def statement(report: Report, policy: str = "AccessLogsPolicy") -> dict[str, Any]:
    data: Any = report.data
    found = data["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
    (own,) = [one for one in found if one.get("Sid") == "S3ServerAccessLogsPolicy"]
    return dict(own)


@pytest.mark.parametrize("patch_set", ["create", "documented"])
def test_the_statement_that_aws_documents_is_enough(patch_set: str) -> None:
    report = run(HEALTHY, patch_set=patch_set)
    assert health(report) == [("Data", Health.HEALTHY)]
    assert (report.changed, report.causes(), report.skipped) == (False, (), ())


# What is wrong, what is said of it, and what the words say to write instead; None where a patch mends it.
ROWS: dict[str, tuple[list[tuple[str, str]], str, str, list[tuple[str, str]] | None]] = {
    "no policy": ([(POLICY, "")], "bucket-without-policy", f"has no policy in the template; {LOST}", None),
    "no statement": ([(STATEMENT, "")], "no-statement", LOST, None),
    "another action": ([("s3:PutObject", "s3:GetObject")], "missing-action", LOST, None),
    "another service": ([("logging.s3.amazonaws.com", "delivery.logs.amazonaws.com")], "no-statement", LOST, None),
    "the ARN of the target": ([("!GetAtt Data.Arn", "!GetAtt AccessLogs.Arn")], "wrong-source-arn", LOST, None),
    "another prefix": ([("LogFilePrefix: data-", "LogFilePrefix: x-")], "prefix-not-allowed", LOST, None),
    "a policy of another bucket": (
        [("Bucket: !Ref AccessLogs\n", "Bucket: !Ref Other\n")],
        "policy-for-another-bucket",
        "not in AccessLogs",
        [],
    ),
    "an encrypted bucket": ([bucket(KMS)], "bucket-encryption", LOST, [bucket(KMS.replace("aws:kms", "AES256"))]),
    "a bucket with Object Lock": ([bucket(LOCK)], "bucket-object-lock", LOST, []),
    "a Deny": (
        [(DENY, '{ StringNotEquals: { "aws:SourceVpce": vpce-1a2b3c4d } }')],
        "blocking-deny",
        LOST,
        [(DENY, '{ StringNotEquals: { "aws:SourceVpce": vpce-1a2b3c4d }, Bool: { "aws:PrincipalIsAWSService": "false" } }')],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_loses_access_logs_is_a_warning_and_is_mended_or_cured_by_the_words(name: str) -> None:
    wrong, cause, said, right = ROWS[name]
    report = run(template(*wrong), review=True)
    (found,) = [one for one in report.causes() if one.cause == cause]
    assert said in found.detail
    assert {one.level for one in report.causes()} == {"warning"}
    assert ("Data", Health.BROKEN) in health(report)
    if right is None:
        assert report.changed
        assert report.unfixed == ()
        cured = run(report.after, review=True)
    else:
        assert all(one.advice for one in report.unfixed)
        cured = run(template(*right))
    assert causes(cured) == []
    assert not cured.changed


@pytest.mark.parametrize("ownership", [WRITER, WRITER.replace("ObjectWriter", "BucketOwnerPreferred")])
@pytest.mark.parametrize("besides", [(POLICY, ""), (STATEMENT, "")], ids=["no policy", "no statement"])
@pytest.mark.parametrize("patch_set", ["create", "documented"])
def test_an_acl_that_works_is_enough(ownership: str, besides: tuple[str, str], patch_set: str) -> None:
    report = run(template(bucket(ACL, ownership), besides), patch_set=patch_set, review=True, precautions=True)
    assert health(report) == [("Data", Health.HEALTHY)]
    assert (report.changed, report.causes(), report.unfixed) == (False, (), ())


def test_an_acl_grants_nothing_that_a_deny_refuses() -> None:
    vpce = (DENY, '{ StringNotEquals: { "aws:SourceVpce": vpce-1a2b3c4d } }')
    report = run(template(bucket(ACL, WRITER), (STATEMENT, ""), vpce))
    assert causes(report) == ["blocking-deny"]
    assert health(report) == [("Data", Health.BROKEN)]


def test_an_acl_that_a_parameter_decides_is_not_decided() -> None:
    text = "Parameters:\n  Acl: { Type: String }\n" + template(bucket("AccessControl: !Ref Acl", WRITER), (STATEMENT, ""))
    report = run(text)
    assert health(report) == [("Data", Health.UNDECIDED)]
    assert not report.changed
    assert health(run(text, parameters={"Acl": "LogDeliveryWrite"})) == [("Data", Health.HEALTHY)]
    assert run(text, parameters={"Acl": "Private"}).changed


def test_an_acl_that_s3_refuses_comes_to_work_or_makes_way_for_the_statement() -> None:
    refused = template(bucket(ACL), (POLICY, ""))
    created = run(refused)
    assert [one.patch.id for one in created.applied] == ["access-log-ownership"]
    assert health(run(created.after)) == [("Data", Health.HEALTHY)]
    documented = run(refused, patch_set="documented", review=True)
    assert [one.patch.id for one in documented.applied] == ["access-log-no-acl", "access-log-policy-missing"]
    data: Any = documented.data
    assert "AccessControl" not in data["Resources"]["AccessLogs"]["Properties"]
    assert statement(documented)["Condition"] == {
        "ArnLike": {"aws:SourceArn": {"Fn::GetAtt": ["Data", "Arn"]}},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }
    assert health(run(documented.after)) == [("Data", Health.HEALTHY)]


def test_whether_an_acl_header_is_sent_is_not_known() -> None:
    text = template(('{ "aws:SourceAccount"', '{ "s3:x-amz-acl": bucket-owner-full-control, "aws:SourceAccount"'))
    report = run(text)
    assert health(report) == [("Data", Health.UNDECIDED)]
    assert not report.changed
    after = run(text, review=True)
    assert statement(after)["Condition"] == statement(run(HEALTHY))["Condition"]


@pytest.mark.parametrize("patch_set", ["create", "documented"])
@pytest.mark.parametrize("besides", [(POLICY, ""), (STATEMENT, "")], ids=["no policy", "no statement"])
def test_no_stranger_gets_in(patch_set: str, besides: tuple[str, str]) -> None:
    report = run(template(besides), patch_set=patch_set, review=True)
    assert report.new_access().asked > 10
    assert report.new_access().found == ()


def test_only_the_prefix_is_opened() -> None:
    assert statement(run(template((STATEMENT, ""))))["Resource"] == {"Fn::Sub": "${AccessLogs.Arn}/data-*"}
    plain = template((STATEMENT, ""), (", LogFilePrefix: data-", ""))
    assert statement(run(plain))["Resource"] == {"Fn::Sub": "${AccessLogs.Arn}/*"}


# The condition on the source in the set `documented`; None where it cannot be written.
DEPENDING = ("  Data:\n    Type: AWS::S3::Bucket\n", "  Data:\n    Type: AWS::S3::Bucket\n    DependsOn: AccessLogsPolicy\n")
NAMED = ("LoggingConfiguration:", "BucketName: our-data\n      LoggingConfiguration:")
SOMETIMES = ("  Data:\n    Type: AWS::S3::Bucket\n", "  Data:\n    Type: AWS::S3::Bucket\n    Condition: Prod\n")
CONDITIONS = 'Parameters:\n  Stage: { Type: String }\nConditions:\n  Prod: !Equals [!Ref Stage, "prod"]\n'


@pytest.mark.parametrize(
    ("changes", "arn"),
    [
        ([], {"Fn::GetAtt": ["Data", "Arn"]}),
        ([DEPENDING], None),
        ([DEPENDING, NAMED], {"Fn::Sub": "arn:${AWS::Partition}:s3:::our-data"}),
        ([SOMETIMES], None),
        ([SOMETIMES, NAMED], {"Fn::Sub": "arn:${AWS::Partition}:s3:::our-data"}),
    ],
    ids=["by reference", "in a circle", "in a circle by name", "not always there", "not always there by name"],
)
def test_the_policy_names_the_logged_bucket_where_it_can(changes: list[tuple[str, str]], arn: object) -> None:
    report = run(CONDITIONS + template((STATEMENT, ""), *changes), patch_set="documented")
    condition = statement(report)["Condition"]
    assert condition.get("ArnLike", {}).get("aws:SourceArn") == arn
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert causes(run(report.after, patch_set="documented")) == []


def test_buckets_that_log_to_one_bucket_are_told_in_one_line() -> None:
    more = "".join(f"  Data{n}:\n    Type: AWS::S3::Bucket\n{HEALTHY.splitlines(keepends=True)[3]}" for n in range(1, 6))
    more = more.replace(
        "Properties:\n", "Properties:\n      LoggingConfiguration: { DestinationBucketName: !Ref AccessLogs }\n"
    )
    (found,) = run(template((POLICY, "")) + more).causes()
    assert found.detail == f"AccessLogs, where Data, Data1, Data2 and 3 more log, has no policy in the template; {LOST}"


@pytest.mark.parametrize("patch_set", ["create", "documented"])
def test_a_bucket_elsewhere_gets_a_statement_to_paste(patch_set: str) -> None:
    text = "Parameters:\n  Target: { Type: String }\n" + template(
        (POLICY, ""), ("Name: !Ref AccessLogs", "Name: !Ref Target")
    )
    (left,) = run(text, patch_set=patch_set).unfixed
    assert left.subject == "bucket-outside"
    assert '"Resource": "arn:${AWS::Partition}:s3:::${Target}/data-*"' in left.paste
    assert ("aws:SourceArn" in left.paste) is (patch_set == "documented")


def test_the_log_bucket_of_a_trail_is_looked_at_by_default() -> None:
    report = fix(template((STATEMENT, "")) + TRAIL)
    assert health(report) == [("Trail", Health.HEALTHY), ("Data", Health.BROKEN)]
    assert [one.patch.id for one in report.applied] == ["access-log-delivery"]
    assert [(one.rule, one.level) for one in annotate(report)] == [("no-statement", "warning")]
    assert fix(HEALTHY + TRAIL).skipped == ()


def test_the_bucket_of_another_stack_is_no_fault_of_the_trail() -> None:
    text = "Parameters:\n  Target: { Type: String }\n" + template(
        (POLICY, ""), ("Name: !Ref AccessLogs", "Name: !Ref Target")
    )
    report = fix(text + TRAIL)
    assert report.unfixed == ()
    assert [(one.rule, one.level) for one in annotate(report)] == [("bucket-outside", "note")]


def test_an_acl_that_s3_refuses_is_told_once() -> None:
    report = fix(template(bucket(ACL, ENFORCED), (POLICY, "")) + TRAIL)
    assert causes(report) == ["bucket-acl"]
    assert len(report.unfixed) == 1
    after = fix(report.before, review=True)
    assert [one.patch.id for one in after.applied] == ["no-bucket-acl", "access-log-policy-missing"]
    assert fix(after.after, review=True).causes() == ()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Cross S3 location logging not allowed.", "CrossLocationLoggingProhibited"),
        (
            "The owner for the bucket to be logged and the target bucket must be the same.",
            "InvalidTargetBucketForLogging",
        ),
        ("The target bucket for logging does not exist", "InvalidTargetBucketForLogging"),
        ("Target grants not allowed for bucket owner enforced buckets", "TargetGrantsNotAllowed"),
        (
            "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket",
            "LogDeliveryGroupPermissions",
        ),
    ],
)
def test_the_messages_of_s3_are_known(message: str, code: str) -> None:
    found = failure(message, [one for one in shipped_services() if one.id == "s3-access-logs"])
    assert found is not None
    assert found.code == code


def test_simulate_says_that_the_acl_allows_it(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text(template(bucket(ACL, WRITER), (STATEMENT, "")), "utf-8")
    shown = CliRunner().invoke(main, ["simulate", "--service", "s3-access-logs", str(file)]).output
    assert "write an access log" in shown
    assert "allowed by the ACL LogDeliveryWrite" in shown
