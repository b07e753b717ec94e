"""A whole monorepo on every way that a team takes: the command line, pre-commit, the Action, and a pull request."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from remediate.cli import main
from tests import monorepo
from tests.pipelines import (
    HOOKS,
    committed,
    copy_of_tool,
    git,
    needs_bash,
    needs_pre_commit,
    runner_for,
    takes_long,
    tries,
)

Made = dict[str, list[str]]
BROKEN = ("broken", "broken JSON", "stack", "stack JSON", "organization", "broken Config", "SAM", "sunset", "CDK")
UNREADABLE = ("tab", "twice")
LINE = re.compile(r"^(.+?):\d+:\d+: (error|warning|note): .* \[([a-z0-9-]+)\]$", re.MULTILINE)
NEW = "teams/日本/物流/neu & schön.yaml"
WORSE = "teams/orders/audit-0.yaml"
BETTER = "teams/search/logs-2.yaml"
GONE = "teams/payments/audit-1.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """Return the monorepo as a repository, and its templates by their kind. Tests change nothing in it."""
    folder = tmp_path_factory.mktemp("mono repo")
    templates = monorepo.write(folder)
    return committed(folder), templates


@pytest.fixture
def templates(made: tuple[Path, Made], monkeypatch: pytest.MonkeyPatch) -> Made:
    """Work in the monorepo, and return its templates by their kind."""
    monkeypatch.chdir(made[0])
    return made[1]


@pytest.fixture
def pull_request(made: tuple[Path, Made], tmp_path: Path) -> Path:
    """Return a clone of the monorepo with a branch ``change``, which is checked out."""
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(made[0]), str(folder))
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub's servers do
    git(folder, "switch", "--quiet", "--create=change")
    monorepo.change(folder)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=change")
    return folder


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(main, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def paths(made: Made, *kinds: str) -> set[str]:
    return {path for kind in kinds for path in made[kind]}


def found(text: str) -> dict[str, Counter[str]]:
    """Return how many problems of each id are said of each file."""
    told: dict[str, Counter[str]] = {}
    for path, _, rule in LINE.findall(text):
        told.setdefault(path, Counter())[rule] += 1
    return told


TOLD_ONLY = {"precautions", "other-service"}
"""What stays to be said of a template that needs nothing."""


class Checked(NamedTuple):
    """One run of ``check`` over everything: its exit code, what it says, and the folder of its reports by their format."""

    code: int
    out: str
    said: list[str]
    reports: Path

    def report(self, style: str) -> str:
        return (self.reports / style).read_text("utf-8")


@pytest.fixture(scope="module")
def checked(made: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Check everything once, with all reports that a pipeline may want."""
    reports = tmp_path_factory.mktemp("reports")
    styles = [f"--format={style}:{reports / style}" for style in ("sarif", "junit", "markdown", "json", "github", "gitlab")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made[0])
        result = run("check", "-v", "--format=text", *styles, ".")
    return Checked(result.exit_code, result.stdout, result.stderr.splitlines(), reports)


class TestMade:
    def test_it_is_the_same_each_time(self, templates: Made, tmp_path: Path) -> None:
        assert monorepo.write(tmp_path) == templates
        listed = git(Path.cwd(), "ls-files", "-z", "--cached", "--others").split("\0")[:-1]
        assert [name for name in listed if (tmp_path / name).read_bytes() != Path(name).read_bytes()] == []
        assert len(listed) == sum(one.is_file() for one in tmp_path.rglob("*"))

    def test_it_is_what_a_monorepo_has(self, templates: Made) -> None:
        assert sum(map(len, templates.values())) == len(set().union(*templates.values())) == 300
        assert Path(monorepo.LARGE).stat().st_size > 29_000_000
        ignored = git(Path.cwd(), "ls-files", "--others", "--ignored", "--exclude-standard").splitlines()
        assert ignored == ["platform/audit/trail.generated.yaml", "vendor/landing zone/trail.yaml"]


