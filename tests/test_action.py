"""The GitHub Action: its shell steps, taken out of action.yml and run by bash in a checkout such as GitHub makes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipelines import ACTION, ROOT, STEPS, Runner, committed, git, needs_bash, runner_for, takes_long

BROKEN = ROOT / "examples" / "minimal.yaml"
HEALTHY = ROOT / "examples" / "healthy.yaml"
ODD = 'it\'s $(touch pwned) `touch pwned`; "x".yaml'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a base commit, and a pull request that changes some of its files."""
    folder = tmp_path / "origin"
    (folder / "infra").mkdir(parents=True)
    shutil.copy(BROKEN, folder / "untouched.yaml")
    shutil.copy(HEALTHY, folder / "infra" / "logs.yaml")
    shutil.copy(HEALTHY, folder / "deleted.yaml")
    committed(folder)
    git(folder, "switch", "--quiet", "--create=change")
    shutil.copy(BROKEN, folder / "infra" / "logs.yaml")
    shutil.copy(BROKEN, folder / ODD)
    (folder / "deleted.yaml").unlink()
    (folder / "compose.yml").write_text("services: {}\n")
    (folder / "read.me").write_text("changed\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=change")
    return folder


@pytest.fixture
def runner(repository: Path, tmp_path: Path) -> Runner:
    """Return a runner that has checked out the pull request alone, without its history."""
    return runner_for(repository, "change", tmp_path)


@pytest.fixture
def pull_request(runner: Runner, repository: Path) -> Runner:
    runner.values["github.event.pull_request.base.sha"] = git(repository, "rev-parse", "main").strip()
    return runner


def test_no_script_holds_an_expression() -> None:
    assert [one["name"] for one in STEPS if "${{" in one["run"]] == []


def test_each_step_has_its_values_from_the_environment_alone() -> None:
    for one in STEPS:
        own = {*one["env"], "RUNNER_TEMP", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "PWD"}
        assert {*re.findall(r"\$\{?([A-Z_]+)\b", one["run"])} <= own, one["name"]
        assert one["shell"] == "bash"


def test_each_output_is_one_that_a_step_writes() -> None:
    for one in [*ACTION["outputs"].values(), *({"value": text} for step in STEPS for text in step["env"].values())]:
        for step_id, name in re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", one["value"]):
            script = next(step["run"] for step in STEPS if step["id"] == step_id)
            assert f'"{name}=' in script, name


@needs_bash
def test_a_pull_request_has_its_changed_templates_checked(pull_request: Runner) -> None:
    assert pull_request.run("files") == 0, pull_request.said
    assert sorted(pull_request.listed()) == ["compose.yml", "infra/logs.yaml", ODD]
    assert pull_request.outputs["changed"] == "true"
    assert not list(pull_request.workspace.rglob("pwned"))


@needs_bash
def test_paths_limit_what_a_pull_request_has_checked(pull_request: Runner) -> None:
    pull_request.values["inputs.paths"] = "infra\n\nno such folder\n"
    assert pull_request.run("files") == 0, pull_request.said
    assert pull_request.listed() == ["infra/logs.yaml"]


@needs_bash
@pytest.mark.parametrize("why", ["a push", "changed-only is false", "settings differ", "no base commit", "no repository"])
def test_all_templates_are_checked(why: str, pull_request: Runner, repository: Path) -> None:
    if why == "a push":
        pull_request.values["github.event.pull_request.base.sha"] = ""
    elif why == "changed-only is false":
        pull_request.values["inputs.changed-only"] = "false"
    elif why == "settings differ":
        (repository / "infra" / ".remediate.toml").write_text('fail-on = "error"\n')
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message=settings")
        git(pull_request.workspace, "pull", "--quiet")
    elif why == "no base commit":
        pull_request.values["github.event.pull_request.base.sha"] = "0123456789" * 4
    else:
        shutil.rmtree(pull_request.workspace / ".git")
    assert pull_request.run("files") == 0, pull_request.said
    assert pull_request.listed() == ["."]
    assert pull_request.outputs["changed"] == "false"
    assert bool(pull_request.annotations()) == (why in {"no base commit", "no repository"})


