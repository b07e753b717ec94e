"""What a terminal gets: lines that fit, colours for severities, and one closing line over all files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from remediate import fix
from remediate.cli import main
from remediate.report.terminal import painted, width
from remediate.report.totals import health
from tests.templates import SOME

EXAMPLES = Path(__file__).parent.parent / "examples"
CENTRAL = EXAMPLES.parent / "tests" / "cases" / "all-patches" / "central-account" / "before.json"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stack.yaml", "minimal.yaml", "healthy.yaml"):
        shutil.copy(EXAMPLES / name, tmp_path)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", [["check"], ["fix", "--dry-run", "--format", "diff"], ["simulate"]])
def test_lines_fit(columns: int, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("remediate.cli.run.is_terminal", lambda _: True)
    result = run(*command, "--no-color", "stack.yaml")
    lines = [*result.stderr.splitlines(), *(result.stdout.splitlines() if command[0] != "fix" else [])]
    too_long = [line for line in lines if len(line) > columns and len(line.split()) > 1]
    assert [line for line in too_long if "files checked" not in line and "file checked" not in line] == []


@pytest.mark.parametrize(("given", "columns"), [("", 110), ("80", 80), ("wide", 110), ("1", 40)])
def test_the_width(given: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", given)
    monkeypatch.setattr("sys.stderr", None)
    monkeypatch.setattr("sys.stdout", None)
    assert width() == columns


def test_a_problem_is_one_line_for_programs() -> None:
    found = [line for line in run("check", "stack.yaml").stdout.splitlines() if line.startswith("stack.yaml:")]
    assert all(line.endswith("]") for line in found[1:])
    assert len(found) == 12


def test_severities_have_colours_where_colour_is_on() -> None:
    coloured = run("check", "--color", "minimal.yaml")
    for level, text in (("warning", "1 warning"), ("error", "1 error")):
        assert f": {painted(level, level, color=True)}: " in coloured.stdout
        assert painted(text, level, color=True) in coloured.stderr
    plain = run("check", "minimal.yaml")
    assert "\x1b" not in plain.stdout + plain.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["check"], '2 files checked (2 with log delivery): 1 error, 1 warning; 2 fixes available (run "remediate fix")'),
        (["simulate"], '2 files checked (2 with log delivery): 1 error, 1 warning; 2 fixes available (run "remediate fix")'),
        (["fix"], "2 files checked (2 with log delivery): 1 error, 1 warning; 2 fixes applied"),
        (
            ["fix", "--dry-run"],
            "2 files checked (2 with log delivery): 1 error, 1 warning; 2 fixes available (dry run, nothing written)",
        ),
    ],
)
def test_one_closing_line_over_all_files(arguments: list[str], line: str) -> None:
    assert run(*arguments, "minimal.yaml", "healthy.yaml").stderr.splitlines()[-1] == line


def test_the_closing_line_is_for_people() -> None:
    assert run("check", "--quiet", "minimal.yaml").stderr == ""
    assert run("check", "--format", "json", "minimal.yaml").stderr == ""
    assert run("check", "healthy.yaml").stderr == "1 file checked: no problems found; Trail is healthy\n"


def test_of_many_healthy_deliveries_the_first_are_named() -> None:
    report = fix(Path("healthy.yaml"))
    for count, said in ((2, "T0, T1 are healthy"), (4, "T0, T1, T2, T3 are healthy"), (9, "T0, T1, T2, 6 more are healthy")):
        several = tuple(replace(report.deliveries[0], name=f"T{number}") for number in range(count))
        assert health(replace(report, deliveries=several)) == f"; {said}"


def test_the_headline_comes_first() -> None:
    assert run("check", "minimal.yaml").stdout.startswith("minimal.yaml: 2 fixes available for LogBucketPolicy, Trail")
    Path("none.yaml").write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", "utf-8")
    assert run("check", "-v", "none.yaml").stdout == "none.yaml: no CloudTrail trail, log bucket policy or key found\n"


def test_what_is_told_only_is_not_called_new_access_by_any_report() -> None:
    told = "also newly allowed: CloudTrail on behalf of any other AWS account: s3:GetBucketLocation"
    who, what = "Principal: {Service: cloudtrail.amazonaws.com}", "Action: s3:GetBucketAcl, Resource: !GetAtt LogBucket.Arn"
    acl = f"{{Effect: Allow, {who}, {what}}}"
    open_policy = Path("minimal.yaml").read_text("utf-8").replace("Statement:\n", f"Statement:\n          - {acl}\n")
    Path("open.yaml").write_text(open_policy, "utf-8")
    fixed = run("fix", "--dry-run", "open.yaml").stderr
    simulated = run("simulate", "open.yaml").stdout
    assert f"  {told} (" in fixed
    assert f"    {told} (" in simulated
    assert "other principals tested, 0 newly allowed" in simulated
    assert '"toldOnly": true' in run("fix", "--dry-run", "--format", "json", "open.yaml").stdout
    assert '"toldOnly": false' not in run("fix", "--dry-run", "--format", "json", "open.yaml").stdout
    markdown = run("fix", "--dry-run", "--format", "markdown", "open.yaml").stdout
    assert "**Newly allowed access:** none." in markdown
    assert f"- A{told[1:]} (" in markdown
    assert "| none |\n" in markdown
    run("fix", "open.yaml")
    Path("old.yaml").write_text(open_policy, "utf-8")
    compared = run("compare", "old.yaml", "open.yaml").stdout
    assert f"  {told} (" in compared
    assert "no new access for others" in compared
    for text in (fixed, simulated, markdown, compared):
        assert "NEW ACCESS" not in text


def test_new_access_comes_before_the_table() -> None:
    shutil.copy(CENTRAL, "central.json")
    lines = run("simulate", "--review", "central.json").stdout.splitlines()
    assert lines[1] == "  access check: 28 requests by other principals tested, 2 newly allowed"
    assert lines[2].startswith(
        "    NEW ACCESS: CloudTrail on behalf of any other AWS account: kms:DescribeKey, kms:Decrypt (LogKey,"
    )
    assert "to prevent this, use --patch-set documented" in lines[4]
    summary = run("fix", "--review", "--dry-run", "central.json").stderr.splitlines()
    assert summary[1].startswith(
        "  ! NEW ACCESS: CloudTrail on behalf of any other AWS account: kms:DescribeKey, kms:Decrypt"
    )


def test_what_prevents_new_access_is_not_what_is_in_use_already() -> None:
    shutil.copy(CENTRAL, "central.json")
    documented = ("fix", "--review", "--dry-run", "--patch-set", "documented", "central.json")
    terminal, markdown = run(*documented).stderr, run(*documented, "--format", "markdown").stdout
    assert "NEW ACCESS" in terminal
    assert "to prevent this, add a condition on aws:SourceArn" in terminal
    assert "A condition on `aws:SourceArn` prevents this." in markdown
    assert (
        "--patch-set documented`, or" in run("fix", "--review", "--dry-run", "--format", "markdown", "central.json").stdout
    )


def test_a_headline_never_says_that_there_is_no_problem_where_one_is_listed() -> None:
    kept = EXAMPLES.parent / "tests" / "cases" / "no-fragile-source" / "statement-behind-if" / "before.yaml"
    for file in (kept, *SOME):
        headline, *listed = run("check", "-v", str(file)).stdout.splitlines() or [""]
        if "no problems found" in headline:
            assert not [line for line in listed if ": error: " in line or ": warning: " in line]
