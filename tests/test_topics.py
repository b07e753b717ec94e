"""The topic of a trail: what is wrong with it, what the words say against it, and who else is tried at it."""

from __future__ import annotations

import json

import pytest

from remediate import fix
from remediate.cloudformation.model import TemplateModel
from remediate.delivery.error_messages import Evidence, failure
from remediate.delivery.locate import Given, locate
from remediate.delivery.outsiders import outsiders
from remediate.delivery.services import shipped_services
from remediate.engine import remediate
from remediate.patch_set import load
from remediate.plan import Options
from remediate.template import read

HEALTHY = """\
Resources:
  LogBucket:
    Type: AWS::S3::Bucket
  LogBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref LogBucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:GetBucketAcl
            Resource: !GetAtt LogBucket.Arn
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub ${LogBucket.Arn}/AWSLogs/${AWS::AccountId}/*
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      KmsMasterKeyId: !GetAtt TopicKey.Arn
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Trails
            Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: sns:Publish
            Resource: !Ref Topic
  TopicKey:
    Type: AWS::KMS::Key
    Properties:
      Enabled: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Topic
            Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: [kms:GenerateDataKey*, kms:Decrypt]
            Resource: "*"
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: [LogBucketPolicy, TopicPolicy]
    Properties:
      S3BucketName: !Ref LogBucket
      SnsTopicName: !GetAtt Topic.TopicName
      IsLogging: true
"""
SECOND = """\
  Second:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: []
"""
DENY = """\
          - Sid: Ours
            Effect: Deny
            Principal: "*"
            Action: sns:Publish
            Resource: !Ref Topic
            Condition:
              StringNotEqualsIfExists: { "aws:PrincipalOrgID": o-abcdefghij }
"""
NAMED = ("    Properties:\n      KmsMasterKeyId", "    Properties:\n      TopicName: audit\n      KmsMasterKeyId")
LITERAL = 'Topics: [!Sub "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:audit"]'
KEY = "KmsMasterKeyId: !GetAtt TopicKey.Arn"
RESOURCE = "            Resource: !Ref Topic\n"
LITERAL_RESOURCE = (
    RESOURCE,
    '            Resource: !Sub "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:audit"\n',
)

Change = tuple[str, str]
# A root cause that has a cure in words: what brings it about, what is said, and what the words make of it.
CURES: dict[str, tuple[list[Change], str, list[Change]]] = {
    "two-topic-policies": (
        [("  TopicKey:\n", f"{SECOND}  TopicKey:\n")],
        "TopicPolicy and Second are policies of one topic, which keeps the one that is written last",
        [(SECOND, "")],
    ),
    "policy-before-topic": (
        [NAMED, ("Topics: [!Ref Topic]", LITERAL), LITERAL_RESOURCE],
        "TopicPolicy may be created before Topic",
        [(LITERAL, "Topics: [!Ref Topic]")],
    ),
    "unusable-topic-key": (
        [(KEY, "KmsMasterKeyId: alias/aws/sns")],
        "Topic, which Trail notifies, is encrypted with alias/aws/sns, which AWS manages",
        [("KmsMasterKeyId: alias/aws/sns", KEY)],
    ),
    "unusable-key": (
        [("      Enabled: true", "      Enabled: false")],
        "TopicKey has Enabled: false",
        [("      Enabled: false", "      Enabled: true")],
    ),
    "circular-dependency": (
        [('            Resource: "*"', "            Resource: !GetAtt TopicKey.Arn")],
        "TopicKey waits for itself",
        [("            Resource: !GetAtt TopicKey.Arn", '            Resource: "*"')],
    ),
    "policy-waits-for-trail": (
        [(RESOURCE, f"{RESOURCE}            Condition: {{ ArnLike: {{ 'aws:SourceArn': !GetAtt Trail.Arn }} }}\n")],
        "Trail waits for itself (Trail → TopicPolicy → Trail)",
        [("!GetAtt Trail.Arn", '!Sub "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"')],
    ),
    "blocking-deny": (
        [
            (
                "          - Sid: Trails\n",
                f"{DENY}          - Sid: Trails\n",
            )
        ],
        "`Ours` denies sns:Publish",
        [
            (
                "o-abcdefghij }\n",
                "o-abcdefghij }\n              BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' }\n",
            )
        ],
    ),
}