OVERRIDE = '[[overrides]]\npaths = ["*"]\n'
OWN = "infra/.remediate.toml"
SETTINGS = {  # a configuration and where it is, the input args, and the file that the pull request changes
    "parameters": (OWN, '[parameter-files]\nprod = "p/prod.json"', "", "infra/p/prod.json"),
    "parameters above": (OWN, 'parameter-files = { "x" = "../\u00e9 #1.json" }', "", "\u00e9 #1.json"),
    "parameters in an override": (OWN, f'{OVERRIDE}parameter-files = {{ x = "p.json" }}', "", "infra/p.json"),
    "parameters in pyproject.toml": ("pyproject.toml", '[tool.remediate.parameter-files]\nx = "p.json"', "", "p.json"),
    "patches": (OWN, 'patches = "own"', "", "infra/own/cloudtrail/create/010-x.yaml"),
    "patches in an override": (OWN, f'{OVERRIDE}patches = "."', "", "infra/cloudtrail/create/010-x.yaml"),
    "args with parameters": ("x.toml", "", "--service=all\n--parameter-file=prod=p.json\n", "p.json"),
    "args with parameters of no name": ("x.toml", "", "--parameter-file=p.json", "p.json"),
    "args with patches": ("x.toml", "", "--patches=own", "own/cloudtrail/create/010-x.yaml"),
    "args with a configuration": ("x.toml", '[parameter-files]\nprod = "p.json"', "--config=x.toml", "p.json"),
    "a configuration that is broken": (OWN, "patches = [", "", "p.json"),
}
OTHERS = {
    "parameters that nothing names": (OWN, '[parameter-files]\nprod = "p/prod.json"', "", "infra/p/test.json"),
    "what is named for another reason": (OWN, 'exclude = ["p.json"]\nselect = ["patches"]', "", "infra/p.json"),
    "a file of another project": ("pyproject.toml", '[tool.x]\npatches = "p.json"', "--service=all", "p.json"),
}


@needs_bash
@pytest.mark.parametrize(
    ("file", "text", "args", "changed"), [*SETTINGS.values(), *OTHERS.values()], ids=[*SETTINGS, *OTHERS]
)
def test_what_settings_name_is_a_setting(file: str, text: str, args: str, changed: str, tmp_path: Path) -> None:
    folder = tmp_path / "origin"
    for name, content in ((file, text), (changed, "{}"), ("infra/logs.yaml", HEALTHY.read_text("utf-8"))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    committed(folder)
    git(folder, "switch", "--quiet", "--create=change")
    (folder / changed).write_text("{ }", "utf-8")
    git(folder, "commit", "--quiet", "--all", "--message=change")
    runner = runner_for(folder, "change", tmp_path)
    runner.values |= {"github.event.pull_request.base.sha": git(folder, "rev-parse", "main").strip(), "inputs.args": args}
    assert runner.run("files") == 0, runner.said
    assert (runner.outputs["changed"] == "false") == ((file, text, args, changed) in SETTINGS.values()), runner.said
    assert runner.annotations() == []


@needs_bash
def test_the_check_annotates_errors_first_and_writes_its_reports(pull_request: Runner) -> None:
    pull_request.run("files")
    assert pull_request.run("check") == 1, pull_request.said
    levels = [one.split()[0] for one in pull_request.annotations()]
    assert levels == ["::error", "::error", "::warning", "::warning"]
    assert "untouched.yaml" not in pull_request.said
    assert '"startLine": 27' in Path(pull_request.outputs["sarif-file"]).read_text("utf-8")
    assert "infra/logs.yaml" in pull_request.summary()
    assert pull_request.outputs["exit-code"] == "1"
    assert not list(pull_request.workspace.rglob("pwned"))


@needs_bash
def test_options_reach_the_check_as_they_are(pull_request: Runner) -> None:
    pull_request.values |= {"inputs.fail-on": "never", "inputs.args": "--parameter=X=$(touch pwned)\n--service=all\n"}
    pull_request.run("files")
    assert pull_request.run("check") == 2  # no template has that parameter
    assert "X: no template of this run has this parameter" in pull_request.said
    pull_request.values["inputs.args"] = "--service=all"
    assert pull_request.run("check") == 0
    assert not list(pull_request.workspace.rglob("pwned"))


@needs_bash
def test_a_pull_request_without_templates_passes(pull_request: Runner) -> None:
    pull_request.values["inputs.paths"] = "read.me"
    pull_request.run("files")
    assert pull_request.listed() == []
    assert pull_request.run("check") == 0, pull_request.said
    assert pull_request.annotations() == []


@needs_bash
def test_a_summary_that_is_too_long_is_left_out(pull_request: Runner) -> None:
    pull_request.values["inputs.args"] = "--no-such-option"
    (pull_request.folder / "remediate.md").write_text("x" * 1_100_000)
    pull_request.run("files")
    assert pull_request.run("check") == 2
    assert "too long for a summary" in pull_request.summary()


@needs_bash
@takes_long
def test_the_tool_is_installed_where_the_workspace_cannot_change_it(runner: Runner) -> None:
    (runner.workspace / "venv.py").write_text("raise SystemExit('the file of the workspace was run')\n")
    (runner.workspace / "pip.py").write_text("raise SystemExit('the file of the workspace was run')\n")
    (runner.workspace / "yaml.py").write_text("raise SystemExit('the file of the workspace was run')\n")
    runner.values["inputs.python"] = sys.executable
    assert runner.run("install") == 0, runner.said
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [runner.outputs["program"], "check", "infra"], cwd=runner.workspace, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, "infra/logs.yaml:27:13: error" in done.stdout) == (1, True), done.stderr
