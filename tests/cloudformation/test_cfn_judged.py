"""What policies say to CloudTrail's requests as they stand in a template: as JSON text, and under each Version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfn_templates import expression, located, model

from remediate.cloudformation.policies import documents
from remediate.cloudformation.text_document import read_text
from remediate.delivery.decide import current_requests, document_for, judge
from remediate.template import Plain

SERVICE = {"Service": "cloudtrail.amazonaws.com"}
CHECK = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucket*", "Resource": "arn:aws:s3:::logs"}


def write(resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:PutObject", "Resource": resource}


def spelled(resource: str, version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": [CHECK, write(resource)]})


def template(document: Plain) -> str:
    return f"""
Parameters:
  Quoted: {{Type: String, Default: 'x","y'}}
  Folder: {{Type: String, Default: AWSLogs}}
  OpenVersion: {{Type: String}}
Resources:
  Bucket: {{Type: AWS::S3::Bucket, Properties: {{BucketName: logs}}}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument: {json.dumps(document)}
  Trail: {{Type: AWS::CloudTrail::Trail, Properties: {{S3BucketName: !Ref Bucket}}}}
"""


def outcomes(document: Plain) -> dict[str, str]:
    written = template(document)
    delivery = located(written).deliveries[0]
    found = document_for(model(written), "Policy", "bucket", delivery)
    assert found is not None
    assert found.readable
    return {
        one.id: judge(found, delivery, one.request).outcome.value
        for one in current_requests(delivery, "bucket", found.logical_id)
    }


def join(delimiter: str, *items: Plain) -> Plain:
    return {"Fn::Join": [delimiter, [*items]]}


BEFORE, AFTER = spelled("@").split("@")
WRITTEN = "arn:aws:s3:::logs/AWSLogs/${AWS::AccountId}/*"
TEXTS: dict[str, tuple[Plain, str]] = {
    "literal": (spelled("arn:aws:s3:::logs/AWSLogs/*"), "allowed"),
    "literal with the text of a parameter": (spelled(WRITTEN), "undecidable"),
    "literal for another folder": (spelled("arn:aws:s3:::logs/Logs/*"), "denied"),
    "sub": ({"Fn::Sub": spelled(WRITTEN)}, "allowed"),
    "sub for another folder": ({"Fn::Sub": spelled("arn:aws:s3:::logs/Logs/${AWS::AccountId}/*")}, "denied"),
    "sub with variables": ({"Fn::Sub": [spelled("${Arn}/*"), {"Arn": {"Fn::GetAtt": "Bucket.Arn"}}]}, "allowed"),
    "sub of a policy variable": (
        {"Fn::Sub": spelled("arn:aws:s3:::logs/AWSLogs/${!aws:SourceAccount}/*")},
        "allowed",
    ),
    "sub of a policy variable of 2008": (
        {"Fn::Sub": spelled("arn:aws:s3:::logs/AWSLogs/${!aws:SourceAccount}/*", "2008-10-17")},
        "denied",
    ),
    "sub of what ends the string": ({"Fn::Sub": spelled("arn:aws:s3:::logs/${Quoted}/*")}, "undecidable"),
    "join": (join("", BEFORE, {"Fn::GetAtt": "Bucket.Arn"}, "/*", AFTER), "allowed"),
    "join of a sub": (join("", BEFORE, {"Fn::Sub": "${Bucket.Arn}/${Folder}"}, "/*", AFTER), "allowed"),
    "join of a join": (join("", BEFORE, join("/", "arn:aws:s3:::logs", "Logs", "*"), AFTER), "denied"),
    "join with a policy variable": (
        join("AWSLogs/${aws:SourceAccount}/", BEFORE + "arn:aws:s3:::logs/", "*" + AFTER),
        "allowed",
    ),
    "join that ends in a dollar": (join("", BEFORE, "arn:aws:s3:::logs/$", "{Folder}/*", AFTER), "undecidable"),
}


@pytest.mark.parametrize(("document", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_policy_that_is_json_text_is_judged_and_not_edited(document: Plain, expected: str) -> None:
    (found,) = documents(model(template(document)), "Policy", "bucket")
    assert "a JSON string" in (found.obstacle or "")
    assert outcomes(document)["put-object"] == expected


UNREAD = {
    "no JSON": "'{\"Statement\": ['",
    "no object": "'[]'",
    "a member twice": '\'{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}\'',
    "no number": "'{\"Statement\": NaN}'",
    "deep": "'" + "[" * 100_000 + "'",
    "a function in the text": '\'{"Statement": {"Ref": "X"}}\'',
    "a variable outside of a string": "!Sub '{\"Statement\": [${X}]}'",
    "a variable in a name": '!Sub \'{"Statement": [{"${X}": 1}]}\'',
    "a list from elsewhere": "{Fn::Join: ['', !Ref List]}",
    "a parameter": "!Ref X",
    "an import": "!ImportValue X",
}


@pytest.mark.parametrize("written", UNREAD.values(), ids=UNREAD)
def test_a_text_that_is_not_read(written: str) -> None:
    assert read_text(expression(written)) is None


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ({"Version": "2012-10-17"}, "allowed"),
        ({"Version": "2008-10-17"}, "denied"),
        ({}, "denied"),
        ({"Version": {"Ref": "AWS::NoValue"}}, "denied"),
        ({"Version": {"Ref": "OpenVersion"}}, "undecidable"),
        ({"Version": {"Fn::Sub": "2012-10-17"}}, "allowed"),
        ({"Version": "2012-10-18"}, "undecidable"),
    ],
)
def test_policy_variables_under_the_version_of_the_document(version: dict[str, Any], expected: str) -> None:
    statements = [CHECK, write("arn:aws:s3:::logs/AWSLogs/${aws:SourceAccount}/*")]
    assert outcomes({**version, "Statement": statements})["put-object"] == expected


def test_an_aws_principal_by_function_is_no_statement_for_the_service() -> None:
    functions: list[Plain] = [{"Ref": "OpenVersion"}, {"Fn::ImportValue": "x"}, {"Fn::If": ["C", "a", "b"]}]
    for principal in (*functions, {"Fn::Sub": "${OpenVersion}"}, {"Fn::FindInMap": ["a", "b", "c"]}):
        statement = {**write("*"), "Principal": {"AWS": principal}}
        assert outcomes({"Statement": [statement]})["put-object"] == "denied"
