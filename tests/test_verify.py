"""Sabotage: whatever step goes wrong, the guarantee that it breaks is named and the file stays as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from remediate import engine
from remediate.cli import main
from remediate.plan import Plan, writable
from remediate.template import Edit, Operation, Plain, Span

EXAMPLES = Path(__file__).parent.parent / "examples"
REFUSED = Path(__file__).parent / "cases" / "bucket-ownership" / "plain" / "before.yaml"
CONFIG = "/Resources/LogBucketPolicy/Properties/PolicyDocument/Statement/4"
DENY = "/Resources/LogBucketPolicy/Properties/PolicyDocument/Statement/0"


@pytest.fixture(params=["stack.yaml", "stack.json"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLES / request.param, tmp_path))


def fix(stack: Path) -> Result:
    return CliRunner().invoke(main, ["fix", str(stack)])


def assert_caught(stack: Path, guarantee: int, detail: str) -> None:
    before = stack.read_bytes()
    result = fix(stack)
    assert result.exit_code == 2
    assert f"internal check {guarantee} failed" in result.stderr
    assert detail in result.stderr
    assert result.stdout == ""
    assert stack.read_bytes() == before
    assert [one.name for one in stack.parent.iterdir()] == [stack.name]


def broken_plan(monkeypatch: pytest.MonkeyPatch, change: Callable[[Plan], Plan]) -> None:
    """Have every plan changed before the engine sees it."""
    plan = writable.plan
    monkeypatch.setattr(writable, "plan", lambda *args: change(plan(*args)))


def with_operations(*operations: Operation) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, operations=(*plan.operations, *operations))


def test_without_sabotage_the_file_is_patched(stack: Path) -> None:
    before = stack.read_bytes()
    assert fix(stack).exit_code == 0
    assert stack.read_bytes() != before


def test_a_splice_that_loses_a_character_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splice = engine.splice
    monkeypatch.setattr(engine, "splice", lambda *args: splice(*args).replace("AWS::EC2::VPC", "AWS::EC2::VP", 1))
    assert_caught(stack, 1, "AWS::EC2::VPC")


def test_a_splice_that_changes_a_comment_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Path(shutil.copy(EXAMPLES / "stack.yaml", tmp_path))
    comment = next(line for line in stack.read_text("utf-8").splitlines() if line.lstrip().startswith("# "))
    splice = engine.splice
    monkeypatch.setattr(engine, "splice", lambda text, edits: splice(text, edits).replace(comment, comment + " ", 1))
    assert_caught(stack, 2, "changed")


def test_a_splice_that_breaks_the_syntax_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splice = engine.splice
    monkeypatch.setattr(engine, "splice", lambda text, edits: splice(text, edits) + "\n]")
    assert_caught(stack, 1, "cannot be read")


def test_an_edit_that_is_left_out_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = writable.edit
    monkeypatch.setattr(writable, "edit", lambda template, operations: edit(template, operations)[1:])
    assert_caught(stack, 1, "")


def test_an_edit_in_another_place_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = writable.edit

    def stray(template: Any, operations: Sequence[Operation]) -> list[Edit]:
        at = template.text.index("LogBucketPolicy")
        return [*edit(template, operations), Edit(Span(at, at + 1), "l")]

    monkeypatch.setattr(writable, "edit", stray)
    assert_caught(stack, 1, "")


def test_a_plan_that_touches_another_resource_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_plan(monkeypatch, with_operations(Operation("replace", "/Resources/Vpc/Properties/CidrBlock", "10.9.0.0/16")))
    assert_caught(stack, 3, "Vpc differs without being planned")


def test_a_plan_that_touches_another_section_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_plan(monkeypatch, with_operations(Operation("add", "/Description", "something else")))
    assert_caught(stack, 3, "the section Description differs")


def test_a_plan_that_removes_a_resource_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_plan(monkeypatch, with_operations(Operation("remove", "/Resources/LogKeyAlias")))
    assert_caught(stack, 3, "LogKeyAlias differs without being planned")


KEY = "/Resources/LogKey/Properties"


@pytest.mark.parametrize(
    ("operations", "detail"),
    [
        ([Operation("remove", f"{KEY}/EnableKeyRotation")], "Properties/EnableKeyRotation of LogKey differs"),
        ([Operation("add", f"{KEY}/Enabled", False)], "Properties/Enabled of LogKey differs"),
        ([Operation("move", f"{KEY}/Description", source=f"{KEY}/EnableKeyRotation")], "of LogKey differs"),
        ([Operation("add", "/Resources/LogKey/DeletionPolicy", "Delete")], "DeletionPolicy of LogKey differs"),
        ([Operation("replace", "/Resources/LogBucketPolicy/Properties/Bucket", "x")], "Bucket of LogBucketPolicy differs"),
    ],
    ids=["lost", "gained", "moved", "another attribute", "another bucket"],
)
def test_a_planned_resource_that_changes_elsewhere_is_caught(
    stack: Path, monkeypatch: pytest.MonkeyPatch, operations: Sequence[Operation], detail: str
) -> None:
    broken_plan(monkeypatch, with_operations(*operations))
    assert_caught(stack, 3, detail)


BUCKET = "/Resources/LogBucket/Properties"


@pytest.mark.parametrize(
    "operation",
    [
        Operation("add", f"{BUCKET}/AccessControl", "PublicRead"),
        Operation("add", f"{BUCKET}/PublicAccessBlockConfiguration", {"BlockPublicAcls": False}),
        Operation("remove", f"{BUCKET}/BucketEncryption"),
    ],
    ids=["its ACL", "its public access", "its encryption"],
)
def test_a_bucket_that_no_patch_is_for_and_that_changes_is_caught(
    stack: Path, monkeypatch: pytest.MonkeyPatch, operation: Operation
) -> None:
    broken_plan(monkeypatch, with_operations(operation))
    assert_caught(stack, 3, "LogBucket differs without being planned")


def test_a_bucket_that_changes_in_more_than_the_property_of_its_patch_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Path(shutil.copy(REFUSED, tmp_path))
    broken_plan(monkeypatch, with_operations(Operation("replace", f"{BUCKET}/AccessControl", "PublicRead")))
    assert_caught(stack, 3, "Properties/AccessControl of LogBucket differs")


def test_a_trail_that_changes_in_more_than_its_order_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Path(shutil.copy(EXAMPLES / "minimal.yaml", tmp_path))
    broken_plan(monkeypatch, with_operations(Operation("replace", "/Resources/Trail/Properties/IsLogging", False)))
    assert_caught(stack, 3, "Properties/IsLogging of Trail differs")


@pytest.mark.parametrize(
    "operation",
    [
        Operation("remove", DENY),
        Operation("replace", f"{DENY}/Effect", "Allow"),
        Operation("replace", f"{DENY}/Action", "s3:GetObject"),
        Operation("add", f"{DENY}/Condition/StringEquals", {"aws:PrincipalAccount": "111122223333"}),
    ],
    ids=["removed", "turned into an Allow", "narrowed action", "narrowed by a condition"],
)
def test_a_weakened_deny_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch, operation: Operation) -> None:
    broken_plan(monkeypatch, with_operations(operation))
    assert_caught(stack, 4, "a Deny statement of LogBucketPolicy changed: DenyInsecureTransport")


def test_a_plan_that_takes_an_allowed_request_away_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Path(shutil.copy(EXAMPLES / "minimal.yaml", tmp_path))
    statements: Plain = []
    path = "/Resources/LogBucketPolicy/Properties/PolicyDocument/Statement"
    broken_plan(monkeypatch, with_operations(Operation("replace", path, statements)))
    assert_caught(stack, 4, "s3:")


def test_a_promise_that_is_not_kept_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(plan: Plan) -> Plan:
        kept = [one for one in plan.operations if "GetBucketLocation" not in str(one.value)]
        return replace(plan, operations=tuple(kept))

    broken_plan(monkeypatch, forgetful)
    assert_caught(stack, 4, "s3:GetBucketLocation on LogBucketPolicy is still denied")


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ("*", 'what LogBucketPolicy says of ["", "*"] changed'),
        ({"AWS": "*"}, 'what LogBucketPolicy says of ["AWS", "*"] changed'),
        ({"Service": "delivery.logs.amazonaws.com"}, "what LogBucketPolicy says of delivery.logs.amazonaws.com changed"),
        ({"AWS": "arn:aws:iam::999988887777:root"}, "999988887777"),
    ],
    ids=["everybody", "everybody by AWS", "another service", "another account"],
)
def test_a_stranger_who_gets_in_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch, principal: Plain, who: str) -> None:
    path = "/Resources/LogBucketPolicy/Properties/PolicyDocument/Statement/-"
    statement: Plain = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetBucketAcl", "Resource": "*"}
    broken_plan(monkeypatch, with_operations(Operation("add", path, statement)))
    assert_caught(stack, 4, who)


@pytest.mark.parametrize(
    "operation",
    [
        Operation("add", f"{CONFIG}/Condition/StringEquals/aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        Operation("remove", f"{CONFIG}/Condition"),
        Operation("add", f"{CONFIG}/Principal/Service", "sns.amazonaws.com"),
        Operation("remove", CONFIG),
    ],
    ids=["narrowed", "widened", "another service", "removed"],
)
def test_another_service_whose_rights_change_is_caught(
    stack: Path, monkeypatch: pytest.MonkeyPatch, operation: Operation
) -> None:
    broken_plan(monkeypatch, with_operations(operation))
    assert_caught(stack, 4, "what LogBucketPolicy says of")


def test_a_second_run_that_would_change_something_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(plan: Plan) -> Plan:
        forgotten = [one for applied in plan.applied if applied.patch.id == "s3-key-use" for one in applied.operations]
        return replace(plan, operations=tuple(one for one in plan.operations if one not in forgotten))

    broken_plan(monkeypatch, forgetful)
    assert_caught(stack, 5, "it would change /Resources/LogKey/Properties/KeyPolicy/Statement/")


def test_a_stranger_who_is_let_in_is_caught(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that goes is not missed by CloudTrail, nor by any other principal of the policy: only strangers gain by it."""
    guard = "/Resources/LogBucketPolicy/Properties/PolicyDocument/Statement/2/Condition"
    broken_plan(monkeypatch, with_operations(Operation("remove", guard)))
    assert_caught(stack, 6, "a trail of another account may s3:GetBucketAcl")


def test_a_stranger_who_is_let_into_a_folder_that_no_trail_here_writes_to_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Path(__file__).parent / "cases" / "all-patches" / "folder-of-another-trail" / "before.yaml"
    file = tmp_path / "stack.yaml"
    file.write_bytes(case.read_bytes())
    guard = "/Resources/Policy/Properties/PolicyDocument/Statement/1/Condition"
    broken_plan(monkeypatch, with_operations(Operation("remove", guard)))
    assert_caught(file, 6, "a trail of another account may s3:PutObject")


def test_an_order_that_is_forgotten_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(plan: Plan) -> Plan:
        kept = [one for one in plan.operations if "DependsOn" not in one.path]
        return replace(plan, operations=tuple(kept))

    stack = Path(shutil.copy(EXAMPLES / "minimal.yaml", tmp_path))
    broken_plan(monkeypatch, forgetful)
    assert_caught(stack, 5, "it would change /Resources/Trail/DependsOn")
