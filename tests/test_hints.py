"""The command that a report names does what the report says: typed as it is, it takes the problem away."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate import fix
from remediate.cli import main
from remediate.engine import Report
from remediate.report.annotations import Annotation, annotate
from tests.templates import CASES, EXAMPLES, ROOT, some

COMMAND = re.compile(r"`remediate (fix.*)`")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments], prog_name="remediate", terminal_width=100)


def known_by(one: Annotation) -> tuple[str, str, str, str]:
    return one.rule, one.logical_id, one.message, one.level


def commands(report: Report) -> dict[str, list[Annotation]]:
    """Return the problems of a report by the commands that fix them."""
    found: dict[str, list[Annotation]] = {}
    for one in annotate(report):
        if command := COMMAND.search(one.remedy):
            found.setdefault(command[1], []).append(one)
    return found


@pytest.mark.parametrize("path", [*EXAMPLES, *some(CASES)], ids=lambda one: "/".join(one.parts[-3:]))
def test_every_command_fixes_its_problem(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    for command, problems in commands(fix(path, service="all")).items():
        shutil.copy(path, copy)
        result = run(*shlex.split(command), str(copy))
        assert result.exit_code != 2, result.output
        left = {known_by(one) for one in annotate(fix(copy, service="all"))}
        assert not [one for one in problems if known_by(one) in left], command


def test_patches_that_need_each_other_are_named_together() -> None:
    found = {one.rule: one.remedy for one in annotate(fix(ROOT / "examples" / "stack.yaml"))}
    assert found["missing-action"] == "fixable: `remediate fix --select cloudtrail-key-use,cloudtrail-key-access`"
    assert found["bucket-checks"] == "fixable: `remediate fix --select no-fragile-source,bucket-checks`"
    assert found["dead-condition"] == "fixable: `remediate fix --select cloudtrail-key-use`"


LEG = "tests/cases/config-bucket-ownership/public/before.yaml"


@pytest.mark.parametrize(
    ("template", "services", "expected"),
    [
        ("examples/log-group.yaml", ["all"], {"log-groups"}),
        ("examples/log-group.yaml", ["cloudtrail", "log-groups"], {"log-groups"}),
        ("examples/access-logs.yaml", ["all"], {"s3-access-logs"}),
        (LEG, ["all"], {"s3-access-logs"}),
        (LEG, ["config"], {"config"}),
        (LEG, ["vended-logs", "config"], {"config"}),
    ],
)
def test_a_command_names_the_service_that_has_the_patch(template: str, services: list[str], expected: set[str]) -> None:
    found = commands(fix(ROOT / template, service=services))
    assert {word for one in found for word in re.findall(r"--service (\S+)", one)} == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--patch-set", "documented"], "--patch-set documented"),
        (["--review", "--generated"], "--review --generated"),
        (["--service", "config", "--service", "cloudtrail"], "--service config --service cloudtrail"),
        (["--service", "all"], "--service all"),
        ([], ""),
    ],
)
def test_a_command_has_the_options_of_the_run(options: list[str], expected: str) -> None:
    result = run("check", str(ROOT / "examples" / "minimal.yaml"), *options)
    command = f"remediate fix {expected}".rstrip()
    assert f"(run `{command}`)" in result.stdout
    assert f'(run "{command}")' in result.stderr


def test_precautions_are_those_of_the_service_and_the_set(tmp_path: Path) -> None:
    healthy = tmp_path / "healthy.yaml"
    healthy.write_text(fix(ROOT / "examples" / "config.yaml", service="config").after, "utf-8")
    arguments = ["--service", "config", "--patch-set", "documented"]
    shown = run("check", str(healthy), *arguments).stdout
    assert f"to apply them: `remediate fix {' '.join(arguments)} --precautions`" in shown
