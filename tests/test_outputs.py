"""Where reports go: one format to standard output, any number to files, and what cannot be written."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate.cli import main

EXAMPLES = Path(__file__).parent.parent / "examples"
ORIGINAL = (EXAMPLES / "minimal.yaml").read_bytes()
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files and modes")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_bytes(ORIGINAL)
    return tmp_path


def run(*arguments: str, stdin: bytes = b"") -> Result:
    result = CliRunner().invoke(main, arguments, input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_several_formats_in_one_run(folder: Path) -> None:
    result = run("check", "a.yaml", "--format", "sarif:out.sarif", "--format", "junit:out.xml", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["templates"][0]["name"] == "a.yaml"
    assert json.loads((folder / "out.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert (folder / "out.xml").read_text("utf-8").startswith("<?xml")
    assert names(folder) == ["a.yaml", "out.sarif", "out.xml"]
    assert result.stdout == run("check", "a.yaml", "--format", "json").stdout


@pytest.mark.parametrize("command", [["check"], ["fix", "--dry-run"]])
def test_a_format_for_a_file_leaves_standard_output_as_it_is(command: list[str]) -> None:
    plain, also = run(*command, "a.yaml"), run(*command, "a.yaml", "--format", "sarif:out.sarif")
    assert (plain.stdout, plain.stderr, plain.exit_code) == (also.stdout, also.stderr, also.exit_code)


@pytest.mark.parametrize(("command", "first"), [("check", "text"), ("fix", "diff")])
def test_an_output_file_takes_what_would_go_to_standard_output(folder: Path, command: str, first: str) -> None:
    options = ["--dry-run"] if command == "fix" else []
    plain = run(command, *options, "a.yaml")
    result = run(command, *options, "a.yaml", "--output-file", "out.txt")
    assert (result.stdout, result.stderr) == ("", plain.stderr)
    assert (folder / "out.txt").read_text("utf-8") == plain.stdout
    named = run(command, *options, "a.yaml", "--output-file", "out2.txt", "--format", first)
    assert (named.stdout, (folder / "out2.txt").read_text("utf-8")) == ("", plain.stdout)


def test_fix_in_place_and_in_a_pipe_write_their_reports_too(folder: Path) -> None:
    piped = run("fix", "-", "--format", "json:out.json", stdin=ORIGINAL)
    assert piped.stdout_bytes != ORIGINAL
    assert json.loads((folder / "out.json").read_text("utf-8"))["templates"][0]["name"] == "-"
    run("fix", "a.yaml", "--output-file", "out.diff")
    assert (folder / "a.yaml").read_bytes() == piped.stdout_bytes
    assert "+    DependsOn: LogBucketPolicy" in (folder / "out.diff").read_text("utf-8")


WRONG = {
    "no such folder": (
        ["--format", "sarif:nowhere/out.sarif"],
        "nowhere/out.sarif: cannot be written: No such file or directory",
    ),
    "a folder": (["--output-file", "."], ".: cannot be written: it is a folder"),
    "no name": (["--format", "sarif:"], "'sarif:' names no file behind the colon"),
    "no format": (["--format", "html:x"], "'html' is not one of text, json, json-patch"),
    "twice to standard output": (["--format", "json", "--format", "sarif:-"], "two formats go to standard output"),
    "twice to a file": (["--format", "json:x", "--format", "sarif:./x"], "two formats go to ./x"),
    "twice to a file by its option": (["--format", "json:x", "--output-file", "x"], "two formats go to x"),
    "a template": (["--format", "json:./a.yaml"], "./a.yaml is one of the templates"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_written_ends_the_run_before_anything_is_changed(
    folder: Path, options: list[str], message: str
) -> None:
    command = "check" if "html" in message else "fix"
    result = run(command, "a.yaml", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())
    assert names(folder) == ["a.yaml"]
    assert (folder / "a.yaml").read_bytes() == ORIGINAL


def test_a_template_found_in_a_folder_is_not_overwritten(folder: Path) -> None:
    (folder / "good").mkdir()
    (folder / "good" / "b.yaml").write_bytes(ORIGINAL)
    result = run("check", "good", "--format", "json:good/b.yaml", "--format", "sarif:out.sarif")
    assert result.exit_code == 2
    assert "good/b.yaml: the report could not be written: it is one of the templates" in result.stderr
    assert (folder / "good" / "b.yaml").read_bytes() == ORIGINAL
    assert (folder / "out.sarif").exists()
    assert names(folder / "good") == ["b.yaml"]


@posix
def test_a_read_only_file_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "out.json").write_text("old", "utf-8")
    monkeypatch.setattr("os.access", lambda *_: False)
    result = run("check", "a.yaml", "--format", "json:out.json")
    assert (result.exit_code, (folder / "out.json").read_text("utf-8")) == (2, "old")
    assert "out.json: cannot be written: the file is read-only" in " ".join(result.stderr.split())


@posix
def test_a_file_keeps_its_mode_and_a_link_its_target(folder: Path) -> None:
    (folder / "real.json").write_text("old", "utf-8")
    (folder / "real.json").chmod(0o640)
    (folder / "link.json").symlink_to("real.json")
    run("check", "a.yaml", "--format", "json:link.json", "--format", "sarif:new.sarif")
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_text("utf-8"))["templates"]
    assert stat.S_IMODE((folder / "real.json").stat().st_mode) == 0o640
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((folder / "new.sarif").stat().st_mode) == 0o666 & ~mask


@posix
def test_a_device_takes_a_report_or_says_why_not(folder: Path) -> None:
    assert run("check", "a.yaml", "--format", "json:/dev/null").exit_code == 1
    result = run("check", "a.yaml", "--format", "json:/dev/full")
    assert result.exit_code == 2
    assert "/dev/full: the report could not be written: No space left on device" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("1 file checked: 1 error, 1 warning;")
    assert names(folder) == ["a.yaml"]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (folder / "out.json").write_text("old", "utf-8")
    monkeypatch.setattr("os.fsync", failing)
    result = run("check", "a.yaml", "--format", "json:out.json")
    assert (result.exit_code, (folder / "out.json").read_text("utf-8")) == (2, "old")
    assert names(folder) == ["a.yaml", "out.json"]


@pytest.mark.parametrize(
    ("command", "written"), [(["check"], False), (["fix", "--dry-run"], False), (["fix", "--diff"], False), (["fix"], True)]
)
def test_the_markdown_report_says_at_the_top_that_nothing_is_written(command: list[str], written: bool) -> None:
    lines = run(*command, "--format", "markdown", "a.yaml").stdout.splitlines()
    assert ("Nothing is written: this report is of the changes that `remediate fix` would make." in lines[:4]) is not written
    assert "## What was changed and why" in lines


@pytest.mark.parametrize("style", ["gitlab", "junit", "rdjson", "sarif", "json", "github", "markdown"])
def test_what_could_not_be_checked_is_in_every_format(folder: Path, style: str) -> None:
    (folder / "bad.yaml").write_text("Resources:\n  Trail: [\n", "utf-8")
    result = run("check", "bad.yaml", "a.yaml", "--format", style)
    assert result.exit_code == 2
    assert "bad.yaml" in result.stdout
    assert "a value is missing here" in result.stdout
    assert "missing-action" in result.stdout


@pytest.mark.parametrize("style", ["gitlab", "junit", "rdjson", "sarif", "github", "markdown"])
def test_standard_input_has_a_name(style: str) -> None:
    written = run("check", "-", "--format", style, stdin=ORIGINAL).stdout
    assert "stdin" in written


def test_a_junit_test_fails_as_the_run_does() -> None:
    result = run("check", "a.yaml", "--fail-on", "never", "--format", "junit")
    assert (result.exit_code, "<failure" in result.stdout) == (0, False)
