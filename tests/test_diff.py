"""The diff is one that ``git apply`` and ``patch`` take, whatever the file and wherever it is."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from remediate import engine
from remediate.cloudformation.model import TemplateModel
from remediate.engine import Report
from remediate.patch_set import load
from remediate.plan import Options
from remediate.report import diff
from remediate.report.lines import changes
from remediate.template import Refused, TemplateError, parse_operation, read
from tests.corpus import corpus_folder
from tests.fuzz_edits import random_patch
from tests.templates import SOME

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

ROOT = Path(__file__).parent
CORPUS = corpus_folder()
RUNS = [(file, patch_set) for file in SOME for patch_set in ("cloudtrail-create", "cloudtrail-documented")]
RUNS += [(file, "cloudtrail-create") for file in sorted((CORPUS / "templates").iterdir())] if CORPUS else []


PROGRAMS = {
    "git": ["git", "apply", "--whitespace=nowarn", "-"],
    "patch": ["patch", "-p1", "--quiet", "--force", "--no-backup-if-mismatch"],
}


@pytest.fixture(params=PROGRAMS, ids=str)
def program(request: pytest.FixtureRequest) -> str:
    """Return each program that takes patches."""
    return needed(request.param)


def needed(name: str) -> str:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed here")
    return name


def report(name: str, before: str, after: str, *, bom: bool = False) -> Report:
    template = replace(read(b"Resources: {}", name), text=before, bom=bom)
    return Report(name, template, TemplateModel(template.data), after, TemplateModel({}), operations=())


def apply(program: str, folder: Path, patch: str) -> None:
    done = subprocess.run(PROGRAMS[program], cwd=folder, check=False, input=patch.encode(), capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def assert_applies(folder: Path, changed: Report) -> None:
    """Apply the diff with each program that is there, and compare its size with that of git's own."""
    file = folder / changed.name
    file.parent.mkdir(parents=True, exist_ok=True)
    before = (b"\xef\xbb\xbf" if changed.template.bom else b"") + changed.before.encode()
    patch = diff.render(changed)
    for name in filter(shutil.which, PROGRAMS):
        file.write_bytes(before)
        apply(name, folder, patch)
        assert file.read_bytes() == changed.to_bytes(), name
    if shutil.which("git"):
        (folder / "old").write_bytes(before)
        git = ["git", "diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--", "old", changed.name]
        wanted = subprocess.run(git, cwd=folder, check=False, capture_output=True).stdout
        assert count_changed(patch.encode()) <= count_changed(wanted)
        assert len(patch.encode()) <= 1.05 * len(wanted) + 200


def count_changed(patch: bytes) -> int:
    return sum(line.startswith((b"+", b"-")) for line in patch.split(b"\n"))


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS.keys())
@pytest.mark.parametrize("bom", [False, True], ids=["", "byte-order mark"])
def test_it_applies(tmp_path: Path, program: str, before: str, after: str, bom: bool) -> None:
    changed = report("sub/stack.yaml", before, after, bom=bom)
    file = tmp_path / "sub" / "stack.yaml"
    file.parent.mkdir()
    file.write_bytes((b"\xef\xbb\xbf" if bom else b"") + before.encode())
    apply(program, tmp_path, diff.render(changed))
    assert file.read_bytes() == changed.to_bytes()


@pytest.mark.parametrize(
    ("file", "patch_set"), RUNS, ids=lambda part: part if isinstance(part, str) else "/".join(part.parts[-3:])
)
def test_every_template_that_is_patched(tmp_path: Path, file: Path, patch_set: str) -> None:
    try:
        changed = engine.remediate(file.read_bytes(), file.name, load(patch_set), Options(review=True))
    except TemplateError as error:
        pytest.skip(f"it is not patched: {error}")
    if not changed.changed:
        assert diff.render(changed) == ""
        return
    assert_applies(tmp_path, changed)


def long_template() -> dict[str, Any]:
    """Return a template that is mostly braces and lines that stand there many times."""
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": {"Ref": "Bucket"}}
    policy = {"PolicyDocument": {"Statement": [statement] * 6}}
    return {"Resources": {f"Policy{number}": {"Type": "AWS::IAM::Policy", "Properties": policy} for number in range(12)}}


