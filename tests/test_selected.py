"""A run with ``--select`` is judged on the selected patches alone, and says of what it was not asked in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import remediate
from remediate.cli import main
from tests.templates import CASES, some

ROOT = Path(__file__).parent.parent
STACK = str(ROOT / "examples" / "stack.yaml")
MINIMAL = str(ROOT / "examples" / "minimal.yaml")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="remediate", terminal_width=100)


@pytest.mark.parametrize("command", [["fix", "--dry-run"], ["check"], ["simulate"]])
def test_a_patch_that_has_nothing_to_do_is_no_problem(command: list[str]) -> None:
    result = run(*command, "--select", "trail-order", STACK)
    assert result.exit_code == 0
    assert "still denied" not in result.stderr
    assert "6 other problems are not about the selected patches" in result.stderr + result.stdout


def test_a_patch_that_has_nothing_to_do_is_said() -> None:
    assert (
        "kept: trail-order: there was nothing to change" in run("fix", "--dry-run", "--select", "trail-order", STACK).stderr
    )


@pytest.mark.parametrize("command", ["check", "simulate"])
def test_what_the_selected_patch_is_about_counts(command: str) -> None:
    assert run(command, "--select", "trail-order", MINIMAL).exit_code == (1 if command == "check" else 0)
    assert run(command, "--select", "log-delivery", STACK).exit_code == 1


def test_lists_have_commas_and_may_be_repeated() -> None:
    several = run("fix", "--dry-run", "--select", "bucket-checks, trail-order", MINIMAL)
    assert several.exit_code == 0
    assert several.stdout == run("fix", "--dry-run", "--select", "bucket-checks", "--select", "trail-order", MINIMAL).stdout
    assert several.stdout == run("fix", "--dry-run", MINIMAL).stdout
    ignored = run("check", "--ignore", "missing-action,no-statement,trail-before-policy", MINIMAL)
    assert ignored.exit_code == 0
    unknown = run("fix", "--dry-run", "--select", "bucket-checks,nope", MINIMAL)
    assert unknown.exit_code == 2
    assert "no patch 'nope'" in unknown.stderr


def test_a_deny_in_the_way_of_a_selected_patch_is_told(tmp_path: Path) -> None:
    deny = (
        "          - {Sid: Never, Effect: Deny, Principal: '*', Action: s3:PutObject, Resource: !Sub '${LogBucket.Arn}/*'}\n"
    )
    text = Path(MINIMAL).read_text("utf-8")
    assert "        Statement:\n" in text
    (tmp_path / "x.yaml").write_text(text.replace("        Statement:\n", f"        Statement:\n{deny}"), "utf-8")
    assert run("fix", "--dry-run", "--select", "log-delivery", str(tmp_path / "x.yaml")).exit_code == 1
    assert run("fix", "--dry-run", "--select", "trail-order", str(tmp_path / "x.yaml")).exit_code == 0


@pytest.mark.parametrize("path", some(CASES), ids=lambda one: "/".join(one.parts[-3:-1]))
def test_each_problem_is_that_of_a_patch_or_of_all_runs(path: Path) -> None:
    """What a whole run leaves to do is also left by the selections of its patches together, and by no other run."""
    patches = [one.id for one in remediate.patch_set.load("create").patches]
    whole = remediate.fix(path)
    alone = [remediate.fix(path, select=[one]) for one in patches]
    left = {(one.subject, one.logical_id) for one in whole.unfixed if one.why in {"obstacle", "blocked", "outside"}}
    told = {(one.subject, one.logical_id) for report in alone for one in report.unfixed}
    assert left <= told
    for patch, report in zip(patches, alone, strict=True):
        assert {one.patch.id for one in report.applied} <= {patch}


def test_a_patch_for_other_policies_that_is_left_out_holds_nothing_back() -> None:
    """Patches for topics are about aws:SourceArn too: what they would do there says nothing of bucket policies."""
    path = ROOT / "tests" / "cases" / "no-fragile-source" / "in-if" / "before.yaml"
    whole = remediate.fix(path)
    assert remediate.fix(path, select={one.patch.id for one in whole.applied} | {"no-fragile-source"}).after == whole.after


@pytest.mark.parametrize("nothing", ["", ",", " , "])
def test_a_selection_of_nothing_is_a_mistake(nothing: str, tmp_path: Path) -> None:
    result = run("fix", "--dry-run", "--select", nothing, MINIMAL)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Invalid value for --select: the list is empty" in result.stderr
    assert run("fix", "--dry-run", "--ignore", nothing, MINIMAL).stdout == run("fix", "--dry-run", MINIMAL).stdout
    (tmp_path / "own.toml").write_text(f'select = ["{nothing}"]\n', "utf-8")
    configured = run("fix", "--dry-run", "--config", str(tmp_path / "own.toml"), MINIMAL)
    assert (configured.exit_code, "own.toml:1:1: select: the list is empty" in configured.stderr) == (2, True)
    with pytest.raises(remediate.BadChoice):
        remediate.fix(Path(MINIMAL), select=nothing)
