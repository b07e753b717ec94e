"""How the tests of this folder write templates: as YAML text, with short-form functions."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Given, Located, locate
from remediate.template import Plain, read

ALLOW = "{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: '*', Resource: '*'}"
DENY = "{Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*'}"


def model(yaml: str) -> TemplateModel:
    return TemplateModel(read(dedent(yaml).encode(), "template.yaml").data)


def expression(yaml: str) -> Plain:
    return model(f"X: {yaml}").data["X"]


def resolver(yaml: str, conditions: Mapping[str, bool] | None = None, **given: str) -> Resolver:
    """Return a resolver; ``AWS_Region=…`` gives a pseudo parameter."""
    template = model(yaml)
    parameters = {name.replace("AWS_", "AWS::"): value for name, value in given.items()}
    return Resolver(template, Scenario(known_parameters(template, parameters), conditions or {}))


def located(yaml: str, **given: Any) -> Located:
    return locate(model(yaml), Given(**{"source" if name == "trail" else name: one for name, one in given.items()}))


def shown(delivery: Delivery) -> dict[str, Any]:
    """Return what a delivery found, in plain words; what is outside the template stands in angle brackets."""
    return {
        "trail": delivery.source,
        "bucket": _place(delivery.bucket),
        "policies": list(delivery.bucket_policies),
        "key": _place(delivery.key),
    }


def found(yaml: str, **given: Any) -> list[dict[str, Any]]:
    """Return what each delivery found, once each."""
    deliveries = [shown(delivery) for delivery in located(yaml, **given).deliveries]
    return [one for number, one in enumerate(deliveries) if one not in deliveries[:number]]


def _place(place: Any) -> str | None:
    if place is None:
        return None
    return place.logical_id or f"<{place.name}>"


def template(
    trail: str = "{S3BucketName: !Ref Bucket}", bucket: str = "{}", policy: str = "!Ref Bucket", more: str = ""
) -> str:
    return f"""
Parameters:
  Name: {{Type: String, Default: my-logs}}
  Open: {{Type: String}}
  KeyParameter: {{Type: String, Default: ''}}
Mappings:
  Map: {{logs: {{Name: my-logs}}}}
Conditions:
  C: !Equals [!Ref Open, '']
Resources:
  Trail: {{Type: AWS::CloudTrail::Trail, Properties: {trail}}}
  Bucket: {{Type: AWS::S3::Bucket, Properties: {bucket}}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties: {{Bucket: {policy}, PolicyDocument: {{Statement: [{DENY}]}}}}
  OtherBucket: {{Type: AWS::S3::Bucket, Properties: {{BucketName: other-logs}}}}
  OtherPolicy:
    Type: AWS::S3::BucketPolicy
    Properties: {{Bucket: !Ref OtherBucket, PolicyDocument: {{Statement: [{DENY}]}}}}
  Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{Statement: [{ALLOW}]}}}}}}
  OtherKey: {{Type: AWS::KMS::Key}}
  Alias: {{Type: AWS::KMS::Alias, Properties: {{AliasName: alias/trail, TargetKeyId: !Ref Key}}}}
  ArnAlias:
    Type: AWS::KMS::Alias
    Properties: {{AliasName: !Sub "alias/${{AWS::StackName}}", TargetKeyId: !GetAtt Key.Arn}}
{more}"""
