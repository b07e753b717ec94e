"""Asking for each change: what is written is what the chosen ones give alone, with every guarantee."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

import remediate
from remediate.cli import main
from remediate.delivery.locate import Given
from remediate.engine import remediate_all
from remediate.patch_set import load_all
from remediate.plan import Options
from tests.templates import SOME

ROOT = Path(__file__).parent.parent
SETS = load_all("create", ["all"], None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("minimal.yaml", "stack.yaml"):
        (tmp_path / name).write_bytes((ROOT / "examples" / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("remediate.cli.interactive._is_terminal", lambda: True)
    return tmp_path


def run(*arguments: str, answers: str) -> Result:
    return CliRunner().invoke(main, ["fix", "-i", *arguments], input=answers, prog_name="remediate", terminal_width=100)


def asked(result: Result) -> list[str]:
    return re.findall(r"^([a-z-]+ \(\w+\)): ", result.stderr.split("files checked")[0], re.MULTILINE)


@pytest.mark.parametrize(
    ("answers", "selected"),
    [
        pytest.param("y\ny\n", ["bucket-checks", "trail-order"], id="both"),
        pytest.param("y\nn\n", ["bucket-checks"], id="the first"),
        pytest.param("n\ny\n", ["trail-order"], id="the second"),
        pytest.param("?\nwhat\n\nn\na\n", ["trail-order"], id="after help"),
        pytest.param("a\n", ["bucket-checks", "trail-order"], id="all"),
        pytest.param("y\nd\n", ["bucket-checks"], id="none of the rest"),
        pytest.param("y\nq\n", ["bucket-checks"], id="quit"),
        pytest.param("y\n", ["bucket-checks"], id="the end of the input"),
        pytest.param("d\n", [], id="none"),
        pytest.param("q\n", [], id="quit at once"),
    ],
)
def test_the_chosen_changes_are_made(folder: Path, answers: str, selected: list[str]) -> None:
    original = (folder / "minimal.yaml").read_bytes()
    expected = remediate.fix(folder / "minimal.yaml", select=selected).to_bytes() if selected else original
    result = run("minimal.yaml", answers=answers)
    assert (folder / "minimal.yaml").read_bytes() == expected
    assert result.exit_code == (0 if len(selected) == 2 else 1)


def test_quitting_leaves_later_files_and_not_earlier_ones(folder: Path) -> None:
    before = (folder / "stack.yaml").read_bytes()
    result = run("minimal.yaml", "stack.yaml", answers="a\nq\n")
    assert b"GetBucketAcl" in (folder / "minimal.yaml").read_bytes()
    assert (folder / "stack.yaml").read_bytes() == before
    assert result.stderr.count("Make this change in stack.yaml; 5 more [y,n,a,d,q,?]? ") == 1
    again = run("stack.yaml", "minimal.yaml", answers="q\n")
    assert "Make this change in minimal.yaml" not in again.stderr
    assert (folder / "stack.yaml").read_bytes() == before


def test_each_question_shows_what_the_change_does(folder: Path) -> None:
    result = run("--dry-run", "minimal.yaml", answers="y\ny\n")
    first, second = result.stderr.split("Make this change in minimal.yaml; 1 more [y,n,a,d,q,?]? ")
    assert "+            Action:" in first
    assert "DependsOn" not in first
    assert "+    DependsOn: LogBucketPolicy" in second
    assert (folder / "minimal.yaml").read_bytes() == (ROOT / "examples" / "minimal.yaml").read_bytes()


@pytest.mark.parametrize("answers", ["n\ny\n", "n\na\n"])
def test_what_was_declined_is_said_to_be(folder: Path, answers: str) -> None:
    result = run("minimal.yaml", answers=answers)
    assert result.exit_code == 1
    assert "minimal.yaml: 1 fix applied to Trail; 1 problem declined\n" in result.stderr
    assert "  ! declined: get-bucket-acl (LogBucketPolicy): no statement allows" in result.stderr
    assert "1 file checked: 1 error, 1 warning; 1 fix applied; 1 problem declined\n" in result.stderr
    assert "manual action" not in result.stderr
    assert (folder / "minimal.yaml").read_bytes() != (ROOT / "examples" / "minimal.yaml").read_bytes()


def test_several_environments_are_not_asked_about(folder: Path) -> None:
    (folder / "a.env").write_text("A=1\n", "utf-8")
    (folder / "b.env").write_text("A=2\n", "utf-8")
    message = "--interactive takes one environment: name one with --parameter-file"
    given = run("minimal.yaml", "--parameter-file", "a.env", "--parameter-file", "b.env", answers="y\n")
    assert (given.exit_code, f"Error: {message}" in given.stderr) == (2, True)
    (folder / ".remediate.toml").write_text('[parameter-files]\na = "a.env"\nb = "b.env"\n', "utf-8")
    configured = run("minimal.yaml", answers="y\n")
    assert configured.exit_code == 2
    assert f"minimal.yaml: {message}; the file is unchanged\n" in configured.stderr
    assert "internal error" not in configured.stderr


def test_nobody_is_asked_without_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("-", answers="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert '"-" cannot be a template' in result.stderr
    monkeypatch.undo()
    result = run(str(folder / "minimal.yaml"), answers="y\n")
    assert result.exit_code == 2
    assert "must be a terminal" in result.stderr


def test_on_a_terminal(folder: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no pseudo-terminals")
    import pty

    master, slave = pty.openpty()
    command = [sys.executable, "-m", "remediate", "fix", "--interactive", "minimal.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    os.write(master, b"n\ny\n")
    done = subprocess.run(command, stdin=slave, stdout=subprocess.PIPE, stderr=slave, env=environment, check=False)
    os.close(slave)
    os.close(master)
    assert done.returncode == 1
    assert b"DependsOn: LogBucketPolicy" in (folder / "minimal.yaml").read_bytes()
    assert b"+    DependsOn: LogBucketPolicy" in done.stdout


def choices(path: Path) -> Iterator[frozenset[tuple[str, str]]]:
    applied = remediate.fix(path, service="all").applied
    names = [(one.patch.id, one.logical_id) for one in applied]
    yield from (frozenset({one}) for one in names)
    chance = random.Random(path.as_posix())  # noqa: S311  # it keeps no secret
    yield from (frozenset(chance.sample(names, len(names) // 2)) for _ in range(3 if len(names) > 2 else 0))


@pytest.mark.parametrize("path", SOME, ids=lambda one: "/".join(one.parts[-3:]))
def test_every_choice_keeps_the_guarantees(path: Path) -> None:
    for declined in choices(path):
        report = remediate_all(path.read_bytes(), path.name, SETS, replace(Options(Given()), declined=declined))
        assert not declined & {(one.patch.id, one.logical_id) for one in report.applied}