LONG = json.dumps(long_template(), indent=2) + "\n"


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.sampled_from(["\n", "\r\n"]))
def test_random_edits_of_long_json(tmp_path_factory: pytest.TempPathFactory, chance: random.Random, newline: str) -> None:
    assert LONG.count("\n") > 700
    before = after = LONG.replace("\n", newline)
    for _ in range(3):
        patch = random_patch(read(after.encode(), "x.json").data, chance)
        with contextlib.suppress(Refused):
            after = engine.apply(after.encode(), "x.json", [parse_operation(one) for one in patch]).after
    changed = report("x.json", before, after)
    if changed.changed:
        assert_applies(tmp_path_factory.mktemp("diff"), changed)


LINES = st.lists(st.sampled_from(["}\n", "},\n", "{\n", "  a\n", "  b\n", "\n", "x\r\n"]), max_size=60)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(LINES, LINES, st.sampled_from(["", "}", "a"]), st.booleans())
def test_random_lines(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], last: str, bom: bool
) -> None:
    changed = report("x.json", "".join(["{\n", *old, last]), "".join(["{\n", *new]), bom=bom)
    if changed.changed:
        assert_applies(tmp_path_factory.mktemp("diff"), changed)


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(LINES, LINES)
def test_what_is_between_changes_is_the_same(old: list[str], new: list[str]) -> None:
    x = y = 0
    for start, end, new_start, new_end in changes(old, new):
        assert old[x:start] == new[y:new_start]
        assert (start, new_start) < (end, new_end)
        assert start <= end
        assert new_start <= new_end
        x, y = end, new_end
    assert old[x:] == new[y:]


def test_more_differences_than_are_looked_through_at_once() -> None:
    chance = random.Random(1)  # noqa: S311
    old, new = ([chance.choice("ab") + "\n" for _ in range(3000)] for _ in range(2))
    x = y = 0
    for start, end, new_start, new_end in changes(old, new):
        assert old[x:start] == new[y:new_start]
        x, y = end, new_end
    assert old[x:] == new[y:]


def test_shows_a_new_entry_as_a_whole() -> None:
    before = '[\n  {\n    "a": 1\n  },\n  {\n    "c": 3\n  }\n]\n'
    after = '[\n  {\n    "a": 1\n  },\n  {\n    "b": 2\n  },\n  {\n    "c": 3\n  }\n]\n'
    added = [line for line in diff.render(report("x.json", before, after)).splitlines()[2:] if line.startswith("+")]
    assert added == ["+  {", '+    "b": 2', "+  },"]


NAMES = [
    "x.yaml",
    "with space.yaml",
    " lead",
    "trail ",
    "tab\there.yaml",
    "line\nbreak.yaml",
    "é ü.yaml",
    "日本.yaml",
    'quo"te',
    "back\\slash",
    "\udcff.yaml",
    "a/b c/d.yaml",
]


@pytest.mark.skipif(os.name == "nt", reason="these names do not exist on Windows")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name(tmp_path: Path, program: str, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a\n", "utf-8")
    with in_folder(tmp_path):
        patch = diff.render(report(name, "a\n", "b\n"))
    apply(program, tmp_path, patch)
    assert file.read_text("utf-8") == "b\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed here")
