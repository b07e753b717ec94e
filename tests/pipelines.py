"""What runs the tool in a pipeline: GitHub's runner with the steps of action.yml, and pre-commit with the hooks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: list[Any] = ACTION["runs"]["steps"]
HOOKS: list[Any] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
SOURCES = ("remediate", "patches", ".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE")
takes_long = pytest.mark.skipif(
    "REMEDIATE_TEST_HOOKS" not in os.environ, reason="takes long: set REMEDIATE_TEST_HOOKS to install the tool"
)
needs_pre_commit = pytest.mark.skipif(shutil.which("pre-commit") is None, reason="pre-commit is not installed")
needs_bash = pytest.mark.skipif(
    shutil.which("bash") is None or shutil.which("git") is None, reason="bash or git is not installed"
)


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, and return what it says."""
    named = ("user.name=x", "user.email=x@example.com", "commit.gpgsign=false", "core.quotePath=false")
    settings = [word for one in named for word in ("-c", one)]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def committed(folder: Path) -> Path:
    """Make a folder a repository with all its files."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub's servers do
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=files")
    return folder


@dataclass
class Runner:
    """What GitHub's runner does for a composite action: values of expressions, an environment, outputs."""

    workspace: Path
    folder: Path
    values: dict[str, str]
    said: str = ""
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self, step_id: str) -> int:
        """Run a step as ``shell: bash`` is run, and return its exit code."""
        step = next(one for one in STEPS if one["id"] == step_id)
        script, output = self.folder / f"{step_id}.sh", self.folder / f"{step_id}.out"
        script.write_text(step["run"])
        output.touch()
        environment = {**os.environ, "RUNNER_TEMP": str(self.folder), "GITHUB_OUTPUT": str(output)}
        environment["GITHUB_STEP_SUMMARY"] = str(self.folder / "summary.md")
        environment |= {name: self.value(str(text)) for name, text in step["env"].items()}
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        done = subprocess.run(command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False)
        self.said += done.stdout + done.stderr
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.values[f"steps.{step_id}.outputs.{name}"] = self.outputs[name] = value
        return done.returncode

    def value(self, text: str) -> str:
        """Return a text with the values of its expressions; of alternatives, the first that is not empty."""
        return EXPRESSION.sub(
            lambda found: next(filter(None, (self.values.get(one.strip(), "") for one in found[1].split("||"))), ""), text
        )

    def annotations(self) -> list[str]:
        return [line for line in self.said.splitlines() if line.startswith(("::error", "::warning", "::notice"))]

    def listed(self) -> list[str]:
        return [os.fsdecode(one) for one in Path(self.outputs["list"]).read_bytes().split(b"\0") if one]

    def summary(self) -> str:
        return (self.folder / "summary.md").read_text("utf-8")


def runner_for(repository: Path, branch: str, folder: Path) -> Runner:
    """Return a runner that has checked out a branch alone, without its history, and has the tool of these sources."""
    workspace, temporary = folder / "work space", folder / "runner temp"
    git(folder, "clone", "--quiet", "--depth=1", f"--branch={branch}", repository.as_uri(), str(workspace))
    temporary.mkdir()
    program = temporary / "remediate"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -P -m remediate "$@"\n')
    if sys.version_info < (3, 11):
        program.write_text(program.read_text().replace(" -P ", " "))
    program.chmod(0o755)
    values = {f"inputs.{name}": one["default"] for name, one in ACTION["inputs"].items()}
    values |= {"steps.install.outputs.program": str(program), "github.action_path": str(ROOT)}
    return Runner(workspace, temporary, values)


def copy_of_tool(folder: Path) -> Path:
    """Make a folder a repository of the tool as it is now, for pre-commit to install."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return committed(folder)


def tries(tool: Path, project: Path, home: Path, hook: str) -> tuple[int, str]:
    """Run a hook over all files of a repository; return pre-commit's exit code and what it says."""
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [
            "pre-commit",
            "try-repo",
            str(tool),
            hook,
            "--all-files",
            "--color=never",
            "--ref",
            git(tool, "rev-parse", "HEAD").strip(),
        ],
        cwd=project,
        env=environment | {"PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
