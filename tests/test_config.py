"""The configuration: found, checked with the place of each fault, and behind the command line and the environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from remediate.cli import main
from remediate.config.validate import faults, schema_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXAMPLE = Path(__file__).parent.parent / "examples" / "minimal.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "stack.yaml").write_bytes(EXAMPLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, content: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(content, "utf-8")


def run(*arguments: str, **environment: str) -> Result:
    result = CliRunner().invoke(main, list(arguments), env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def setting(name: str, *arguments: str, **environment: str) -> str:
    shown = run("check", "--show-settings", *arguments, **environment)
    assert shown.exit_code == 0, shown.stderr
    return next(line for line in shown.stdout.splitlines() if line.startswith(f"{name} =") or line == f"# {name} is not set")


def test_the_command_line_counts_first_then_the_environment_then_the_file(folder: Path) -> None:
    assert setting("fail-on") == 'fail-on = "warning"  # default'
    write(".remediate.toml", 'fail-on = "never"\nreview = true\n')
    assert setting("fail-on") == f'fail-on = "never"  # {folder / ".remediate.toml"}'
    assert setting("review") == f"review = true  # {folder / '.remediate.toml'}"
    assert setting("fail-on", REMEDIATE_FAIL_ON="note") == 'fail-on = "note"  # environment, REMEDIATE_FAIL_ON'
    assert setting("fail-on", "--fail-on", "error", REMEDIATE_FAIL_ON="note") == 'fail-on = "error"  # command line'
    assert run("check", "stack.yaml").exit_code == 0
    assert run("check", "stack.yaml", REMEDIATE_FAIL_ON="error").exit_code == 1
    assert run("check", "--fail-on", "never", "stack.yaml", REMEDIATE_FAIL_ON="error").exit_code == 0
    assert run("check", "--strict", "stack.yaml").exit_code == 1
    assert run("check", "--isolated", "stack.yaml").exit_code == 1


def test_the_nearest_file_counts_up_to_the_top_of_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def path(*arguments: str) -> str:
        return run("config", "path", *arguments).stdout

    write("pyproject.toml", "[tool.remediate]\n")
    assert path() == f"{folder / 'pyproject.toml'}\n"
    write(".remediate.toml", "")
    assert path() == f"{folder / '.remediate.toml'}\n"
    write("sub/pyproject.toml", "[tool.ruff]\n")
    write("sub/deep/.remediate.toml", "")
    monkeypatch.chdir(folder / "sub")
    assert path() == f"{folder / '.remediate.toml'}\n"
    monkeypatch.chdir(folder / "sub/deep")
    assert path() == f"{folder / 'sub/deep/.remediate.toml'}\n"
    assert path("--config", "../../pyproject.toml") == "../../pyproject.toml\n"
    assert path("--isolated") == ""
    write("../.git/HEAD", "")
    Path(".remediate.toml").unlink()
    assert path() == ""


def test_a_file_that_cannot_be_used_is_an_error_with_its_place(folder: Path) -> None:
    faulty = {
        'selct = ["x"]\n': "1:1: selct: unknown key; did you mean 'select'?",
        'review = true\n\nfail-on = "bad"\n': "3:1: fail-on: must be one of error, warning, note, never",
        "jobs = -1\n": "1:1: jobs: must be at least 0",
        "max-size = true\n": "1:1: max-size: must be a whole number",
        "service = 1\n": "1:1: service: must be a string or a list of strings",
        'exclude = ["a", 1]\n': "1:1: exclude: must be a string",
        '[parameters]\nA = "b"\nB = []\n': "3:1: B: must be a string or a number or true or false",
        '[[overrides]]\npaths = []\n[[overrides]]\npaths = ["a"]\njobs = 2\n': "5:1: jobs: unknown key; known are: paths, ",
        "[[overrides]]\nreview = true\n": "1:1: overrides: needs the key 'paths'",
        '[[overrides]]\npaths = ["!"]\n': "2:1: ",
        "review = \n": "1:10: ",
        'a = 1\nb = "': "2:1: ",
    }
    for text, message in faulty.items():
        write(".remediate.toml", text)
        result = run("check", "stack.yaml")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"Error: {folder / '.remediate.toml'}:{message}"), result.stderr
        assert result.stderr.count("\n") == 1
        write("pyproject.toml", "")
    write("pyproject.toml", "[project]\nname = 'x'\n[tool.remediate]\nreview = 1\n")
    Path(".remediate.toml").unlink()
    assert run("check").stderr == f"Error: {folder / 'pyproject.toml'}:4:1: review: must be true or false\n"
    assert "it has no table [tool.remediate]" in run("check", "--config", str(EXAMPLE.parents[1] / "pyproject.toml")).stderr
    assert run("check", "--config", "nowhere").exit_code == 2
    assert "exclude each other" in run("check", "--isolated", "--config", "pyproject.toml").stderr


def test_a_file_of_others_is_not_judged() -> None:
    write("pyproject.toml", "[broken\n")
    assert run("check", "--fail-on", "never", "stack.yaml").exit_code == 0
    write("pyproject.toml", "[broken\n[tool.remediate]\n")
    assert run("check", "stack.yaml").exit_code == 2


DOCUMENTS: list[Any] = [
    {},
    {"service": "all"},
    {"service": ["cloudtrail", "config"]},
    {"parameters": {"A": "x", "B": 1, "C": True, "D": 1.5}},
    {"parameter-files": {"prod": "p.json"}},
    {"overrides": [{"paths": ["a"], "service": "config", "parameters": {"A": 1}}]},
    {"max-size": 1, "jobs": 0, "gitignore": False, "exclude": []},
    {"max-size": 0},
    {"max-size": 1.5},
    {"jobs": True},
    {"review": "yes"},
    {"service": {}},
    {"parameters": {"A": []}},
    {"parameter-files": {"prod": 1}},
    {"fail-on": "bad"},
    {"other": 1},
    {"overrides": {}},
    {"overrides": [{}]},
    {"overrides": [{"paths": [1]}]},
    {"overrides": [{"paths": [], "jobs": 1}]},
    [],
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=json.dumps)
def test_the_schema_is_held_as_the_jsonschema_package_holds_it(document: Any) -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert any(faults(document)) != jsonschema.Draft202012Validator(schema).is_valid(document)


def test_the_schema_is_printed() -> None:
    assert run("config", "schema").stdout == schema_text()


def test_every_key_is_an_option_of_the_same_name() -> None:
    shown = run("check", "--show-settings").stdout
    options = {line.removeprefix("# ").split(" ")[0] for line in shown.splitlines()}
    own = {"parameters": "parameter", "parameter-files": "parameter-file"}
    keys = set(json.loads(schema_text())["properties"]) - {"overrides"}
    assert {own.get(key, key) for key in keys} <= options


def test_values_for_some_paths() -> None:
    write("sub/stack.yaml", EXAMPLE.read_text("utf-8"))
    write(".remediate.toml", '[[overrides]]\npaths = ["/sub/"]\nfail-on = "never"\nignore = ["trail-order"]\n')
    assert run("check", "sub").exit_code == 0
    assert run("check", "--fail-on", "error", "sub").exit_code == 1
    out = run("check", "sub", "stack.yaml").stdout
    assert ("stack.yaml: 2 fixes available" in out, "sub/stack.yaml: 1 fix available" in out) == (True, True)
    write(".remediate.toml", '[[overrides]]\npaths = ["sub"]\nignore = ["nothing"]\n')
    result = run("check", "stack.yaml")
    assert (result.exit_code, "unknown id 'nothing'" in result.stderr) == (2, True)


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("sub/deep/a.yaml", "")
    write("sub/deep/kept/b.yaml", "")
    write(".remediate.toml", 'exclude = ["/sub/deep/*.yaml"]\n')
    monkeypatch.chdir(folder / "sub")
    assert run("check", "--list-files", "--exclude", "/x").stdout == "deep/kept/b.yaml\n"
    write("../.remediate.toml", 'patches = "mine"\n')
    Path("../mine").mkdir()
    assert setting("patches") == f"patches = {json.dumps(str(folder / 'mine'))}  # {folder / '.remediate.toml'}"


def test_every_option_has_a_variable() -> None:
    assert setting("max-size", REMEDIATE_MAX_SIZE="7").startswith("max-size = 7 ")
    assert setting("organization-id", REMEDIATE_ORGANIZATION_ID="o-abcdefghij").startswith(
        'organization-id = "o-abcdefghij"'
    )
    assert setting("ignore", REMEDIATE_IGNORE="trail-order bucket-checks").startswith(
        'ignore = ["trail-order", "bucket-checks"]'
    )
    assert run("check", REMEDIATE_JOBS="many").exit_code == 2
    assert run("check", "--list-files", REMEDIATE_EXCLUDE="*").stdout == ""


def test_settings_are_toml() -> None:
    write(".remediate.toml", 'select = ["trail-order"]\n[parameters]\nA = "b c"\n[[overrides]]\npaths = ["x"]\n')
    for command in ("check", "fix", "simulate", "explain"):
        shown = run(command, "--show-settings")
        assert shown.exit_code == 0
        assert tomllib.loads(shown.stdout)["parameters"] == {"A": "b c"}