@pytest.mark.skipif(os.name == "nt", reason="these names do not exist on Windows")
@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(" ")], ids=ascii)
def test_names_are_written_as_git_writes_them(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    git = ["git", "-c", "core.quotePath=true"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    file.write_text("a\n", "utf-8")
    subprocess.run([*git, "add", "."], cwd=tmp_path, check=True)
    file.write_text("b\n", "utf-8")
    done = subprocess.run([*git, "diff", "--no-ext-diff"], cwd=tmp_path, check=True, capture_output=True)
    with in_folder(tmp_path):
        patch = diff.render(report(name, "a\n", "b\n"))
    assert patch.encode().splitlines()[:2] == done.stdout.splitlines()[2:4]


@contextlib.contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


PATHS = {  # the name as given, from the folder repository/sub, and the file that it names
    "beside": ("x.yaml", "repository/sub/x.yaml"),
    "below": ("inner/x.yaml", "repository/sub/inner/x.yaml"),
    "dotted": ("./inner/../x.yaml", "repository/sub/x.yaml"),
    "up and down": ("../sub/x.yaml", "repository/sub/x.yaml"),
    "absolute": ("{root}/repository/sub/inner/x.yaml", "repository/sub/inner/x.yaml"),
    "link to a file": ("link.yaml", "repository/sub/x.yaml"),
    "link to a folder": ("linked/x.yaml", "repository/sub/inner/x.yaml"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for _, file in [*PATHS.values(), *OUTSIDE.values(), *ABOVE.values()]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(f"{file}\nold\n", "utf-8")
    sub = tmp_path / "repository" / "sub"
    (sub / "link.yaml").symlink_to("x.yaml")
    (sub / "linked").symlink_to("inner")
    (sub / "away").symlink_to(tmp_path / "outside")
    return tmp_path


@pytest.mark.parametrize("repository", [True, False], ids=["in a repository", "no repository"])
@pytest.mark.parametrize(("name", "file"), PATHS.values(), ids=PATHS.keys())
def test_it_applies_from_the_working_directory(
    tree: Path, monkeypatch: pytest.MonkeyPatch, program: str, name: str, file: str, repository: bool
) -> None:
    if repository:
        subprocess.run([needed("git"), "init", "-q"], cwd=tree / "repository", check=True)
    monkeypatch.chdir(tree / "repository" / "sub")
    changed = report(name.format(root=tree), f"{file}\nold\n", f"{file}\nnew\n")
    apply(program, Path.cwd(), diff.render(changed))
    assert (tree / file).read_text("utf-8") == changed.after


OUTSIDE = {
    "above": ("../x.yaml", "repository/x.yaml"),
    "absolute": ("{root}/outside/x.yaml", "outside/x.yaml"),
    "through a link": ("away/x.yaml", "outside/x.yaml"),
}


@pytest.mark.parametrize(("name", "file"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_file_outside_the_working_directory_is_named_from_the_root(
    tree: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    needed("patch")
    monkeypatch.chdir(tree / "repository" / "sub")
    changed = report(name.format(root=tree), f"{file}\nold\n", f"{file}\nnew\n")
    apply("patch", Path("/"), diff.render(changed))
    assert (tree / file).read_text("utf-8") == changed.after


ABOVE = {  # in the repository, but not in the working directory
    "above": ("../x.yaml", "repository/x.yaml"),
    "absolute": ("{root}/repository/x.yaml", "repository/x.yaml"),
    "beside": ("../other/x.yaml", "repository/other/x.yaml"),
}


@pytest.mark.parametrize(("name", "file"), ABOVE.values(), ids=ABOVE.keys())
def test_a_file_elsewhere_in_the_repository_is_named_from_its_top(
    tree: Path, monkeypatch: pytest.MonkeyPatch, program: str, name: str, file: str
) -> None:
    subprocess.run([needed("git"), "init", "-q"], cwd=tree / "repository", check=True)
    monkeypatch.chdir(tree / "repository" / "sub")
    changed = report(name.format(root=tree), f"{file}\nold\n", f"{file}\nnew\n")
    apply(program, tree / "repository", diff.render(changed))
    assert (tree / file).read_text("utf-8") == changed.after


@pytest.mark.parametrize("inner", ["outside", "repository/other"])
def test_a_file_of_another_repository_is_named_from_the_root(
    tree: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    for folder in ("repository", inner):
        subprocess.run([needed("git"), "init", "-q"], cwd=tree / folder, check=True)
    monkeypatch.chdir(tree / "repository" / "sub")
    file = tree / inner / "x.yaml"
    assert diff.render(report(str(file), "a\n", "b\n")).startswith(f"--- a{file}\n")


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    with in_folder(gone):
        gone.rmdir()
        patches = [diff.render(report(name, "a\n", "b\n")) for name in ("x.yaml", str(tmp_path / "x.yaml"))]
    assert [patch.splitlines()[0] for patch in patches] == ["--- a/x.yaml", f"--- a{tmp_path}/x.yaml"]


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
