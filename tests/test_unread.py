"""What is not looked into is said, with its place and what to do; what has nothing to do with logging is not."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from remediate import fix
from remediate.report.annotations import annotate

TRAIL = """\
  Trail: { Type: AWS::CloudTrail::Trail, DependsOn: Policy, Properties: { S3BucketName: !Ref Bucket, IsLogging: true } }
  Bucket: { Type: AWS::S3::Bucket }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:*
            Resource: [!GetAtt Bucket.Arn, !Sub "${Bucket.Arn}/*"]
"""
STACK = "{ Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./%s.yaml } }"
NETWORK = f"  Network: {STACK % 'vpc'}\n"
LOGS = f"  Logs: {STACK % 'cloudtrail'}\n"
APPLICATION = "  App: { Type: AWS::Serverless::Application, Properties: { Location: app.yaml } }\n"
STACK_SET = "{ Type: AWS::CloudFormation::StackSet, Properties: { %s } }"
TRAIL_BODY = STACK_SET % "TemplateBody: '{Resources: {T: {Type: AWS::CloudTrail::Trail}}}'"
EMPTY_BODY = STACK_SET % "TemplateBody: '{Resources: {}}'"
PROCESSED = "look at what it makes of it (aws cloudformation get-template --template-stage Processed), and check that"
# template, [(subject, level, a part of the line that it points at, message, remedy)]
SAID: dict[str, Any] = {
    "nested stacks beside a trail": (
        f"Resources:\n{TRAIL}{NETWORK}{APPLICATION}",
        "nested-stack",
        "Network:",
        "the templates of the nested stacks Network, App are not looked into here",
        "run remediate check on them too",
    ),
    "a nested stack of a template that has nothing to do with logging": (
        f"Resources:\n{NETWORK}",
        "nested-stack",
        "Network:",
        "the template of the nested stack Network is not looked into here",
        "run remediate check on it too",
    ),
    "a stack set of such a template": (
        f"Resources:\n  Everywhere: {STACK_SET % 'TemplateURL: vpc.yaml'}\n",
        "stack-set",
        "Everywhere:",
        "the template of the stack set Everywhere is not looked into here",
        "run remediate check on it too",
    ),
    "many nested stacks": (
        "Resources:\n" + "".join(LOGS.replace("Logs", f"Logs{number}") for number in range(7)),
        "nested-stack",
        "Logs0:",
        "the templates of the nested stacks Logs0, Logs1, Logs2, Logs3, Logs4 and 2 more are not looked into here",
        "run remediate check on them too",
    ),
    "the body of a stack set": (
        f"Resources:\n  Everywhere: {TRAIL_BODY}",
        "stack-set",
        "TemplateBody",
        "the template that Everywhere deploys by its TemplateBody is not looked into here",
        "write it to a file of its own, and run remediate check on that",
    ),
    "the address of a stack set": (
        f"Resources:\n{TRAIL}  Everywhere: {STACK_SET % 'TemplateURL: https://x/y.yaml'}",
        "stack-set",
        "Everywhere:",
        "the template of the stack set Everywhere is not looked into here",
        "run remediate check on it too",
    ),
    "a macro on everything": (
        f"Transform: [AWS::Serverless-2016-10-31, Ours]\nResources:\n{TRAIL}",
        "macro",
        "Transform:",
        "the macro Ours may change every resource of the template, which is not looked into here",
        PROCESSED,
    ),
    "AWS::Include on everything": (
        f"Transform: {{ Name: AWS::Include, Parameters: {{ Location: x }} }}\nResources:\n{TRAIL}",
        "macro",
        "Transform:",
        "the macro AWS::Include may change every resource of the template, which is not looked into here",
        PROCESSED,
    ),
    "a macro in the Resources": (
        f"Resources:\n{TRAIL}  Fn::Transform: {{ Name: AWS::Include, Parameters: {{ Location: x }} }}\n",
        "macro",
        "Fn::Transform:",
        "CloudFormation makes resources of Fn::Transform, which is not looked into here",
        PROCESSED,
    ),
    "a loop about trails": (
        "Resources:\n  Fn::ForEach::Trails: [X, [a, b], { 'Trail${X}': { Type: AWS::CloudTrail::Trail } }]\n",
        "macro",
        "Fn::ForEach::Trails:",
        "CloudFormation makes resources of Fn::ForEach::Trails, which is not looked into here",
        PROCESSED,
    ),
    "a macro in a bucket": (
        f"Resources:\n{TRAIL}".replace(
            "AWS::S3::Bucket }", "AWS::S3::Bucket, Properties: { Tags: { Fn::Transform: { Name: Ours } } } }"
        ),
        "macro",
        "Bucket:",
        "a macro (Fn::Transform) makes a part of Bucket, which is not looked into here",
        PROCESSED,
    ),
}


@pytest.mark.parametrize(("template", "rule", "line", "message", "remedy"), SAID.values(), ids=SAID)
def test_what_is_not_looked_into_is_said(template: str, rule: str, line: str, message: str, remedy: str) -> None:
    report = fix(template)
    lines = report.before.splitlines()
    found = [one for one in annotate(report) if one.rule in {"macro", "nested-stack", "stack-set"}]
    assert [(one.rule, one.level, one.message, one.remedy) for one in found] == [(rule, "note", message, remedy)]
    assert line in lines[found[0].line - 1]
    assert report.unfixed == ()


SILENT = {
    "a body that does not speak of CloudTrail": (f"Resources:\n{TRAIL}  Everywhere: {EMPTY_BODY}\n"),
    "a transform of AWS": f"Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions]\nResources:\n{TRAIL}",
    "a macro of a template without logging": "Transform: Ours\nResources: { Topic: { Type: AWS::SNS::Topic } }\n",
    "a loop about topics": "Resources:\n  Fn::ForEach::Topics: [X, [a], { 'T${X}': { Type: AWS::SNS::Topic } }]\n",
    "a stack set without a template": f"Resources:\n{TRAIL}  Everywhere: {STACK_SET % 'StackSetName: x'}\n",
    "odd sections": "Transform: { Name: [x] }\nResources: { Everywhere: { Type: AWS::CloudFormation::StackSet } }\n",
}


@pytest.mark.parametrize("template", SILENT.values(), ids=SILENT)
def test_what_has_nothing_to_do_with_it_is_not_said(template: str) -> None:
    assert [one.subject for one in fix(template).skipped if one.why == "undecidable"] == []


def test_a_policy_document_of_a_macro_is_said_once() -> None:
    template = dedent(f"Resources:\n{TRAIL}")
    start = template.index("        Statement:")
    template = f"{template[:start]}        Fn::Transform: {{ Name: Ours }}\n"
    found = [one for one in fix(template).skipped if one.logical_id == "Policy"]
    assert [(one.subject, one.why) for one in found] == [("bucket-policy", "obstacle")]
    assert "Fn::Transform" in found[0].reason
