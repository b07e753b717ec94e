"""A few hundred executions of the fuzzer, and its oracle at changes that no tool may make."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from remediate.delivery.locate import Given
from remediate.plan import Options
from tests.fuzzing import deployed, growth, node_kind, oracle, outsiders, policy_kind, rendering, trial, words
from tests.fuzzing.reading import NotRead, data_of, exact, lost_comments

HERE = Path(__file__).parent
FOLDERS = [HERE.parent / "examples", HERE / "cases"]
EXECUTIONS = 60  # for each of the rows of KINDS

TEMPLATE = """\
Parameters:
  Svc: {Type: String, Default: cloudtrail.amazonaws.com, AllowedValues: [cloudtrail.amazonaws.com, config.amazonaws.com]}
  Any: {Type: String, Default: cloudtrail.amazonaws.com}
Mappings:
  Book: {us-east-1: {It: cloudtrail.amazonaws.com}, eu-west-1: {It: config.amazonaws.com}}
Conditions:
  On: !Equals [!Ref Svc, config.amazonaws.com]
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - {Sid: No, Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*"}
          - {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "s3:GetObject", Resource: "*"}
          - {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject", Resource: "*"}
          - {Effect: Allow, Principal: {Service: [cloudtrail.amazonaws.com, sns.amazonaws.com]}, Action: "s3:Put"}
          - {Effect: Allow, Principal: {Service: !Ref Svc}, Action: "s3:PutObject", Resource: "*"}
          - {Effect: Allow, Principal: {Service: !FindInMap [Book, !Ref AWS::Region, It]}, Action: "s3:PutObject"}
          - {Effect: Allow, Principal: {Service: !If [On, config.amazonaws.com, cloudtrail.amazonaws.com]}, Action: "s3:Put"}
          - Effect: Allow
            Principal: {Service: !Sub ["${p}.amazonaws.com", {p: !If [On, config, cloudtrail]}]}
            Action: s3:PutObject
          - {Effect: Allow, Principal: {Service: !Ref Any}, Action: "s3:PutObject", Resource: "*"}
          - {Effect: !If [On, Deny, Allow], Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject"}
  Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref Bucket}}
"""
STATEMENTS = "/Resources/Policy/Properties/PolicyDocument/Statement"
ACTIONS = ["s3:PutObject", "s3:GetBucketAcl"]
ANOTHER = "another principal's statements changed"


def test_a_deployment_that_a_mapping_refuses_is_told() -> None:
    template = data_of(TEMPLATE)
    for region, refused in (("us-east-1", False), ("cn-north-1", True)):
        environment = deployed.Environment(template, {}, region)
        environment.put_in({"Fn::FindInMap": ["Book", {"Ref": "AWS::Region"}, "It"]})
        assert environment.refused is refused


def operation(path: str, value: Any, verb: str = "replace") -> dict[str, Any]:
    return {"op": verb, "path": path} if verb == "remove" else {"op": verb, "path": path, "value": value}


def judged(operations: list[dict[str, Any]], after: Any = None, before: str = TEMPLATE) -> list[str]:
    """Return the kinds of findings about a change of a template, whose result is written as JSON."""
    result = jsonpatch.apply_patch(data_of(before), operations) if after is None else after
    change = oracle.Change(before, json.dumps(result), operations, {})
    return [finding.kind for finding in oracle.judge(change, words.seeded(1), thorough=True)]


@pytest.mark.parametrize("kind", trial.KINDS)
def test_random_templates(kind: str) -> None:
    known = trial.bases(FOLDERS, 20_000)
    assert len(known) > 100
    wrong = []
    for number in range(EXECUTIONS):
        made = trial.execution(3, number, known, {kind: 1})
        wrong += [f"{made}: {finding}" for finding in trial.run(made).findings]
    assert not wrong


def test_an_execution_is_the_same_each_time() -> None:
    known = trial.bases(FOLDERS, 20_000)
    for number in range(40):
        first, second = (trial.execution(1, number, known, trial.KINDS) for _ in range(2))
        assert first == second


def test_an_execution_says_what_is_not_said_by_default() -> None:
    made = trial.execution(1, 1, trial.bases(FOLDERS, 20_000), trial.KINDS)
    plain, given = Options(), Options(Given(organization_id="o-a"), review=True)
    assert str(dataclasses.replace(made, options=plain)).endswith(f" with {made.patch_set}")
    assert str(dataclasses.replace(made, options=given)).endswith(f"{made.patch_set}, review=True, organization_id='o-a'")


def test_what_is_written_reads_back() -> None:
    for number in range(200):
        chance = words.seeded(number)
        data = policy_kind.mutated(growth.grown(chance), chance)
        if number % 2:
            data = node_kind.mutated(data, chance)
        if "<<" not in json.dumps(data):
            assert exact(data_of(rendering.render(data, chance))) == exact(data), number


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([operation(f"{STATEMENTS}/2/Action", ACTIONS)], id="CloudTrail's own statement"),
        pytest.param([operation(f"{STATEMENTS}/1/Sid", "New", "add")], id="a Sid"),
        pytest.param(
            [
                operation(f"{STATEMENTS}/3/Principal/Service/0", None, "remove"),
                operation(
                    f"{STATEMENTS}/4",
                    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ACTIONS},
                    "add",
                ),
            ],
            id="a shared statement is split",
        ),
        pytest.param([operation("/Resources/Trail/DependsOn", "Policy", "add")], id="the order"),
        pytest.param([operation("/Resources/New", {"Type": "AWS::S3::BucketPolicy"}, "add")], id="a policy"),
    ],
)
def test_what_may_be_changed(operations: list[dict[str, Any]]) -> None:
    assert not judged(operations)


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        pytest.param("0/Action", "s3:Get*", "a Deny statement changed", id="Deny"),
        pytest.param("0/Sid", "Other", "a Deny statement changed", id="the Sid of a Deny"),
        pytest.param("9/Action", "s3:Get*", "a Deny statement changed", id="a Deny under a condition"),
        pytest.param("1/Action", "s3:*", ANOTHER, id="an account"),
        pytest.param("3/Action", ACTIONS, ANOTHER, id="a shared statement"),
        pytest.param("4/Action", ACTIONS, ANOTHER, id="a principal by Ref"),
        pytest.param("5/Action", ACTIONS, ANOTHER, id="a principal by FindInMap"),
        pytest.param("6/Action", ACTIONS, ANOTHER, id="a principal by If"),
        pytest.param("7/Action", ACTIONS, ANOTHER, id="a principal by Sub"),
        pytest.param("8/Action", ACTIONS, f"{ANOTHER} (a value nobody listed)", id="a principal by a free parameter"),
        pytest.param("2/Principal/AWS", "999988887777", ANOTHER, id="a new principal"),
    ],
)
def test_what_must_stay_in_a_policy(path: str, value: Any, kind: str) -> None:
    assert kind in judged([operation(f"{STATEMENTS}/{path}", value, "add")])


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        pytest.param(operation("/Parameters/Any/Default", "x"), "another section changed", id="a section"),
        pytest.param(
            operation("/Resources/Bucket/Condition", "On", "add"), "another part of a resource changed", id="a bucket"
        ),
        pytest.param(
            operation("/Resources/Policy/Condition", "On", "add"), "another part of a resource changed", id="a policy"
        ),
        pytest.param(
            operation("/Resources/Trail/Properties/IsLogging", 1, "add"), "another part of a resource changed", id="a trail"
        ),
        pytest.param(operation("/Resources/Bucket", None, "remove"), "a resource is gone", id="gone"),
        pytest.param(operation("/Resources/Role", {"Type": "AWS::IAM::Role"}, "add"), "a resource is new", id="new"),
    ],
)
def test_what_must_stay_elsewhere(change: dict[str, Any], kind: str) -> None:
    assert kind in judged([change])


@pytest.mark.parametrize(("action", "kinds"), [("kms:Re  ncrypt*", []), ("kms:ReEncrypt", []), ("kms:Sign", [ANOTHER])])
def test_what_s3_loses_of_a_key_is_no_matter_where_it_is_not_an_action(action: str, kinds: list[str]) -> None:
    s3 = {"Service": "s3.amazonaws.com"}
    stanza = {"Effect": "Allow", "Principal": s3, "Action": ["kms:Decrypt", action], "Resource": "*"}
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [stanza]}}}}}
    change = operation("/Resources/Key/Properties/KeyPolicy/Statement/0/Action", ["kms:Decrypt"])
    assert judged([change], before=json.dumps(template)) == kinds


def test_a_document_with_a_member_named_effect_is_no_statement() -> None:
    template = TEMPLATE.replace("        Statement:", "        Effect: 2012-10-17\n        Statement:")
    new = operation(f"{STATEMENTS}/2/Resource", "arn:aws:s3:::logs/*")
    assert judged([new], before=template) == []
    assert "a Deny statement changed" in judged([operation(f"{STATEMENTS}/0/Action", "s3:Get*")], before=template)


def test_data_that_the_patch_does_not_make() -> None:
    action = operation(f"{STATEMENTS}/2/Action", ACTIONS)
    assert "the data is not what jsonpatch makes of it" in judged([action], data_of(TEMPLATE))
    moved = data_of(TEMPLATE)
    moved["Resources"] = dict(reversed(moved["Resources"].items()))
    assert "members changed their order" in judged([], moved)


def test_line_ends() -> None:
    change = oracle.Change(TEMPLATE.replace("\n", "\r\n"), TEMPLATE, [], {})
    assert [one.kind for one in oracle.judge(change, words.seeded(1), thorough=False)] == ["other line ends"]


def test_a_text_that_only_one_parser_takes_is_no_matter_of_the_result() -> None:
    before = TEMPLATE.replace("{S3BucketName: !Ref Bucket}", "{S3BucketName: lo? gs}")
    with pytest.raises(NotRead):
        data_of(before, pure=True)
    assert not list(oracle.judge(oracle.Change(before, before, [], {}), words.seeded(1), thorough=True))
    result = oracle.Change(TEMPLATE, before, [operation("/Resources/Trail/Properties/S3BucketName", "lo? gs")], {})
    assert "the result cannot be read" in [one.kind for one in oracle.judge(result, words.seeded(1), thorough=True)]


@pytest.mark.parametrize(("text", "kinds"), [("a: &x 1\nb: &x 2\n", []), ("a: [\n", ["only the tool reads the template"])])
def test_a_template_that_the_other_reader_refuses(text: str, kinds: list[str]) -> None:
    change = oracle.Change(text, text, [], {})
    assert [one.kind for one in oracle.judge(change, words.seeded(1), thorough=True)] == kinds


COMMENTED = """\
# top
a:  # a
  b: 1  # b
  # above c
  c:  # c
    # first
    - x  # x
    - y
# end
"""


@pytest.mark.parametrize(
    ("after", "operations", "lost"),
    [
        (COMMENTED.replace("  # x", ""), [], ["# x"]),
        (COMMENTED.replace("# end", ""), [], ["# end"]),
        (
            "# top\na:  # a\n  # above c\n  c:  # c\n    # first\n    - x  # x\n    - y\n# end\n",
            [operation("/a/b", None, "remove")],
            [],
        ),
        ("# top\na:  # a\n  b: 1  # b\n# end\n", [operation("/a/c", None, "remove")], []),
        ("# top\na:  # a\n  b: 1  # b\n", [operation("/a/c", None, "remove")], ["# end"]),
        (
            "# top\na:\n  b: [1, 2]\n  c: [x, y]\n# end\n",
            [operation("/a/b", [1, 2])],
            ["# a", "# b", "# above c", "# c", "# first", "# x"],
        ),
        (
            "# top\na:  # a\n  b: 2\n  # above c\n  c:  # c\n    # first\n    - x  # x\n    - y\n# end\n",
            [operation("/a/b", 2)],
            [],
        ),
    ],
)
def test_lost_comments(after: str, operations: list[dict[str, Any]], lost: list[str]) -> None:
    assert lost_comments(COMMENTED, after, operations) == lost


def test_a_comment_above_an_alias_goes_with_it() -> None:
    before = "a:\n  &x b: 1\n  c:\n    &y d: 2\n# above e\ne:\n  # above f\n  f: *x\n  g: 1  # g\n"
    gone = before.replace("  # above f\n  f: *x\n", "")
    assert lost_comments(before, gone, [operation("/e/f", None, "remove")]) == []
    assert lost_comments(before, gone.replace("  # g", ""), [operation("/e/f", None, "remove")]) == ["# g"]
    assert lost_comments(before, before.replace("  # above f\n", ""), []) == ["# above f"]


def test_a_comment_behind_a_bracket_goes_with_what_it_closes() -> None:
    before = "a: {\n  b: 1\n  }  # a\nc: 2\n"
    assert lost_comments(before, "c: 2\n", [operation("/a", None, "remove")]) == []
    assert lost_comments(before, "a: {b: 1}\n", [operation("/c", None, "remove")]) == ["# a"]


def test_a_comment_in_the_header_of_a_block_scalar_goes_with_it() -> None:
    before = "a:\n  - b: |-  # b\n      text\n  - c\nd: 1\n"
    assert lost_comments(before, "a:\n  - x\n  - c\nd: 1\n", [operation("/a/0", "x")]) == []
    assert lost_comments(
        before, before.replace("  # b", "").replace("  - c\n", ""), [operation("/a/1", None, "remove")]
    ) == ["# b"]


def test_exceptions_and_hanging_runs_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    made = trial.execution(1, 1, trial.bases(FOLDERS, 20_000), trial.KINDS)

    def fails(*_: Any) -> None:
        raise KeyError("x")

    def hangs(*_: Any) -> None:
        while True:
            pass

    monkeypatch.setattr(trial, "remediate", fails)
    assert [one.kind for one in trial.run(made).findings] == ["KeyError in test_fuzz_templates.py:fails"]
    monkeypatch.setattr(trial, "remediate", hangs)
    monkeypatch.setattr(trial, "_HANGS", 0.2)
    assert [one.kind for one in trial.run(made).findings] == ["stuck"]


def test_diffs_that_git_does_not_apply(tmp_path: Path) -> None:
    diff = "--- a/t.yaml\n+++ b/t.yaml\n@@ -1 +1 @@\n-a: 1\n+a: 2\n"
    assert not list(oracle.diff_applies(tmp_path, "t.yaml", b"a: 1\n", b"a: 2\n", diff))
    for before, after in ((b"a: 3\n", b"a: 2\n"), (b"a: 1\n", b"a: 2 \n")):
        assert list(oracle.diff_applies(tmp_path, "t.yaml", before, after, diff))


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: [", "{a: 1, a: 2}", "? [a]\n: b\n", ""])
def test_what_the_other_reader_refuses(text: str) -> None:
    with pytest.raises(NotRead):
        data_of(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Svc"}, "config.amazonaws.com"),
        ({"Fn::If": ["On", "a", "b"]}, "a"),
        ({"Fn::Sub": "${Svc}/${AWS::AccountId}/${!x}"}, "config.amazonaws.com/111122223333/${x}"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]}, "a-us-east-1"),
        ({"Fn::FindInMap": ["Book", "eu-west-1", "It"]}, "config.amazonaws.com"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        (["a", {"Ref": "AWS::NoValue"}], ["a"]),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "«Bucket.Arn»"),
    ],
)
def test_deployed_values(value: Any, expected: Any) -> None:
    environment = deployed.Environment(data_of(TEMPLATE), {"Svc": "config.amazonaws.com"})
    assert environment.put_in(value) == expected


CLOUDTRAIL = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": "s3:GetBucketAcl",
    "Resource": "*",
}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}


TEAM = {**CLOUDTRAIL, "Action": "s3:PutObject", "Resource": "«Bucket.Arn»/team/*"}


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        pytest.param([], [CLOUDTRAIL], 1, id="another account's trail"),
        pytest.param([CLOUDTRAIL], [CLOUDTRAIL], 0, id="as before"),
        pytest.param([], [{**CLOUDTRAIL, "Resource": "«Bucket.Arn»"}], 1, id="the bucket"),
        pytest.param([], [{**CLOUDTRAIL, "Resource": "«Other.Arn»"}], 0, id="another bucket"),
        pytest.param([], [{**CLOUDTRAIL, "Principal": "*", "Action": "s3:*"}], 21, id="anybody may do anything"),
        pytest.param(
            [], [{**CLOUDTRAIL, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}], 0, id="guarded"
        ),
        pytest.param(
            [],
            [{**CLOUDTRAIL, "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}}],
            0,
            id="guarded by the ARN",
        ),
        pytest.param(
            [],
            [{**CLOUDTRAIL, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}}],
            1,
            id="no guard",
        ),
        pytest.param([], [{**CLOUDTRAIL, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}], 0, id="not modelled"),
        pytest.param([], [CLOUDTRAIL, DENY], 0, id="denied all the same"),
        pytest.param(
            [{**CLOUDTRAIL, "Resource": "arn:aws-cn:s3:::logs"}], [CLOUDTRAIL], 0, id="a policy that S3 refuses here"
        ),
        pytest.param([CLOUDTRAIL, DENY], [CLOUDTRAIL], 1, id="denied no more"),
        pytest.param(
            [{**TEAM, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/team"}}}],
            [TEAM],
            1,
            id="a folder of its own",
        ),
        pytest.param(
            [CLOUDTRAIL], [{**CLOUDTRAIL, "Action": "s3:GetBucket*"}], 0, id="the location for one who had the ACL"
        ),
    ],
)
def test_strangers(old: list[dict[str, Any]], new: list[dict[str, Any]], number: int) -> None:
    template = data_of(TEMPLATE)
    where = deployed.Environment(template, {})
    assert len(outsiders.let_in(old, new, template["Resources"]["Policy"], where)) == number


@pytest.mark.parametrize(("value", "number"), [("config.amazonaws.com", 1), ("cloudtrail.amazonaws.com", 0)])
def test_strangers_to_a_policy_that_is_not_created(value: str, number: int) -> None:
    template = data_of(TEMPLATE)
    policy = {**template["Resources"]["Policy"], "Condition": "On"}
    where = deployed.Environment(template, {"Svc": value})
    assert len(outsiders.let_in([], [CLOUDTRAIL], policy, where)) == number


def test_strangers_to_a_bucket_that_nothing_names() -> None:
    odd = {"Properties": {"Bucket": {"Ref": ["Bucket"]}}, "Type": "AWS::S3::BucketPolicy"}
    assert len(outsiders.let_in([], [CLOUDTRAIL], odd, deployed.Environment(data_of(TEMPLATE), {}))) == 1
