"""Nothing in silence: what is a broken template is an error, what is none is passed over and counted, in every format."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from remediate.broken_lines import has_broken_lines
from remediate.cli import main
from remediate.report import json as json_format

EXAMPLE = Path(__file__).parent.parent / "examples" / "minimal.yaml"
TRAIL = "Resources:\n  Trail:\n    Type: AWS::CloudTrail::Trail\n"

BROKEN: dict[str, str | bytes] = {
    "a tab": TRAIL + "\tProperties: {}\n",
    "a duplicate key": TRAIL + "  Trail:\n    Type: AWS::SNS::Topic\n",
    "Jinja": "{% if x %}\n" + TRAIL + "{% endif %}\n",
    "a second document": TRAIL + "---\n" + TRAIL,
    "UTF-16": TRAIL.encode("utf-16"),
    "UTF-16 without a mark": TRAIL.encode("utf-16-be"),
    "UTF-32": TRAIL.encode("utf-32-le"),
    "Latin-1": ("Description: f\u00fcr alle\n" + TRAIL).encode("latin-1"),
    "half a file of JSON": '{"Resources": {"Trail": {"Type": "AWS::CloudTrail::Trail"',
    "a first line and no Resources": 'AWSTemplateFormatVersion: "2010-09-09"\nResource: {}\n',
    "a list of Resources": "Resources: [{Type: AWS::CloudTrail::Trail}]\n",
    "a cut off beginning": "Resources:\n  Trail: [\n",
}
NONE: dict[str, str | bytes] = {
    "nothing": "",
    "notes": '{"title": "not a template"}',
    "a list": "- one\n- two\n",
    "text": "just text\n",
    "a chart": "{{- if .Values.enabled }}\nkind: Deployment\n{{- end }}\n",
    "another broken file": "a: [\n",
    "two documents": "kind: A\n---\nkind: B\n",
    "a configuration that names a type": "resources:\n  - AWS::CloudTrail::Trail\n",
    "UTF-16 of something else": "name: x\n".encode("utf-16"),
    "an image": b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def write(path: str, content: str | bytes) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())


OTHER = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Name: {Type: String}
Resources:
  Topic:
    Type: AWS::SNS::Topic
"""
BROKEN_OTHERS: dict[str, str] = {
    "a duplicate resource": OTHER + "  Topic: {Type: AWS::SNS::Topic}\n",
    "a duplicate resource behind deeper lines": OTHER.replace("\n  ", "\n    ") + "    Topic: {Type: AWS::SNS::Topic}\n",
    "a duplicate section": OTHER + "Parameters: {}\n",
    "a first section once more": "Resources:\n  A: {Type: AWS::SNS::Topic}\nOutputs: {}\nResources: {}\n",
    "a line between two depths": OTHER + "   bad: x\n",
    "a line before the depth of its neighbours": OTHER + " Other: {Type: AWS::SNS::Topic}\n",
    "a duplicate key of a resource": OTHER + "    Type: AWS::SNS::Topic\n",
    "a duplicate key in quotes": OTHER + "    Properties:\n      'A': 1\n      'A': 2\n",
    "a duplicate key in an item of a list": OTHER
    + "    Properties:\n      Tags:\n        - Key: a\n          Value: b\n          Key: c\n",
    "a duplicate key behind a text": OTHER + "    Description: |\n      Type: x\n    Type: AWS::SNS::Topic\n",
    "a line behind a value that is further indented": OTHER + "      Properties: {}\n",
    "an item of a list at another depth": OTHER + "    Properties:\n      Tags:\n        - a\n       - b\n",
    "Jinja in a value": OTHER + "    Properties: {TopicName: {{ name }} }\n",
    "Jinja beside a dynamic reference": OTHER + "    Properties: {TopicName: {{ name }}, X: '{{resolve:ssm:x}}' }\n",
}


@pytest.mark.parametrize("content", BROKEN_OTHERS.values(), ids=BROKEN_OTHERS.keys())
def test_a_broken_template_about_something_else_is_an_error_in_a_folder_too(content: str) -> None:
    for newline in ("\n", "\r\n"):
        write("in/x.yaml", content.replace("\n", newline))
        result = run("check", "in")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("in/x.yaml:")


SOUND_OTHERS = {
    "the same name in two sections": "Outputs:\n  Topic: {Value: !Ref Topic}\n  Name: {Value: !Ref Name}\n",
    "items of a list with the same keys": "    Tags:\n      - Key: a\n        Value: b\n      - Key: c\n        Value: d\n",
    "items below their marks": "    Tags:\n      -\n        Key: a\n      -\n        Key: c\n",
    "a list at the column of its key": "    Tags:\n    - Key: a\n    - Key: b\n    Other: {}\n",
    "a list in a list": "    Name: !Join\n      - ''\n      - - a\n        - b\n",
    "a text with lines of all kinds": "    Code: |\n      if: a\n          b: c\n       d: e\n      if: a\n    Other: {}\n",
    "a text of one item": "    Code:\n      - |\n       a: b\n       a: b\n      - c\n",
}


