"""What the words of a finding say to do, done: the cause is gone, and no other one has come.

Each row takes the template of a row of test_causes, a part of the advice, and the change of the template that it names. The
causes of other services and legs have tests of their own beside their cases.
"""

from __future__ import annotations

import pytest

from remediate import fix
from remediate.diagnosis import Finding
from remediate.patch_set import load, names
from tests.test_causes import FOLDERS, HEALTHY, OF_OTHER_SOURCES, ROWS

Change = tuple[str, str]
EXCEPTION = 'BoolIfExists: { "aws:PrincipalIsAWSService": "false" }'
CURES: list[tuple[str, str, str, list[Change]]] = [
    (
        "a policy that does not refer to its bucket",
        "policy-before-bucket",
        "let the Bucket of LogBucketPolicy be a Ref of LogBucket",
        [("Bucket: our-logs\n      P", "Bucket: !Ref LogBucket\n      P")],
    ),
    (
        "a policy that does not refer to its bucket",
        "policy-before-bucket",
        "add LogBucket to its DependsOn",
        [("    Type: AWS::S3::BucketPolicy\n", "    Type: AWS::S3::BucketPolicy\n    DependsOn: LogBucket\n")],
    ),
    (
        "a policy that refers to its trail",
        "policy-waits-for-trail",
        "ArnLike aws:SourceArn = arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*",
        [("!GetAtt Trail.Arn", '!Sub "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"')],
    ),
    (
        "a policy that is attached to another bucket",
        "policy-for-another-bucket",
        "let the Bucket of LogBucketPolicy be LogBucket",
        [("Bucket: !Ref OtherBucket", "Bucket: !Ref LogBucket")],
    ),
    (
        "two policies for one bucket",
        "two-bucket-policies",
        "merge them into one",
        [
            (
                "  Second:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref LogBucket\n",
                "  Second:\n    Type: AWS::SNS::Topic\n    Metadata:\n",
            )
        ],
    ),
    (
        "a DependsOn on a policy with a condition that the trail does not have",
        "absent-dependency",
        'let it refer to LogBucketPolicy where that exists: Metadata: {WaitFor: !If [Create, !Ref LogBucketPolicy, ""]}',
        [("    DependsOn: LogBucketPolicy\n", '    Metadata: { WaitFor: !If [Create, !Ref LogBucketPolicy, ""] }\n')],
    ),
    (
        "a DependsOn on a policy with a condition that the trail does not have",
        "absent-dependency",
        "give both the same Condition",
        [("    DependsOn: LogBucketPolicy\n", "    DependsOn: LogBucketPolicy\n    Condition: Create\n")],
    ),
    (
        "a reference to a bucket with a condition that the trail and the policy do not have",
        "absent-reference",
        "give both the same Condition",
        [
            ("    Type: AWS::CloudTrail::Trail\n", "    Type: AWS::CloudTrail::Trail\n    Condition: Create\n"),
            ("    Type: AWS::S3::BucketPolicy\n", "    Type: AWS::S3::BucketPolicy\n    Condition: Create\n"),
        ],
    ),
    (
        "a reference to a key of the other branch",
        "absent-reference",
        "let Trail refer to Key inside an Fn::If of Create",
        [("!If [Create, !Ref AWS::NoValue, !GetAtt Key.Arn]", "!If [Create, !GetAtt Key.Arn, !Ref AWS::NoValue]")],
    ),
    (
        "no S3BucketName",
        "trail-without-bucket",
        "name the bucket that it logs to",
        [("      IsLogging: true", "      S3BucketName: !Ref LogBucket\n      IsLogging: true")],
    ),
    ("a disabled key", "unusable-key", "set Enabled to true", [("Enabled: false", "Enabled: true")]),
    (
        "an asymmetric key",
        "unusable-key",
        "set KeySpec to SYMMETRIC_DEFAULT",
        [("RSA_2048", "SYMMETRIC_DEFAULT"), ("SIGN_VERIFY", "ENCRYPT_DECRYPT")],
    ),
    ("a key that AWS manages", "unusable-key", "use a key of your own", [("alias/aws/s3", "!GetAtt Key.Arn")]),
    (
        "no Fn::Sub",
        "missing-sub",
        "put !Sub (in JSON: Fn::Sub) before the text",
        [("Resource: ${LogBucket.Arn}/AWSLogs", "Resource: !Sub ${LogBucket.Arn}/AWSLogs")],
    ),
    (
        "a key that refers to itself",
        "circular-dependency",
        'write "*", which in a key policy means the key itself',
        [("Resource: !GetAtt Key.Arn", 'Resource: "*"')],
    ),
    (
        "a prefix that is CloudTrail's own",
        "reserved-prefix",
        "leave AWSLogs out of it",
        [("\n      S3KeyPrefix: AWSLogs", "")],
    ),
    (
        "a Deny on encryption for a trail without key",
        "blocking-deny",
        "give the trail a KMSKeyId",
        [("      IsLogging: true", "      KMSKeyId: !GetAtt Key.Arn\n      IsLogging: true")],
    ),
    (
        "a Deny on encryption for a trail without key",
        "blocking-deny",
        'add the condition "BoolIfExists": {"aws:PrincipalIsAWSService": "false"} to it',
        [
            (
                "'s3:x-amz-server-side-encryption': aws:kms } }",
                f"'s3:x-amz-server-side-encryption': aws:kms }}, {EXCEPTION} }}",
            )
        ],
    ),
    (
        "a Deny on the network",
        "blocking-deny",
        'add the condition "BoolIfExists": {"aws:PrincipalIsAWSService": "false"} to it',
        [("'aws:SourceVpce': vpce-1a2b3c4d } }", f"'aws:SourceVpce': vpce-1a2b3c4d }}, {EXCEPTION} }}")],
    ),
    (
        "a bucket policy that S3 does not take for its size",
        "policy-too-large",
        "take statements out, or join those that differ in one principal, action or resource only",
        [(f"Resource: {FOLDERS}", "Resource: !Sub ${LogBucket.Arn}/*")],
    ),
]
BY_OTHER_TESTS = {"log-group-arn", "logs-half-configured", "retained-bucket", "hard-coded-partition"}
"""Causes of a trail whose words test_logs_role tries; those of ``OF_OTHER_SOURCES`` are tried beside their services."""


def changed(text: str, changes: list[Change]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def found(text: str) -> list[Finding]:
    return list(fix(text).findings)


@pytest.mark.parametrize(
    ("row", "cause", "words", "cure"), CURES, ids=[f"{cause}: {words[:40]}" for _, cause, words, _ in CURES]
)
def test_the_words_of_a_cure_take_the_cause_away(row: str, cause: str, words: str, cure: list[Change]) -> None:
    broken = changed(HEALTHY, next(changes for name, changes, _ in ROWS if name == row))
    before = found(broken)
    assert any(words in one.advice for one in before if one.cause == cause)
    after = found(changed(broken, cure))
    assert cause not in {one.cause for one in after}
    assert {one.cause for one in after if one.level != "note"} <= {one.cause for one in before}


def test_every_cause_that_no_patch_fixes_has_a_cure_that_is_tried() -> None:
    fixed = {cause for name in names() for patch in load(name).patches for cause in patch.mends}
    in_words = {cause for _, _, expected in ROWS for cause, _, _ in expected} - fixed - OF_OTHER_SOURCES
    assert {cause for _, cause, _, _ in CURES} == in_words - BY_OTHER_TESTS - {"bucket-encryption", "bucket-object-lock"}
