"""Taking a fix back: the inverse JSON patch leads back to the data, and the undo file to the bytes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonpatch
import jsonschema
import pytest
from click.testing import CliRunner, Result

import remediate
from remediate.cli import main
from remediate.template import TemplateError, unshared
from remediate.undo import Undo, choose, parse, render, restored, undo_of
from tests.corpus import corpus_folder
from tests.templates import SOME, some

ROOT = Path(__file__).parent.parent
CORPUS = corpus_folder()
CORPUS_FILES = sorted(CORPUS.rglob("*")) if CORPUS else []
TEMPLATES = [*SOME, *some([one for one in CORPUS_FILES if one.suffix in {".yaml", ".yml", ".json", ".template"}])]
SCHEMA = json.loads((ROOT / "remediate" / "undo.schema.json").read_text("utf-8"))


def through_the_file(report: remediate.Report) -> tuple[Undo, ...]:
    written = json.loads(render([undo_of(report)]))
    jsonschema.validate(written, SCHEMA)
    return parse(written)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda one: "/".join(one.parts[-3:]))
def test_every_fix_can_be_taken_back(path: Path) -> None:
    raw = path.read_bytes()
    try:
        report = remediate.fix(path, service="all", review=True, precautions=True)
    except TemplateError:
        return  # what cannot be read is not fixed
    if not report.changed:
        return
    undos = through_the_file(report)
    fixed = report.to_bytes()
    back = restored(choose(undos, str(path), fixed), fixed, str(path))
    assert back.to_bytes() == raw
    patch = jsonpatch.JsonPatch([one.to_json() for one in undos[0].operations])
    assert patch.apply(unshared({**report.model_after.data})) == report.template.data


def test_enough_templates_are_tried() -> None:
    assert sum(remediate.fix(one, service="all").changed for one in SOME[:60]) > 20


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("minimal.yaml", "stack.yaml", "healthy.yaml", "stack.json"):
        (tmp_path / name).write_bytes((ROOT / "examples" / name).read_bytes())
    marked = b"\xef\xbb\xbf# \xc3\xa4\r\n" + (tmp_path / "minimal.yaml").read_bytes().replace(b"\n", b"\r\n").rstrip()
    (tmp_path / "marked.yaml").write_bytes(marked)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, prog_name="remediate", terminal_width=100)


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name != "undo.json"}


def test_several_files_become_what_they_were(folder: Path) -> None:
    before = contents(folder)
    fixed = run("fix", ".", "--save-undo", "undo.json")
    assert fixed.exit_code == 0
    assert fixed.stderr.endswith("to take this back: remediate apply undo.json\n")
    assert contents(folder) != before
    result = run("apply", "undo.json")
    assert (result.exit_code, result.stderr.count("restored")) == (0, 4)
    assert contents(folder) == before


def test_one_of_several_is_restored_by_name_and_a_moved_one_by_content(folder: Path) -> None:
    before = contents(folder)
    run("fix", "minimal.yaml", "stack.yaml", "--save-undo", "undo.json")
    assert run("apply", "undo.json", "stack.yaml").stderr == "stack.yaml: restored\n"
    (folder / "minimal.yaml").rename(folder / "moved.yaml")
    assert run("apply", "undo.json", "moved.yaml").exit_code == 0
    assert (folder / "moved.yaml").read_bytes() == before["minimal.yaml"]
    assert contents(folder).keys() - before.keys() == {"moved.yaml"}


def test_a_dry_run_shows_the_diff_and_writes_nothing(folder: Path) -> None:
    run("fix", "minimal.yaml", "--save-undo", "undo.json")
    fixed = contents(folder)
    result = run("apply", "undo.json", "--dry-run")
    assert result.stdout.startswith("--- a/minimal.yaml\n+++ b/minimal.yaml\n")
    assert result.stderr == "minimal.yaml: would be restored\n"
    assert contents(folder) == fixed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda raw: raw + b"# later\n", "the template is not what the fix left", id="changed since"),
        pytest.param(lambda _: (ROOT / "examples" / "minimal.yaml").read_bytes(), "the original already", id="twice"),
        pytest.param(lambda _: b"", "the template is not what the fix left", id="emptied"),
    ],
)
def test_a_template_that_is_another_now_is_left(folder: Path, change: object, reason: str) -> None:
    run("fix", "minimal.yaml", "--save-undo", "undo.json")
    assert callable(change)
    (folder / "minimal.yaml").write_bytes(change((folder / "minimal.yaml").read_bytes()))
    before = contents(folder)
    result = run("apply", "undo.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("minimal.yaml: ")
    assert reason in result.stderr
    assert contents(folder) == before


@pytest.mark.parametrize("part", ["edits", "operations", "originalSha256", "start"])
def test_an_undo_file_that_was_changed_restores_nothing(folder: Path, part: str) -> None:
    run("fix", "minimal.yaml", "--save-undo", "undo.json")
    written = json.loads((folder / "undo.json").read_text("utf-8"))
    match part:
        case "edits":
            written["files"][0]["edits"].pop()
        case "operations":
            written["files"][0]["operations"].pop()
        case "start":
            written["files"][0]["edits"][0]["end"] = 10**9
        case _:
            written["files"][0][part] = "0" * 64
    (folder / "undo.json").write_text(json.dumps(written), "utf-8")
    before = contents(folder)
    result = run("apply", "undo.json")
    assert result.exit_code == 2
    assert "it was changed" in result.stderr
    assert contents(folder) == before


@pytest.mark.parametrize(
    "written", ['{"remediateUndo": 2, "files": []}', '{"remediateUndo": 1}', '{"remediateUndo": 1, "files": [1]}']
)
def test_what_has_not_the_form_is_said(folder: Path, written: str) -> None:
    (folder / "undo.json").write_text(written, "utf-8")
    result = run("apply", "undo.json", "minimal.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith("undo.json:1:1: not an undo file that can be read: $")


def test_no_undo_file_is_overwritten_or_written_for_nothing(folder: Path) -> None:
    assert run("fix", "healthy.yaml", "--save-undo", "undo.json").exit_code == 0
    assert not (folder / "undo.json").exists()
    assert run("fix", "minimal.yaml", "--dry-run", "--save-undo", "undo.json").exit_code == 2
    run("fix", "minimal.yaml", "--save-undo", "undo.json")
    saved = (folder / "undo.json").read_bytes()
    result = run("fix", "stack.yaml", "--save-undo", "undo.json")
    assert result.exit_code == 2
    assert "undo.json exists already" in result.stderr
    assert (folder / "undo.json").read_bytes() == saved


def test_a_template_is_left_where_the_undo_file_cannot_be_written(folder: Path) -> None:
    before = contents(folder)
    result = run("fix", "minimal.yaml", "--save-undo", "nowhere/undo.json")
    assert result.exit_code == 2
    assert "the undo file nowhere/undo.json could not be written (No such file or directory)" in result.stderr
    assert "to take this back" not in result.stderr
    assert contents(folder) == before


def test_a_change_that_fails_is_not_in_the_undo_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert run("fix", "minimal.yaml", "--save-undo", "undo.json").exit_code == 2
    assert not (folder / "undo.json").exists()


def test_what_went_through_a_pipe_is_restored_through_one(folder: Path) -> None:
    original = (folder / "minimal.yaml").read_bytes()
    fixed = run("fix", "-", "--save-undo", "undo.json", stdin=original).stdout_bytes
    assert run("apply", "undo.json", "-", stdin=fixed).stdout_bytes == original


def test_a_json_patch_is_for_one_template(folder: Path) -> None:
    (folder / "changes.json").write_text("[]", "utf-8")
    for names in ((), ("minimal.yaml", "stack.yaml")):
        result = run("apply", "changes.json", *names)
        assert result.exit_code == 2
        assert "a JSON patch is for one template" in result.stderr
