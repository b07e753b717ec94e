"""The diff is one that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from remediate.engine import Report
from remediate.report import diff

NUMBERED = "".join(f"line {number}\n" for number in range(1, 41))

PAIRS = {
    "one line": ("a\nb\nc\n", "a\nB\nc\n"),
    "first line": ("a\nb\n", "A\nb\n"),
    "insertion at the end": ("a\nb\n", "a\nb\nc\n"),
    "no final newline before and after": ("a\nb", "a\nB"),
    "no final newline, line added": ("a\nb", "a\nb\nc"),
    "final newline gained": ("a\nb", "a\nb\n"),
    "carriage returns": ("a\r\nb\r\nc\r\n", "a\r\nB\r\nx\r\nc\r\n"),
    "mixed line ends": ("a\r\nb\nc\n", "a\r\nB\nc\n"),
    "form feed and next line inside a line": ("a\x0cb\x85c\u2028d\nend\n", "a\x0cb\x85c\u2028D\nend\n"),
    "two hunks": (NUMBERED, NUMBERED.replace("line 5\n", "five\n").replace("line 30\n", "thirty\nand more\n")),
    "all lines": ("a\nb\n", "c\nd\ne\n"),
}


def report(name: str, before: str, after: str, *, bom: bool = False) -> Report:
    return Report(name, before, after, bom, operations=())


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS.keys())
@pytest.mark.parametrize("bom", [False, True], ids=["", "byte-order mark"])
def test_git_applies_it(tmp_path: Path, before: str, after: str, bom: bool) -> None:
    one = report("sub/stack.yaml", before, after, bom=bom)
    file = tmp_path / "sub" / "stack.yaml"
    file.parent.mkdir()
    file.write_bytes((b"\xef\xbb\xbf" if bom else b"") + before.encode())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, check=True, input=diff.render(one).encode())
    assert file.read_bytes() == one.to_bytes()


def test_names_the_lines_of_a_late_change() -> None:
    rendered = diff.render(report("x.yaml", NUMBERED, NUMBERED.replace("line 30\n", "thirty\n")))
    assert rendered == (
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -27,7 +27,7 @@\n line 27\n line 28\n line 29\n-line 30\n+thirty\n"
        " line 31\n line 32\n line 33\n"
    )


def test_says_that_there_is_no_final_newline() -> None:
    assert diff.render(report("x.yaml", "a\nb", "a\nc")) == (
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,2 +1,2 @@\n a\n"
        "-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )


def test_is_empty_where_nothing_changes() -> None:
    assert diff.render(report("x.yaml", "a\n", "a\n")) == ""


def test_an_absolute_path_becomes_relative_to_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert diff.render(report(str(tmp_path / "x.yaml"), "a\n", "b\n")).startswith("--- a/x.yaml\n+++ b/x.yaml\n")
