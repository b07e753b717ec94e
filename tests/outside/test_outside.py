"""Every template before and after, judged by an evaluator that is not our own (see the package)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.outside import judging
from tests.outside.evaluator import PACKAGES, VARIABLE, Evaluator, unavailable
from tests.outside.inputs import Input, everything, shipped
from tests.outside.judging import differences, health, opened
from tests.outside.known import known_differences, unexplained
from tests.outside.tool import PATCH_SETS, Fixed, Told, fixed

INPUTS = list(everything())
KNOWN_FILES = sorted({row.file for row in known_differences()})
CASES = [one for one in shipped() if one.path.stem == "before" and list(one.path.parent.glob("after.*"))]


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    if reason := unavailable():
        pytest.skip(reason)
    made = Evaluator()
    yield made
    made.close()


def test_the_evaluator_is_there_where_it_must_be() -> None:
    """Where the variable is set, nothing may be skipped unseen."""
    if os.environ.get(VARIABLE):
        assert unavailable() is None


def test_the_gate_installs_the_version_that_is_pinned_here() -> None:
    gate = (Path(__file__).parents[2] / ".ci" / "run").read_text("utf-8")
    assert [one for one in PACKAGES if one not in gate] == []


@cache
def result_of(name: str, patch_set: str) -> Fixed | None:
    one = next(one for one in INPUTS if one.name == name)
    return fixed(one.raw, one.name, patch_set, one.told)


@pytest.mark.parametrize("patch_set", PATCH_SETS)
@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_no_stranger_is_let_in(evaluator: Evaluator, one: Input, patch_set: str) -> None:
    result = result_of(one.name, patch_set)
    if result is not None:
        assert list(map(str, opened(evaluator, result.before, result.after))) == []


@pytest.mark.parametrize("patch_set", PATCH_SETS)
@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_a_healthy_template_stays_as_it_is(evaluator: Evaluator, one: Input, patch_set: str) -> None:
    result = result_of(one.name, patch_set)
    if result is not None and result.before != result.after:
        assert health(evaluator, result.before) != "healthy"


@pytest.mark.parametrize("patch_set", PATCH_SETS)
@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_the_evaluator_agrees_with_the_verdicts(evaluator: Evaluator, one: Input, patch_set: str) -> None:
    found, _ = differences(evaluator, one.raw, one.name, patch_set, one.told)
    assert list(map(str, unexplained(one.name, found))) == []


@pytest.mark.parametrize("file", KNOWN_FILES)
def test_a_known_difference_is_still_one(evaluator: Evaluator, file: str) -> None:
    one = next((one for one in INPUTS if one.name == file), None)
    if one is None:
        pytest.skip("the corpus is not here")
    found = [each for name in PATCH_SETS for each in differences(evaluator, one.raw, one.name, name, one.told)[0]]
    rows = [row for row in known_differences() if row.file == file]
    assert [row for row in rows if not any(row.covers(file, each) for each in found)] == []


# To this judge AWS Config is one of the strangers.
OF_TRAILS = [one for one in CASES if not one.name.startswith("config-")]


@pytest.mark.parametrize("one", OF_TRAILS, ids=lambda one: one.name)
def test_no_case_expects_that_a_stranger_is_let_in(evaluator: Evaluator, one: Input) -> None:
    unshown = b"IsOrganizationTrail: true" in one.raw or b"AWS::CloudTrail::Trail" not in one.raw
    if unshown and b'"review": true' in _options(one):
        return  # the account of such a trail cannot be shown, so a person decides whom it lets in
    after = next(one.path.parent.glob("after.*")).read_text("utf-8-sig")
    assert list(map(str, opened(evaluator, one.raw.decode("utf-8-sig"), after))) == []


def _options(one: Input) -> bytes:
    file = one.path.with_name("options.json")
    return file.read_bytes() if file.exists() else b""


TEMPLATE = """\
Resources:
  Logs:
    Type: AWS::S3::Bucket
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:GetBucketAcl
            Resource: !GetAtt Logs.Arn
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub ${Logs.Arn}/AWSLogs/${AWS::AccountId}/*
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties:
      IsLogging: true
      S3BucketName: !Ref Logs
"""
GUARD = "            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}\n"


def test_a_guard_that_goes_is_seen(evaluator: Evaluator) -> None:
    found = opened(evaluator, TEMPLATE, TEMPLATE.replace(GUARD, ""))
    assert {(one.asked.who, one.asked.action) for one in found} == {
        ("another account's trail", "s3:GetBucketAcl"),
        ("another account's trail", "s3:PutObject"),
    }


@pytest.mark.parametrize(
    ("old", "new", "who"),
    [
        (
            "cloudtrail.amazonaws.com",
            "[cloudtrail.amazonaws.com, config.amazonaws.com]",
            "config.amazonaws.com for 111122223333",
        ),
        (
            "{Service: cloudtrail.amazonaws.com}",
            "{AWS: 'arn:aws:iam::111122223333:role/other'}",
            "arn:aws:iam::111122223333:role/other",
        ),
        ("/AWSLogs/${AWS::AccountId}/*", "/*", "CloudTrail, elsewhere"),
        ("Action: s3:PutObject", "Action: s3:*Object", "CloudTrail, what it never does"),
    ],
)
def test_whoever_gets_in_is_seen(evaluator: Evaluator, old: str, new: str, who: str) -> None:
    before = TEMPLATE.replace(GUARD, "")
    assert who in {one.asked.who for one in opened(evaluator, before, before.replace(old, new))}


def test_everybody_is_seen(evaluator: Evaluator) -> None:
    public = TEMPLATE.replace(GUARD, "").replace("{Service: cloudtrail.amazonaws.com}", "'*'")
    assert {"anybody", "arn:aws:iam::999988887777:root"} <= {one.asked.who for one in opened(evaluator, TEMPLATE, public)}


def test_the_region_is_no_door_for_who_reads_the_grants(evaluator: Evaluator) -> None:
    before = TEMPLATE.replace(GUARD, "", 1)
    after = before.replace("Action: s3:GetBucketAcl", "Action: [s3:GetBucketAcl, s3:GetBucketLocation]")
    assert opened(evaluator, before, after) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", "healthy"),
        ("    DependsOn: Policy\n", "", "broken"),
        ("Action: s3:PutObject", "Action: s3:GetObject", "broken"),
        ("!GetAtt Logs.Arn", "!Ref Logs", "broken"),
        ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "outside"),
        ("AWS::CloudTrail::Trail", "AWS::SNS::Topic", "elsewhere"),
        ("DependsOn: Policy", "Condition: Nowhere", "unknown"),
        ("!Ref AWS::AccountId", "'111122223333'", "broken"),
    ],
)
def test_health(evaluator: Evaluator, old: str, new: str, expected: str) -> None:
    assert health(evaluator, TEMPLATE.replace(old, new)) == expected


def test_a_wrong_verdict_is_seen(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(raw: bytes, name: str, patch_set: str, told: Told | None = None) -> Fixed | None:
        found = fixed(raw, name, patch_set, told)
        assert found
        return replace(found, verdicts=dict.fromkeys(found.verdicts, ("denied", "undecidable")))

    named = TEMPLATE.replace("    Type: AWS::S3::Bucket\n", "    Type: AWS::S3::Bucket\n    Properties: {BucketName: b}\n")
    named = named.replace("      IsLogging: true\n", "      IsLogging: true\n      TrailName: t\n")
    assert differences(evaluator, named.encode(), "template", PATCH_SETS[0], Told())[0] == []
    monkeypatch.setattr(judging, "fixed", turned)
    found, compared = differences(evaluator, named.encode(), "template", PATCH_SETS[0], Told())
    assert compared == 6
    assert {(one.request, one.when, one.ours, one.theirs) for one in found} >= {
        ("get-bucket-acl", "before", "denied", "allowed"),
        ("put-object", "after", "undecidable", "allowed"),
    }