class TestCommandLine:
    def test_each_file_is_looked_at_or_left_out_for_a_reason(self, templates: Made, checked: Checked) -> None:
        listed = run("check", "--list-files", ".").stdout.splitlines()
        others = {name for name in monorepo.others() if not name.startswith(".github/")}
        assert len(listed) == len(set(listed))
        assert set(listed) == paths(templates, *templates) | others
        assert {line for line in checked.said if ": left out (" in line} == {
            "app/cdk.out: left out (made by a tool)",
            "web/node_modules: left out (made by a tool)",
            "vendor: left out (ignored by git)",
            "platform/audit/trail.generated.yaml: left out (ignored by git)",
            "legacy: left out (excluded)",
            "teams/search/trail.draft.yaml: left out (excluded)",
        }
        skipped = {
            line.partition(": not a CloudFormation template")[0] for line in checked.said if line.endswith("; skipped")
        }
        assert skipped == others
        assert run("check", "--list-files", "--force-exclude", *monorepo.LEFT_OUT).stdout == ""

    def test_each_broken_template_is_found_with_its_faults_alone(self, templates: Made, checked: Checked) -> None:
        told = found(checked.out)
        noted = {path for path in paths(templates, "healthy", "healthy JSON") if "/blue/" in path}
        assert {*told} == paths(templates, *BROKEN) | noted
        assert all(told[path] == {"precautions": 1} for path in noted)
        plain = {"trail-before-policy": 1, "missing-action": 1}
        for path in paths(templates, "broken", "broken JSON", "sunset", "CDK"):
            assert told[path] == (plain | {"trail-source": 1} if "/blue/" in path else plain), path
        for path in templates["organization"]:
            assert told[path] == {"account-path-not-allowed": 1}
        for path in templates["SAM"]:
            assert told[path] == plain | {"bucket-checks": 1}
        rules = ("delivery-channel-before-policy", "missing-action", "prefix-not-allowed", "no-statement")
        for path in templates["broken Config"]:
            assert told[path] == dict.fromkeys(rules, 1)

    def test_everything_is_counted(self, checked: Checked) -> None:
        assert checked.code == 2  # of two templates nobody can tell
        assert [line for line in checked.said if line.startswith(("platform/audit/t", "platform/audit/w"))] == [
            "platform/audit/trail.generated.yaml: left out (ignored by git)",
            'platform/audit/twice.yaml:33:1: duplicate key "Resources" (lines 4 and 33)',
            "platform/audit/with a tab.yaml:11:1: a tab in the indentation: indent with spaces",
        ]
        assert checked.said[-2] == "81 other files skipped (not CloudFormation templates)"
        assert checked.said[-1] == (
            "298 files checked (102 with log delivery): 82 errors, 44 warnings, 24 notes; "
            '124 fixes available (run "remediate fix"); 4 problems need manual action; 6 ignored; 2 files not checked'
        )

    def test_the_configuration_says_what_fails(self, templates: Made) -> None:
        assert run("check", templates["broken"][0]).exit_code == 1
        assert run("check", "sunset", "accounts", templates["healthy Config"][0]).exit_code == 0
        assert run("check", "--fail-on", "error", "sunset").exit_code == 1
        assert run("check", "--no-ignores", "accounts").exit_code == 0  # what is said then are warnings
        assert run("check", "--no-ignores", "--fail-on", "warning", "accounts").exit_code == 1

    def test_everything_is_fixed_but_what_a_tool_generates(
        self, pull_request: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(pull_request)
        git(pull_request, "switch", "--quiet", "main")
        for name in ("twice", "with a tab"):
            Path(f"platform/audit/{name}.yaml").unlink()
        result = run("fix", "-q", "--save-undo", "../undo.json", ".")
        changed = {line[3:].strip('"') for line in git(pull_request, "status", "--short").splitlines() if line[1] == "M"}
        assert (result.exit_code, len(changed)) == (1, 49)
        again = run("check", ".")
        assert (again.exit_code, {path for path, rules in found(again.stdout).items() if {*rules} - TOLD_ONLY}) == (
            1,
            {"platform/synthesized/App0.template.json", "platform/synthesized/App1.template.json"},
        )
        assert run("apply", "../undo.json").exit_code == 0
        assert {line[:2] for line in git(pull_request, "status", "--short").splitlines()} == {" D"}


class TestReports:
    """Several formats of one run tell the same."""

    def test_code_scanning(self, templates: Made, checked: Checked) -> None:
        (sarif,) = json.loads(checked.report("sarif"))["runs"]
        places = [
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for one in sarif["results"]
            if not one.get("suppressions")
        ]
        told = found(checked.out)
        assert Counter(map(unquote, places)) == {path: rules.total() for path, rules in told.items()}
        assert not any(re.search(r"[^!-~]", uri) for uri in places)
        assert sum(bool(one.get("suppressions")) for one in sarif["results"]) == len(templates["central"])
        assert len(sarif["invocations"][0]["toolExecutionNotifications"]) == len(UNREADABLE)

    def test_junit_fails_as_the_configuration_says_for_each_path(self, templates: Made, checked: Checked) -> None:
        suite = ET.fromstring(checked.report("junit"))[0]
        failed = {str(one.get("name")) for one in suite if one.find("failure") is not None}
        assert failed == paths(templates, *BROKEN) - paths(templates, "sunset")
        assert {str(one.get("name")) for one in suite if one.find("error") is not None} == paths(templates, *UNREADABLE)
        assert suite.get("tests") == "110"

    def test_the_other_formats_name_the_same_files(self, templates: Made, checked: Checked) -> None:
        told, unread = {*found(checked.out)}, paths(templates, *UNREADABLE)
        assert {one["location"]["path"] for one in json.loads(checked.report("gitlab"))} == told | unread
        annotated = re.findall(r"^::(\w+) file=(.*?),", checked.report("github"), re.MULTILINE)
        assert {name for _, name in annotated} == told | unread
        assert [level for level, _ in annotated] == ["error"] * 84 + ["warning"] * 44 + ["notice"] * 24
        written = json.loads(checked.report("json"))["templates"]
        assert len([one for one in written if one["causes"] or one["notFixed"] or one["changed"]]) == 51

    def test_the_summary_has_a_row_for_each_template_with_problems(self, templates: Made, checked: Checked) -> None:
        text = checked.report("markdown")
        rows = re.findall(r"^\| `(.*?)` \|", text.partition("\n# ")[0], re.MULTILINE)
        healthy = {path for path in paths(templates, "healthy", "healthy JSON", "healthy Config") if "/blue/" not in path}
        told = {*found(checked.out)} | paths(templates, "central", *UNREADABLE)
        assert (len(rows), set(rows)) == (len(told), told)
        assert f"<summary>{len(healthy)} templates without problems</summary>" in text
        assert {*re.findall(r"^- `(.*)`$", text.partition("\n# ")[0], re.MULTILINE)} == healthy
        assert "`teams/orders/network-0.yaml`" not in text
        assert "(patch set `cloudtrail/documented, config/documented`)" in text
        assert "cloudtrail/create, config/create, cloudtrail/documented" not in text


class TestPreCommit:
    def test_the_hook_is_given_what_check_looks_at(self, templates: Made) -> None:
        hook = HOOKS[0]
        names = git(Path.cwd(), "ls-files", "-z").split("\0")[:-1]
        given = [one for one in names if re.search(hook["files"], one) and not re.search(hook["exclude"], one)]
        assert paths(templates, *templates) <= {*given}
        assert not {*given} & {path for path in monorepo.LEFT_OUT if "cdk.out" in path or "node_modules" in path}
        _, command, *options = hook["entry"].split()
        listed = run(command, *options, "--list-files", *given).stdout.splitlines()
        assert {*listed} - {*monorepo.others()} == paths(templates, *templates)

    @takes_long
    @needs_pre_commit
    def test_pre_commit_reports_what_check_does(self, made: tuple[Path, Made], checked: Checked, tmp_path: Path) -> None:
        (tmp_path / "tool").mkdir()
        code, said = tries(copy_of_tool(tmp_path / "tool"), made[0], tmp_path / "home", "remediate-check")
        assert (code, "exit code: 2" in said) == (1, True)
        assert found(said) == found(checked.out)
        assert said.splitlines()[-2].partition("; ")[0] == checked.said[-1].partition("; ")[0]
        assert git(made[0], "status", "--short") == ""


@needs_bash
class TestAction:
    def test_a_push_has_everything_checked(self, made: tuple[Path, Made], checked: Checked, tmp_path: Path) -> None:
        runner = runner_for(made[0], "main", tmp_path)
        assert (runner.run("files"), runner.run("check")) == (0, 2), runner.said
        assert runner.annotations() == checked.report("github").splitlines()
        assert Path(runner.outputs["sarif-file"]).read_text("utf-8") == checked.report("sarif")
        assert runner.summary() == checked.report("markdown")
        assert len(runner.summary()) < 1_000_000

    def test_a_pull_request_has_its_changes_checked(self, pull_request: Path, tmp_path: Path) -> None:
        runner = runner_for(pull_request, "change", tmp_path)
        runner.values["github.event.pull_request.base.sha"] = git(pull_request, "rev-parse", "main").strip()
        assert runner.run("files") == 0, runner.said
        assert sorted(runner.listed()) == sorted([WORSE, BETTER, NEW, "k8s/service-0/deployment.yaml"])
        assert runner.run("check") == 1, runner.said
        assert sorted(re.findall(r"^::(\w+) file=(.*?),", runner.said, re.MULTILINE)) == [
            ("error", WORSE),
            ("error", NEW),
            ("warning", NEW),
        ]
        assert "1 other file skipped" in runner.said


class TestPullRequest:
    def test_what_it_would_take_to_fix_it(self, pull_request: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(pull_request)
        names = git(pull_request, "diff", "--name-only", "-z", "--diff-filter=d", "main...HEAD").encode()
        result = run("fix", "--dry-run", "--files-from=-", "--force-exclude", "--format=markdown", stdin=names)
        assert (result.exit_code, git(pull_request, "status", "--short")) == (0, "")
        rows = re.findall(r"^\| `(.*?)` \| (.*?) \|", result.stdout, re.MULTILINE)
        assert rows == [(WORSE, "1 error"), (NEW, "1 error, 1 warning")]
        assert f"<summary>1 template without problems</summary>\n\n- `{BETTER}`" in result.stdout
        assert re.findall(r"^# (.*)", result.stdout, re.MULTILINE) == [
            "Summary",
            f"CloudTrail logging in `{WORSE}`",
            f"CloudTrail logging in `{NEW}`",
        ]
        assert "**Newly allowed access:** none." in result.stdout

    def test_the_suggested_change_can_be_applied(self, pull_request: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(pull_request)
        diff = run("fix", "--dry-run", "-q", WORSE, NEW).stdout
        subprocess.run(["git", "apply"], input=diff.encode(), check=True)
        assert run("check", WORSE, NEW).exit_code == 0

    def test_what_it_does_to_log_delivery(self, pull_request: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(pull_request)
        result = run("compare", "--base", "main...", "--format", "json")
        assert result.exit_code == 1
        told: dict[str, Any] = {one["name"]: one for one in json.loads(result.stdout)["templates"]}
        assert [*told] == [WORSE, GONE, BETTER, NEW]
        new = {name: [one["id"] for one in template["problems"]["new"]] for name, template in told.items()}
        assert new == {WORSE: ["prefix-not-allowed"], GONE: [], BETTER: [], NEW: ["trail-before-policy", "missing-action"]}
        resolved = {name: len(template["problems"]["resolved"]) for name, template in told.items()}
        assert resolved == {WORSE: 0, GONE: 0, BETTER: 2, NEW: 0}