@pytest.mark.parametrize("content", SOUND_OTHERS.values(), ids=SOUND_OTHERS.keys())
def test_what_looks_alike_is_no_fault(content: str) -> None:
    write("in/x.yaml", OTHER + content)
    assert run("check", "in").exit_code == 0
    assert not has_broken_lines((OTHER + content).encode())


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_template_is_an_error_in_a_folder_and_by_name(content: str | bytes) -> None:
    write("in/x.yaml", content)
    for path in ("in", "in/x.yaml"):
        result = run("check", path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("in/x.yaml:")
        assert "skipped" not in result.stderr


@pytest.mark.parametrize("content", NONE.values(), ids=NONE.keys())
@pytest.mark.parametrize("command", ["check", "fix", "simulate"])
def test_what_is_no_template_is_passed_over_with_a_note(command: str, content: str | bytes) -> None:
    write("in/x.yaml", content)
    by_name = run(command, "in/x.yaml")
    assert (by_name.exit_code, by_name.stdout, by_name.stderr.count("\n")) == (0, "", 1)
    assert by_name.stderr.startswith("in/x.yaml")
    assert "; skipped" in by_name.stderr
    in_folder = run(command, "in")
    assert (in_folder.exit_code, in_folder.stdout) == (0, "")
    assert in_folder.stderr == "1 other file skipped (not a CloudFormation template)\n"
    assert run(command, "--quiet", "in", "in/x.yaml").stderr == ""


@pytest.mark.parametrize("command", ["check", "fix", "simulate"])
def test_named_files_that_are_no_templates_are_named_in_the_count(command: str) -> None:
    files = [f"in/{name}.json" for name in "abcde"]
    for file in files:
        write(file, "[]")
    line = "skipped (not CloudFormation templates)"
    assert run(command, *files[:2]).stderr == f"2 other files {line}: in/a.json, in/b.json\n"
    assert run(command, *files).stderr == f"5 other files {line}: in/a.json, in/b.json, in/c.json and 2 more\n"
    assert run(command, files[4], "in").stderr == f"5 other files {line}: in/e.json and 4 more\n"
    assert run(command, "in").stderr == f"5 other files {line}\n"


@pytest.mark.parametrize("command", ["check", "fix", "simulate"])
def test_a_template_inside_the_source_of_a_framework_is_told_in_a_folder_too(command: str) -> None:
    write("in/serverless.yml", "service: logs\nresources:\n  Resources:\n    T: {Type: AWS::CloudTrail::Trail}\n")
    for path in ("in", "in/serverless.yml"):
        result = run(command, path)
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr.startswith(
            "in/serverless.yml:1:1: the resources of a Serverless Framework service are not checked"
        )
    write("in/serverless.yml", "service: logs\nresources:\n  Resources:\n    T: {Type: AWS::SNS::Topic}\n")
    assert "Serverless" not in run(command, "in").stderr


def test_what_is_passed_over_costs_the_others_nothing() -> None:
    write("a.json", "{}")
    write("b.yaml", EXAMPLE.read_bytes())
    result = run("check", "a.json", "b.yaml")
    assert result.exit_code == 1
    assert result.stdout.startswith("b.yaml: 2 fixes available for LogBucketPolicy, Trail (run `remediate fix`)\n")


def test_a_patch_of_something_that_cannot_be_read_is_an_error_always() -> None:
    write("x.yaml", "a: [\n")
    write("c.json", "[]")
    assert run("apply", "c.json", "x.yaml").exit_code == 2


@pytest.fixture
def failing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with one good template, a broken one, and a folder that nobody may look into."""
    write("in/broken.yaml", TRAIL + "\tx")
    write("in/good.yaml", EXAMPLE.read_bytes())
    (folder / "in" / "locked").mkdir()
    real = os.scandir

    def locked(path: Any) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", locked)
    yield
    monkeypatch.undo()


@pytest.mark.usefixtures("failing")
def test_a_folder_that_cannot_be_looked_into_costs_itself_only() -> None:
    result = run("check", "in", "in/locked")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == "in/locked: Permission denied"
    assert "in/good.yaml: 2 fixes available for" in result.stdout


@pytest.mark.parametrize("name", ["a/" * 5000, "x" * 300])
def test_a_path_that_the_system_refuses_costs_itself_only(name: str) -> None:
    write("good.yaml", EXAMPLE.read_bytes())
    result = run("check", name, "good.yaml")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0].endswith(": File name too long")
    assert "good.yaml: 2 fixes available for" in result.stdout


@pytest.mark.usefixtures("failing")
def test_json_holds_what_failed() -> None:
    schema = json.loads(Path(str(json_format.__file__)).with_name("schema.json").read_text("utf-8"))
    result = run("check", "--format", "json", "in")
    assert result.exit_code == 2
    written = json.loads(result.stdout)
    jsonschema.validate(written, schema)
    errors = {one["name"]: one["error"] for one in written["templates"] if "error" in one}
    assert errors["in/locked"] == {"message": "Permission denied", "line": 0, "column": 0}
    assert errors["in/broken.yaml"]["line"] == 4
    assert [one["name"] for one in written["templates"] if "error" not in one] == ["in/good.yaml"]


@pytest.mark.usefixtures("failing")
def test_sarif_holds_what_failed() -> None:
    invocation = json.loads(run("check", "--format", "sarif", "in").stdout)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    found = {one["message"]["text"]: one["locations"][0] for one in invocation["toolExecutionNotifications"]}
    artifact = {"uri": "in/locked", "uriBaseId": "%SRCROOT%"}
    assert found["Permission denied"] == {"physicalLocation": {"artifactLocation": artifact}}
    assert len(found) == 2
    invocation = json.loads(run("check", "--format", "sarif", "in/good.yaml").stdout)["runs"][0]["invocations"][0]
    assert invocation == {"executionSuccessful": True, "toolExecutionNotifications": []}


@pytest.mark.usefixtures("failing")
def test_workflow_commands_and_markdown_tell_what_failed() -> None:
    lines = run("check", "--format", "github", "in").stdout.splitlines()
    assert lines[0] == "::error file=in/locked,title=not checked::Permission denied"
    assert lines[1].startswith("::error file=in/broken.yaml,line=4,col=1,title=not checked::a tab")
    markdown = run("check", "--format", "markdown", "in").stdout
    assert "# Files that could not be checked\n\n- `in/locked`: Permission denied\n- `in/broken.yaml:4:1`: a tab" in markdown


@pytest.mark.parametrize(
    ("names", "form"),
    [
        (["good.yaml"], list),
        (["broken.yaml"], list),
        (["good.yaml", "broken.yaml"], dict),
        (["good.yaml", "./good.yaml"], dict),
        (["in"], dict),
        (["empty"], dict),
        (["none.json"], list),
    ],
)
def test_json_patches_have_the_form_of_what_was_asked_for(names: list[str], form: type) -> None:
    write("good.yaml", EXAMPLE.read_bytes())
    write("in/good.yaml", EXAMPLE.read_bytes())
    write("broken.yaml", TRAIL + "\tx")
    write("none.json", "{}")
    Path("empty").mkdir()
    written = json.loads(run("check", "--format", "json-patch", *names).stdout)
    assert isinstance(written, form)
    assert "broken.yaml" not in written


def test_a_report_that_cannot_be_rendered_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from remediate.report import sarif

    real = sarif.annotate

    def failing(report: Any) -> Any:
        if report.name == "a.yaml":
            raise ZeroDivisionError
        return real(report)

    monkeypatch.setattr(sarif, "annotate", failing)
    write("a.yaml", EXAMPLE.read_bytes())
    write("b.yaml", EXAMPLE.read_bytes())
    result = run("check", "--format", "sarif", "a.yaml", "b.yaml")
    assert result.exit_code == 2
    assert "a.yaml: internal error, please report it (ZeroDivisionError: )" in result.stderr
    sarif_run = json.loads(result.stdout)["runs"][0]
    assert sarif_run["invocations"][0]["executionSuccessful"] is False
    files = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in sarif_run["results"]}
    assert files == {"b.yaml"}


def test_a_template_over_the_limit_is_refused_with_the_option() -> None:
    write("x.yaml", EXAMPLE.read_bytes() + b"# \n" * 400_000)
    result = run("check", "--max-size", "1", "x.yaml")
    message = "x.yaml:1:1: the file is larger than 1 MB (CloudFormation takes 1 MB); raise the limit with --max-size\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message)
    assert run("check", "--quiet", "--max-size", "2", "x.yaml").exit_code == 1
    write("in/x.yaml", EXAMPLE.read_bytes() + b"# \n" * 400_000)
    write("in/data.json", b"[" + b"1," * 600_000 + b"1]")
    result = run("check", "--max-size", "1", "in")
    assert result.stderr == f"in/{message}1 other file skipped (not a CloudFormation template)\n"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no endless file")
@pytest.mark.parametrize(("target", "reason"), [("nowhere", "No such file"), ("link.yaml", "Too many levels of")])
def test_a_link_that_leads_nowhere_is_said(target: str, reason: str) -> None:
    write("in/good.yaml", EXAMPLE.read_bytes())
    Path("in/link.yaml").symlink_to(target)
    result = run("check", "in")
    assert result.exit_code == 2
    assert f"in/link.yaml: {reason}" in result.stderr
    assert "in/good.yaml: 2 fixes available for" in result.stdout


def test_an_endless_file_is_not_read_to_its_end() -> None:
    result = run("check", "/dev/zero")
    assert result.exit_code == 2
    assert "/dev/zero:1:1: the file is larger than 5 MB" in result.stderr


def test_memory_that_is_not_enough_costs_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from remediate import engine

    real = engine.remediate

    def short(raw: bytes, name: str, *rest: Any) -> Any:
        if name == "a.yaml":
            raise MemoryError
        return real(raw, name, *rest)

    monkeypatch.setattr(engine, "remediate", short)
    write("a.yaml", EXAMPLE.read_bytes())
    write("b.yaml", EXAMPLE.read_bytes())
    result = run("check", "a.yaml", "b.yaml")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (2, "a.yaml: not enough memory; the file is unchanged")
    assert "b.yaml: 2 fixes available for" in result.stdout
