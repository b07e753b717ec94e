"""Each template has the nearest configuration above it, up to the top of its repository; the run has that of its folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from remediate.cli import main
from remediate.config import Config, ConfigError, nearest
from remediate.config.nearest import Nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
EXAMPLE = (ROOT / "examples" / "minimal.yaml").read_bytes()
FOLDERS = (".", "a", "b", "b/deep", "c")
ACL, ORDER = "missing-action", "trail-before-policy"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    for one in FOLDERS:
        Path(one).mkdir(exist_ok=True)
        Path(one, "t.yaml").write_bytes(EXAMPLE)
    Path(".remediate.toml").write_text('ignore = ["missing-action"]\n', "utf-8")
    Path("b/pyproject.toml").write_text('[tool.remediate]\nignore = ["trail-before-policy"]\n', "utf-8")
    return tmp_path


def run(*arguments: str, text: bytes = b"") -> Result:
    result = CliRunner().invoke(main, list(arguments), input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def causes(*arguments: str, text: bytes = b"") -> dict[str, list[str]]:
    """Return the root causes of each template of a check, by its name."""
    written = json.loads(run("check", "--format", "json", *arguments, text=text).stdout)
    return {one["name"]: [cause["id"] for cause in one["causes"]] for one in written["templates"]}


def test_the_nearest_file_counts_and_nothing_of_the_ones_above() -> None:
    assert causes(".") == {
        "a/t.yaml": [ORDER],
        "b/deep/t.yaml": [ACL],
        "b/t.yaml": [ACL],
        "c/t.yaml": [ORDER],
        "t.yaml": [ORDER],
    }
    Path("b/deep/.remediate.toml").write_text("", "utf-8")
    assert causes("b") == {"b/deep/t.yaml": [ORDER, ACL], "b/t.yaml": [ACL]}


def test_the_working_folder_does_not_matter_to_a_template(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "b")
    assert causes("t.yaml", "../a/t.yaml") == {"t.yaml": [ACL], "../a/t.yaml": [ORDER]}


def test_another_repository_has_its_own_and_without_one_that_of_the_working_folder() -> None:
    Path("c/.git").mkdir()
    assert causes("c") == {"c/t.yaml": [ORDER]}
    Path("c/.remediate.toml").write_text("", "utf-8")
    assert causes("c") == {"c/t.yaml": [ORDER, ACL]}


def test_one_file_or_none_for_all() -> None:
    assert causes("--isolated", "b", "a/t.yaml") == {
        "b/deep/t.yaml": [ORDER, ACL],
        "b/t.yaml": [ORDER, ACL],
        "a/t.yaml": [ORDER, ACL],
    }
    assert causes("--config", "b/pyproject.toml", "a", "b/t.yaml") == {"a/t.yaml": [ACL], "b/t.yaml": [ACL]}


def test_the_command_line_counts_before_all_of_them() -> None:
    assert causes("--ignore", f"{ORDER},get-bucket-acl", "a", "b") == {"a/t.yaml": [], "b/deep/t.yaml": [], "b/t.yaml": []}


def test_paths_are_relative_to_the_file_that_has_them() -> None:
    text = '[parameter-files]\nprod = "prod.json"\n[[overrides]]\npaths = ["/deep/"]\nignore = ["missing-action"]\n'
    Path("b/.remediate.toml").write_text(text, "utf-8")
    Path("b/prod.json").write_text('["Nothing=x"]', "utf-8")
    assert causes("b") == {"b/deep/t.yaml": [ORDER], "b/t.yaml": [ORDER, ACL]}
    Path("b/prod.json").write_text("[1]", "utf-8")
    refused = run("check", ".")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "prod.json:1:2: " in refused.stderr


def test_what_is_about_the_run_comes_from_its_folder() -> None:
    Path("b/pyproject.toml").write_text('[tool.remediate]\nfail-on = "never"\nmax-size = 1\njobs = 1\n', "utf-8")
    assert run("check", "b").exit_code == 1
    Path(".remediate.toml").write_text('[[overrides]]\npaths = ["/b/"]\nfail-on = "never"\n', "utf-8")
    assert (run("check", "b").exit_code, run("check", ".").exit_code) == (0, 1)
    Path(".remediate.toml").write_text('fail-on = "never"\n', "utf-8")
    assert run("check", ".").exit_code == 0


def test_what_a_folder_excludes_is_left_out_there() -> None:
    Path("b/pyproject.toml").write_text('[tool.remediate]\nexclude = ["/t.yaml"]\n', "utf-8")
    Path(".remediate.toml").write_text('exclude = ["/c"]\n', "utf-8")
    assert run("check", "--list-files").stdout.split() == ["a/t.yaml", "b/deep/t.yaml", "t.yaml"]
    assert run("check", "--list-files", "b/t.yaml", "c/t.yaml").stdout.split() == ["b/t.yaml", "c/t.yaml"]
    assert run("check", "--list-files", "--force-exclude", "a", "b/t.yaml", "c/t.yaml").stdout.split() == ["a/t.yaml"]
    assert run("check", "--list-files", "--isolated").stdout.count("t.yaml") == len(FOLDERS)


FAULTS = {
    "no TOML": ("review = \n", "1:10: "),
    "an unknown key": ("\nselct = []\n", "2:1: selct: unknown key"),
    "a wrong type": ("review = 1\n", "1:1: review: must be true or false"),
    "an unknown id": ('review = true\nignore = ["nothing"]\n', "2:1: unknown id 'nothing'"),
    "an unknown patch": ('[[overrides]]\npaths = ["x"]\nselect = ["nothing"]\n', "3:1: no patch 'nothing' in "),
    "an unknown service": ('service = "nothing"\n', "1:1: there is no service 'nothing'"),
    "an unknown patch set": ('patch-set = "nothing"\n', "1:1: there is no patch set 'nothing'"),
    "no folder of patches": ('\npatches = "none"\n', "2:1: patches: there is no folder 'none' beside this file"),
    "no organization": ('organization-id = "x"\n', "1:1: an organization ID looks like "),
    "no file of parameters": ('[parameter-files]\np = "none.json"\n', "1:1: "),
    "no account": ('[parameters]\n"AWS::AccountId" = "1"\n', "1:1: an account ID has twelve digits"),
    "nothing to do": ('select = ["trail-order"]\nignore = ["trail-order"]\n', "1:1: --select and --ignore exclude every"),
    "no pattern": ('exclude = ["!"]\n', "1:1: "),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("where", [".", "b/deep"])
def test_a_fault_has_its_place_and_nothing_is_done(folder: Path, where: str, text: str, message: str) -> None:
    file = folder / where / ".remediate.toml"
    file.write_text(text, "utf-8")
    refused = run("fix", ".")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"Error: {file}:{message}"), refused.stderr
    assert refused.stderr.count("\n") == 1
    assert {Path(one, "t.yaml").read_bytes() for one in FOLDERS} == {EXAMPLE}


def test_what_the_command_line_says_is_not_blamed_on_a_file() -> None:
    refused = run("check", "--ignore", "nothing", "b")
    assert "Invalid value for --ignore: unknown id 'nothing'" in refused.stderr


def test_a_file_that_holds_for_no_template_of_the_run_is_not_read() -> None:
    Path("c/.remediate.toml").write_text("broken", "utf-8")
    assert causes("a") == {"a/t.yaml": [ORDER]}
    assert run("check", "c").exit_code == 2


def test_standard_input_is_where_its_name_is() -> None:
    assert causes("--stdin-filename", "b/new/u.yaml", "-", text=EXAMPLE) == {"b/new/u.yaml": [ACL]}
    assert causes("-", text=EXAMPLE) == {"-": [ORDER]}


def test_worker_processes_have_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    one = [sys.executable, "-m", "remediate", "check", "--format", "json", "-j"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]))
    alone, together = (subprocess.run([*one, jobs, "."], capture_output=True, check=False).stdout for jobs in ("1", "2"))
    assert alone == together
    assert [[cause["id"] for cause in each["causes"]] for each in json.loads(together)["templates"]] == [
        *([ORDER], [ACL], [ACL], [ORDER], [ORDER])
    ]


def test_fix_baseline_and_compare_have_the_same() -> None:
    Path(".remediate.toml").write_text('ignore = ["bucket-checks", "missing-action"]\n', "utf-8")
    Path("b/.remediate.toml").write_text('ignore = ["trail-order", "trail-before-policy"]\n', "utf-8")
    run("fix", "a/t.yaml", "b/t.yaml")
    assert [b"DependsOn" in Path(one, "t.yaml").read_bytes() for one in ("a", "b")] == [True, False]
    assert [b"GetBucketAcl" in Path(one, "t.yaml").read_bytes() for one in ("a", "b")] == [False, True]
    run("baseline", "c", "b/deep")
    assert [f"id: {ORDER}".encode() in Path(one, "t.yaml").read_bytes() for one in ("c", "b/deep")] == [True, False]
    assert [f"id: {ACL}".encode() in Path(one, "t.yaml").read_bytes() for one in ("c", "b/deep")] == [False, True]
    Path("old.yaml").write_text("Resources: {}\n", "utf-8")
    for name, cause in (("t.yaml", ORDER), ("b/t.yaml", ORDER)):
        Path(name).write_bytes(EXAMPLE)
        shown = run("compare", "--format", "json", "old.yaml", name).stdout
        new = [one["id"] for one in json.loads(shown)["templates"][0]["problems"]["new"]]
        assert (cause in new) == (name == "t.yaml")


def test_a_folder_is_looked_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    real = nearest.of_folder

    def counted(one: Path) -> Config | None:
        looked.append(one)
        return real(one)

    monkeypatch.setattr(nearest, "of_folder", counted)
    each = Nearest(Config())
    found = {id(each.of_file(str(folder / "b" / "deep" / f"{number}.yaml"))) for number in range(10_000)}
    assert len(found) == 1
    assert looked == [folder / "b" / "deep", folder / "b"]
    assert each.of_file(str(folder / "b" / "x.yaml")).file == folder / "b" / "pyproject.toml"
    (folder / "c" / ".remediate.toml").write_text("broken", "utf-8")
    with pytest.raises(ConfigError):
        each.of_file(str(folder / "c" / "x.yaml"))


def shown(*arguments: str) -> tuple[dict[str, str], dict[str, object]]:
    """Return what is shown: the source of each key, and the values."""
    text = run("config", "show", *arguments).stdout
    lines = [line.partition("  # ") for line in text.splitlines() if not line.startswith("#")]
    return {line[0].partition(" ")[0]: line[2] for line in lines}, tomllib.loads(text)


def test_the_settings_of_a_template_are_shown_with_their_sources(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_file, own_file = folder / ".remediate.toml", folder / "b" / "pyproject.toml"
    run_file.write_text('fail-on = "error"\nreview = true\n[[overrides]]\npaths = ["b"]\nfail-on = "note"\n', "utf-8")
    text = 'jobs = 2\nservice = "config"\nexclude = ["x"]\n[tool.remediate.parameters]\nA = 1\n'
    override = '[[tool.remediate.overrides]]\npaths = ["deep"]\nignore = ["a,b"]\nparameters = {B = "x"}\n'
    own_file.write_text(f"[tool.remediate]\n{text}{override}", "utf-8")
    monkeypatch.setenv("REMEDIATE_TRAIL", "T")
    sources, values = shown("b/deep/t.yaml")
    assert (values["fail-on"], sources["fail-on"]) == ("note", f"{run_file}, override 1")
    assert (values["ignore"], sources["ignore"]) == (["a", "b"], f"{own_file}, override 1")
    assert (values["service"], sources["service"]) == (["config"], str(own_file))
    assert (values["review"], sources["review"]) == (False, "default")
    assert (values["jobs"], sources["jobs"]) == (0, "default")
    assert (values["trail"], sources["trail"]) == ("T", "environment, REMEDIATE_TRAIL")
    assert (values["parameters"], values["exclude"]) == ({"A": 1, "B": "x"}, ["x"])
    everything = run("config", "show", "b").stdout
    assert everything.startswith(f"# configuration file: {own_file}\n")
    assert f"# jobs of {own_file} counts only in a run from its folder\n" in everything
    assert shown("a")[1]["review"] is True
    assert shown("--isolated", "b")[1]["service"] == ["cloudtrail"]


def test_the_file_of_a_template_is_shown(folder: Path) -> None:
    assert run("config", "path", "b/deep/t.yaml").stdout == f"{folder / 'b' / 'pyproject.toml'}\n"
    assert run("config", "path", "b/deep").stdout == f"{folder / 'b' / 'pyproject.toml'}\n"
    assert run("config", "path").stdout == f"{folder / '.remediate.toml'}\n"
    Path("c/.remediate.toml").write_text("jobs = true", "utf-8")
    refused = run("config", "path", "c")
    assert (refused.exit_code, refused.stderr.split(": ")[1]) == (2, f"{folder / 'c' / '.remediate.toml'}:1:1")
    assert run("config", "schema", "c").exit_code == 2


def test_what_a_configuration_names_is_shown(folder: Path) -> None:
    Path("b/own").mkdir()
    override = '[[overrides]]\npaths = ["*"]\nparameter-files = { y = "q.json" }\n'
    own = 'patches = "own"\nparameter-files = { x = "../p.json" }\n'
    Path("b/.remediate.toml").write_text(own + override, "utf-8")
    named = [".remediate.toml", "../p.json", "own", "q.json"]
    assert run("config", "files", "b/deep/t.yaml").stdout.splitlines() == [str(folder / "b" / one) for one in named]
    assert run("config", "files").stdout == f"{folder / '.remediate.toml'}\n"
    assert run("config", "files", "--isolated").stdout == ""
