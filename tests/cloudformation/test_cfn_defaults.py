"""Which defaults of parameters are part of what is known of a trail."""

from __future__ import annotations

from typing import Any

import pytest
from cfn_templates import expression, model

from remediate.delivery.defaults import defaults_used
from remediate.delivery.locate import Given, locate

TEMPLATE = """
Parameters:
  Name: {{Type: String, Default: logs}}
  Prefix: {{Type: String, Default: audit}}
  Key: {{Type: String, Default: a}}
  Open: {{Type: String}}
  Stored: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}
  Other: {{Type: String, Default: unused}}
  Flag: {{Type: String, Default: 'yes'}}
Mappings: {{Map: {{a: {{name: logs}}}}}}
Conditions:
  Named: !Equals [!Ref Flag, 'yes']
Resources:
  Trail: {{Type: AWS::CloudTrail::Trail, Properties: {{{trail}}}}}
  Bucket: {{Type: AWS::S3::Bucket, Properties: {{{bucket}}}}}
"""
TRAILS: dict[str, Any] = {
    "a parameter": ("S3BucketName: !Ref Name", "", {}, ["Name"]),
    "the name of the bucket": ("S3BucketName: !Ref Bucket", "BucketName: !Ref Name", {}, ["Name"]),
    "by an attribute": (
        "S3BucketName: !Select [5, !Split [':', !GetAtt Bucket.Arn]]",
        "BucketName: !Ref Name",
        {},
        ["Name"],
    ),
    "by Fn::Sub": ("S3BucketName: !Sub 'x-${Name}'", "", {}, ["Name"]),
    "by a variable of Fn::Sub": ("S3BucketName: !Sub ['x-${V}', {V: !Ref Name}]", "", {}, ["Name"]),
    "by Fn::Join": ("S3BucketName: !Join ['-', [x, !Ref Name]]", "", {}, ["Name"]),
    "by the key of a mapping": ("S3BucketName: !FindInMap [Map, !Ref Key, name]", "", {}, ["Key"]),
    "the branch that is taken": ("S3BucketName: !If [Named, !Ref Name, !Ref Other]", "", {}, ["Name"]),
    "several": ("S3BucketName: !Ref Name, S3KeyPrefix: !Ref Prefix", "", {}, ["Name", "Prefix"]),
    "the user's value": ("S3BucketName: !Ref Name", "", {"Name": "logs"}, []),
    "none": ("S3BucketName: !Ref Open", "", {}, []),
    "the parameter store": ("S3BucketName: !Ref Stored", "", {}, []),
    "a literal": ("S3BucketName: logs", "", {}, []),
}


@pytest.mark.parametrize(("trail", "bucket", "given", "expected"), TRAILS.values(), ids=TRAILS)
def test_defaults_of_what_a_trail_logs_through(trail: str, bucket: str, given: dict[str, str], expected: list[str]) -> None:
    delivery = locate(model(TEMPLATE.format(trail=trail, bucket=bucket)), Given(parameters=given)).deliveries[0]
    assert [*defaults_used(delivery)] == expected


def test_a_value_that_is_none_of_the_defaults_is_no_default() -> None:
    written = TEMPLATE.format(trail="S3BucketName: !Ref Bucket, S3KeyPrefix: !Ref Prefix", bucket="")
    by_default, otherwise = locate(model(written), Given()).deliveries
    assert [str(delivery.facts.prefix) for delivery in (by_default, otherwise)] == ["audit", "${Prefix}"]
    assert (defaults_used(by_default), defaults_used(otherwise)) == (("Prefix",), ())


def test_defaults_of_a_statement() -> None:
    delivery = locate(model(TEMPLATE.format(trail="S3BucketName: logs", bucket="")), Given()).deliveries[0]
    resources = expression("[!Sub 'arn:aws:s3:::${Name}/AWSLogs/*', !Sub 'arn:aws:s3:::${Name}/${Prefix}/AWSLogs/*']")
    assert defaults_used(delivery, resources) == ("Name", "Prefix")
    assert defaults_used(delivery, {"Service": "cloudtrail.amazonaws.com"}) == ()
