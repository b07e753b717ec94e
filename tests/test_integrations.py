"""What the documentation and the files for other programs say of the command line is what it takes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from remediate.cli import main
from remediate.cli.program import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(rf"\bremediate ({'|'.join(COMMANDS)})\b([^`|\n#<>]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def options_of(name: str) -> set[str]:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    found = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    return found | {"--help"}


def blocks(page: Path, language: str) -> list[str]:
    return [content for found, content in FENCED.findall(page.read_text("utf-8")) if found == language]


@pytest.mark.parametrize("page", [*PAGES, ROOT / ".pre-commit-hooks.yaml", ROOT / "action.yml"], ids=lambda page: page.name)
def test_the_options_that_are_named_with_a_command_exist(page: Path) -> None:
    for name, rest in COMMAND.findall(page.read_text("utf-8")):
        assert {*OPTION.findall(rest)} <= options_of(name), f"remediate {name}{rest}"


def test_no_list_of_changed_files_names_one_that_was_deleted() -> None:
    lists = [line for page in PAGES for line in page.read_text("utf-8").splitlines() if "git diff --name-only" in line]
    assert len(lists) >= 2
    assert [line for line in lists if "--diff-filter=d" not in line] == []


def test_each_recipe_in_yaml_is_yaml_and_runs_the_tool() -> None:
    found = blocks(ROOT / "docs" / "ci.md", "yaml")
    assert len(found) >= 6
    for one in found:
        assert yaml.safe_load(one)
    assert sum("remediate" in one for one in found) == len(found) - 1  # one shows keys of a hook alone


def test_each_file_that_a_recipe_publishes_is_one_that_it_writes() -> None:
    gitlab, codebuild = (
        next(yaml.safe_load(one) for one in blocks(ROOT / "docs" / "ci.md", "yaml") if key in one)
        for key in ("codequality:", "runtime-versions:")
    )
    written = dict(re.findall(r"--format (\w+):(\S+)", " ".join(gitlab["remediate"]["script"])))
    assert written == {"gitlab": gitlab["remediate"]["artifacts"]["reports"]["codequality"], "junit": "remediate.xml"}
    assert gitlab["remediate"]["artifacts"]["reports"]["junit"] == written["junit"]
    report = codebuild["reports"]["remediate"]
    assert f"--format junit:{report['base-directory']}/{report['files'][0]}" in " ".join(
        codebuild["phases"]["build"]["commands"]
    )


def test_the_hooks_and_inputs_that_are_documented_exist() -> None:
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    hooks: Any = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    action: Any = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert {one["id"] for one in hooks} == {*re.findall(r"remediate-(?:check|fix)", text)}
    assert [*action["inputs"]] == re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    for name in action["outputs"]:
        assert f"`{name}`" in text


def test_what_the_comparison_says_of_this_tool_is_so() -> None:
    rows = re.findall(r"^\|.*\| (.*) \|$", (ROOT / "docs" / "compared.md").read_text("utf-8"), re.MULTILINE)
    named = {option for cell in rows for option in OPTION.findall(cell)}
    assert len(named) >= 7
    assert named <= set().union(*map(options_of, COMMANDS))
    commands = {word for cell in rows for word in re.findall(r"`(?:remediate )?([a-z]+)`", cell)}
    assert commands == {"check", "simulate", "compare", "apply", "explain", "overrides"}


def test_no_release_is_named_that_there_is_not() -> None:
    released = re.findall(r"^## \[(\d\S*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    text = "".join(page.read_text("utf-8") for page in [*PAGES, ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml"])
    named = re.findall(r"(?:rev: |remediate-cfn/remediate@|archive/)v?([\w.-]+?)(?:\.zip)?$", text, re.MULTILINE)
    assert len(named) >= 6
    assert {*named} <= {"REV", *released}
    assert bool(released) == ("pip install remediate-cfn" in text)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_to_commits_and_no_script_holds_an_expression(file: Path) -> None:
    workflow: Any = yaml.safe_load(file.read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [one["uses"] for one in steps if not re.search(r"^\./|@[0-9a-f]{40}$", one.get("uses", "./"))] == []
    assert [one["run"] for one in steps if "${{" in one.get("run", "")] == []
    assert workflow["permissions"] == {"contents": "read"}


def test_ci_runs_what_a_pull_request_must_pass_on_each_python_that_is_supported() -> None:
    workflow: Any = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    test = workflow["jobs"]["test"]
    assert test["strategy"]["matrix"]["python"] == ["3.10", "3.11", "3.12", "3.13"]
    assert [one["run"] for one in test["steps"] if "run" in one] == [".ci/run"]


def test_the_image_has_a_pinned_base_and_a_user_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", one) for one in bases)
    user = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert user == ["10001:10001"]
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert [one for one in copied if f"!{one}" not in ignored or not (ROOT / one).exists()] == []


def test_manual_pages_are_written_and_formatted(tmp_path: Path) -> None:
    pytest.importorskip("click_man.core", reason="click-man, of the extra dev, is not installed")
    tool = [sys.executable, str(ROOT / "tools" / "write_man_pages.py"), str(tmp_path / "man1")]
    subprocess.run(tool, check=True, capture_output=True, env={"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "0"})
    pages = {file.stem: file.read_text("utf-8") for file in (tmp_path / "man1").iterdir()}
    assert {*pages} == {"remediate", *(f"remediate-{name}" for name in COMMANDS)}
    for name, page in pages.items():
        assert "1970-01-01" in page
        assert "\b" not in page, name
    for option in options_of("fix"):
        assert option.replace("-", "\\-") in pages["remediate-fix"] or option in {"-h", "--help"}
    assert ".SH EXIT STATUS\n.TP\n.B 0\n" in pages["remediate-fix"]
    if shutil.which("groff"):
        for file in (tmp_path / "man1").iterdir():
            done = subprocess.run(
                ["groff", "-man", "-ww", "-Tutf8", "-Kutf8", str(file)], capture_output=True, text=True, check=True
            )
            assert done.stderr == "", file.name