def changed(text: str, changes: list[Change]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def causes(text: str) -> dict[str, str]:
    return {one.cause: one.detail for one in fix(text).findings}


def test_a_topic_that_works_has_no_cause_and_stays() -> None:
    report = fix(HEALTHY)
    assert report.findings == ()
    assert report.after == HEALTHY


@pytest.mark.parametrize("cause", CURES)
def test_the_cure_in_words_removes_the_cause(cause: str) -> None:
    changes, said, cure = CURES[cause]
    broken = changed(HEALTHY, changes)
    assert said in causes(broken)[cause]
    assert any(one.subject == cause for one in fix(broken).unfixed)
    assert causes(changed(broken, cure)) == {}


def test_the_message_is_known_and_is_evidence_about_the_topic() -> None:
    message = "SNS Topic does not exist or the topic policy is incorrect! (Service: CloudTrail; Status Code: 400)"
    known = failure(message, shipped_services())
    assert known is not None
    assert known.code == "InsufficientSnsTopicPolicyException"
    without = changed(HEALTHY, [("      SnsTopicName: !GetAtt Topic.TopicName\n", "")])
    options = Options(Given(), evidence=(Evidence(known),))
    reports = [remediate(text.encode(), "template", load("create"), options) for text in (HEALTHY, without)]
    assert [[one.reported for one in report.deliveries] for report in reports] == [[True], [False]]


@pytest.mark.parametrize(
    "name", ["!Ref Topic", "!GetAtt Topic.TopicArn", "!GetAtt Topic.TopicName", "!Sub '${Topic.TopicName}'"]
)
def test_a_topic_is_found_by_name_and_by_arn(name: str) -> None:
    text = changed(HEALTHY, [("!GetAtt Topic.TopicName", name)])
    ids = {one.request.id: one.before.outcome.value for one in fix(text).verdicts}
    assert ids["publish"] == ids["topic-generate-data-key"] == ids["topic-decrypt"] == "allowed"


def test_a_key_that_encrypts_the_topic_and_not_the_logs_is_asked_for_the_topic_alone() -> None:
    text = changed(HEALTHY, [("      IsLogging: true", "      IsLogging: true\n      KMSKeyId: alias/elsewhere")])
    asked = {one.request.id for one in fix(text).verdicts if one.logical_id == "TopicKey"}
    assert asked == {"topic-generate-data-key", "topic-decrypt"}


def test_strangers_are_tried_at_the_topic_and_at_its_key() -> None:
    located = locate(TemplateModel(read(HEALTHY.encode(), "template").data), Given())
    (delivery,) = located.deliveries
    facts = delivery.facts
    tried = {(one.who, one.request.action) for one in outsiders(facts) if one.request.resource == facts.topic_arn}
    assert ("a trail of another account", "sns:Publish") in tried
    assert ("anybody", "sns:Subscribe") in tried
    tried = {(one.who, one.request.action) for one in outsiders(facts) if one.request.resource == facts.topic_key_arn}
    assert ("a trail of another account", "kms:GenerateDataKey") in tried
    assert ("config.amazonaws.com", "kms:Decrypt") in tried


@pytest.mark.parametrize(
    ("written", "arn"),
    [
        ("arn:aws:sns:eu-west-1:111122223333:central", "arn:aws:sns:eu-west-1:111122223333:central"),
        ("central", "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:central"),
        ("!Ref TopicArn", "${TopicArn}"),
    ],
    ids=["of another account", "by name", "by parameter"],
)
def test_a_topic_outside_is_told_with_the_statement_to_paste(written: str, arn: str) -> None:
    text = changed(
        HEALTHY,
        [("!GetAtt Topic.TopicName", written), ("Resources:\n", "Parameters:\n  TopicArn: { Type: String }\nResources:\n")],
    )
    told = {one.subject: one for one in fix(text).unfixed}
    (statement,) = json.loads(told["topic-outside"].paste)
    assert statement == {
        "Sid": "AWSCloudTrailSNSPolicy",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["sns:Publish"],
        "Resource": arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"},
        },
    }
    assert "a key that encrypts the topic must let CloudTrail in as well" in told["topic-outside"].advice


def test_a_key_outside_is_told_with_the_statement_to_paste() -> None:
    told = {one.subject: one for one in fix(changed(HEALTHY, [(KEY, "KmsMasterKeyId: alias/elsewhere")])).unfixed}
    (statement,) = json.loads(told["topic-key-outside"].paste)
    assert statement["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]
    assert statement["Condition"]["ArnLike"] == {
        "aws:SourceArn": "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"
    }


CONFIG = """\
Resources:
  Bucket: { Type: AWS::S3::Bucket }
  Topic:
    Type: AWS::SNS::Topic
    Properties: { KmsMasterKeyId: alias/ours }
  Channel:
    Type: AWS::Config::DeliveryChannel
    Properties:
      S3BucketName: !Ref Bucket
      SnsTopicARN: !Ref Topic
"""


def test_a_service_without_support_for_encrypted_topics_says_so() -> None:
    found = {one.cause: one for one in fix(CONFIG, service="config").findings}
    assert found["encrypted-topic"].level == "note"
    assert "AWS Config does not support encrypted topics" in found["encrypted-topic"].detail
    cured = CONFIG.replace("    Properties: { KmsMasterKeyId: alias/ours }\n", "")
    assert "encrypted-topic" not in {one.cause for one in fix(cured, service="config").findings}
