"""What shells and people are shown: completion, help in sections, the version, and names for standard input."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete
from click.testing import CliRunner, Result

from remediate import __version__
from remediate.cli import main
from remediate.cli.help import SECTIONS, long_name
from remediate.cli.program import COMMANDS
from remediate.diagnosis import catalogue

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
MINIMAL = (EXAMPLES / "minimal.yaml").read_text("utf-8")
NO_TEMPLATE = "services:\n  web: {image: nginx}  # AWS::Nothing\n"


def completed(line: str, incomplete: str = "") -> list[str]:
    """Return what completes the last word of a command line, types of path in the form ``<file>``."""
    complete = ShellComplete(main, {}, "remediate", "_REMEDIATE_COMPLETE")
    found = complete.get_completions(line.split()[1:], incomplete)
    return [str(one.value) if one.type == "plain" else f"<{one.type}>" for one in found]


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=given)


@pytest.mark.parametrize(
    ("line", "incomplete", "expected"),
    [
        ("remediate", "ch", ["check"]),
        ("remediate check", "te", ["<file>"]),
        ("remediate fix", "te", ["<file>"]),
        ("remediate simulate", "", ["<file>"]),
        ("remediate apply changes.json", "", ["<file>"]),
        ("remediate check --files-from", "", ["<file>"]),
        ("remediate check --parameter-file", "", ["<file>"]),
        ("remediate check --config", "", ["<file>"]),
        ("remediate check --patches", "", ["<dir>"]),
        ("remediate check --select", "bucket-c", ["bucket-checks"]),
        ("remediate check --select", "trail-order,bucket-c", ["trail-order,bucket-checks"]),
        ("remediate check --select", "bucket-checks,bucket-c", []),
        ("remediate check --ignore", "bucket-ou", ["bucket-outside"]),
        ("remediate check --service config --select", "trail", []),
        ("remediate check --service", "c", ["cloudtrail", "config"]),
        ("remediate check --service", "a", ["all"]),
        ("remediate check --patch-set", "", ["create", "documented"]),
        ("remediate check --patch-set", "config/", ["config/create", "config/documented"]),
        ("remediate check --format", "sa", ["sarif"]),
        ("remediate check --fail-on", "n", ["note", "never"]),
        ("remediate explain", "trail-o", ["trail-order"]),
        ("remediate explain --service nonsense", "trail-b", ["trail-before-policy"]),
        ("remediate fix --exit", "--exit", ["--exit-zero", "--exit-non-zero-on-fix"]),
    ],
)
def test_the_last_word_is_completed(line: str, incomplete: str, expected: list[str]) -> None:
    assert completed(line, incomplete) == expected


def test_explain_completes_the_ids_of_all_services_and_of_all_causes() -> None:
    found = completed("remediate explain")
    patches = [file.stem.partition("-")[2] for file in (ROOT / "patches").glob("*/create/*.yaml")]
    assert {*catalogue(), *patches} <= {*found}
    for one in found:
        assert run("explain", one).exit_code == 0, one


def test_every_id_that_ignore_completes_is_one_that_it_takes() -> None:
    for one in completed("remediate check --ignore"):
        assert run("check", "--isolated", "--ignore", one, str(EXAMPLES / "healthy.yaml")).exit_code == 0, one


def test_ids_of_own_patches_are_completed(tmp_path: Path) -> None:
    own = tmp_path / "cloudtrail" / "mine"
    shutil.copytree(ROOT / "patches" / "cloudtrail" / "create", own)
    assert "mine" in completed(f"remediate check --patches {tmp_path} --patch-set")
    assert "trail-order" in completed(f"remediate check --patches {tmp_path} --patch-set mine --select", "trail")


def test_a_fault_elsewhere_does_not_disturb_a_completion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".remediate.toml").write_text("nonsense = [")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)  # --error - must not read it
    assert completed("remediate check --error - --select", "trail-o") == ["trail-order"]


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
def test_each_shell_gets_a_script(shell: type[ShellComplete], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BashComplete, "_check_version", staticmethod(lambda: None))
    script = shell(main, {}, "remediate", "_REMEDIATE_COMPLETE").source()
    assert f"_REMEDIATE_COMPLETE={shell.name}_complete" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    program = tmp_path / "remediate"
    program.write_text(f"#!{sys.executable}\nfrom remediate.__main__ import main\nmain()\n")
    program.chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    asked = 'COMP_WORDS=(remediate explain trail-o); COMP_CWORD=2; _remediate_completion remediate; echo "${COMPREPLY[*]}"'
    source = f'eval "$(_REMEDIATE_COMPLETE=bash_source remediate)"; {asked}'
    found = subprocess.run(["bash", "-c", source], env=environment, capture_output=True, text=True, check=False)
    assert found.stdout == "trail-order\n", found.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_is_in_a_section_of_the_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    known = {one for names in SECTIONS.values() for one in names}
    assert {long_name(one) for one in command.params if isinstance(one, click.Option)} <= known
    assert "Other options" not in run(name, "--help").output


def test_no_option_is_in_two_sections() -> None:
    names = [one for section in SECTIONS.values() for one in section]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("command", [["-m", "remediate"], ["-c", "from remediate.__main__ import main; main()"]])
def test_the_version_names_the_program_python_and_the_platform(command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command, "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    python = ".".join(map(str, sys.version_info[:3]))
    assert done.stdout == f"remediate, version {__version__} (Python {python}, {sys.platform})\n"


def test_standard_input_has_the_name_that_is_given() -> None:
    found = run("check", "-", "--stdin-filename", "infra/logs.yaml", given=MINIMAL)
    assert found.exit_code == 1
    assert "infra/logs.yaml:27:13: error: " in found.stdout
    assert "-:" not in found.output
    assert (
        "--- a/infra/logs.yaml\n"
        in run("fix", "-", "--dry-run", "--stdin-filename", "infra/logs.yaml", given=MINIMAL).stdout
    )
    assert "logs.yaml:1:13: " in run("check", "-", "--stdin-filename", "logs.yaml", given="Resources: [").stderr


def test_standard_input_with_a_name_is_fixed_to_standard_output(tmp_path: Path) -> None:
    file = tmp_path / "logs.yaml"
    file.write_text("Resources: {}\n")
    found = run("fix", "-", "--stdin-filename", str(file), given=MINIMAL)
    assert found.stdout == run("fix", "-", given=MINIMAL).stdout != MINIMAL
    assert file.read_text() == "Resources: {}\n"
    both = run("check", "-", str(file), "--stdin-filename", str(file), "-v", given=MINIMAL)
    assert both.exit_code == 1
    assert f"{file}: no CloudTrail" in both.output


def test_the_configuration_goes_by_the_name_of_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".remediate.toml").write_text('[[overrides]]\npaths = ["legacy/"]\nfail-on = "never"\n')
    monkeypatch.chdir(tmp_path)
    assert run("check", "-", "--stdin-filename", "legacy/a.yaml", given=MINIMAL).exit_code == 0
    assert run("check", "-", "--stdin-filename", "new/a.yaml", given=MINIMAL).exit_code == 1


def test_a_name_without_standard_input_is_an_error() -> None:
    found = run("check", "--stdin-filename", "a.yaml", str(EXAMPLES))
    assert (found.exit_code, "--stdin-filename needs" in found.stderr) == (2, True)


@pytest.mark.parametrize("content", [NO_TEMPLATE, "a: 1\n", "", "# nothing\n"])
def test_what_is_skipped_on_standard_input_is_the_output_as_it_was(content: str) -> None:
    found = run("fix", "-", "--stdin-filename", "compose.yaml", given=content)
    assert (found.exit_code, found.stdout) == (0, content)
    assert run("fix", "-", "--dry-run", given=content).stdout == ""
    assert run("check", "-", given=content).stdout == ""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check"], 1),
        (["check", "--exit-zero"], 0),
        (["check", "--exit-zero", "no-such-file.yaml"], 2),
        (["fix", "--dry-run"], 0),
        (["fix", "--dry-run", "--exit-non-zero-on-fix"], 1),
        (["fix", "--exit-non-zero-on-fix"], 1),
        (["fix", "--ignore", "bucket-checks", "--dry-run"], 1),
        (["fix", "--ignore", "bucket-checks", "--dry-run", "--exit-zero"], 0),
        (["fix", "--exit-zero", "--exit-non-zero-on-fix"], 2),
        (["fix", "--exit-zero", "--diff"], 2),
    ],
    ids=str,
)
def test_the_exit_code_is_as_chosen(arguments: list[str], expected: int, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "minimal.yaml", tmp_path)
    assert run(*arguments, str(tmp_path / "minimal.yaml")).exit_code == expected


def test_a_second_fix_exits_with_zero(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "minimal.yaml", tmp_path)
    codes = [run("fix", "--exit-non-zero-on-fix", str(tmp_path)).exit_code for _ in range(2)]
    assert codes == [1, 0]


def test_a_diff_writes_nothing_and_exits_with_one_where_there_is_any(tmp_path: Path) -> None:
    template = tmp_path / "minimal.yaml"
    shutil.copy(EXAMPLES / "minimal.yaml", template)
    wanted, shown = run("fix", "--diff", str(template)), run("fix", "--dry-run", str(template))
    assert (wanted.exit_code, wanted.stdout, wanted.stderr) == (1, shown.stdout, shown.stderr)
    assert template.read_bytes() == (EXAMPLES / "minimal.yaml").read_bytes()
    assert run("fix", "--diff", str(EXAMPLES / "healthy.yaml")).exit_code == 0


def test_the_settings_do_not_show_other_words_for_a_setting() -> None:
    found = run("check", "--isolated", "--exit-zero", "--show-settings").stdout
    assert 'fail-on = "never"  # command line\n' in found
    assert "exit-zero" not in found
