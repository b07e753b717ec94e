"""Streams, signals and working folders that fail: said, with an exit code of the table, and nothing changed unsaid."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
ORIGINAL = (EXAMPLES / "minimal.yaml").read_bytes()
COMMANDS = {
    "check": ["check", "a.yaml"],
    "check as json": ["check", "--format", "json", "a.yaml"],
    "simulate": ["simulate", "a.yaml"],
    "fix": ["fix", "a.yaml"],
    "fix as sarif": ["fix", "--dry-run", "--format", "sarif", "a.yaml"],
    "apply": ["apply", "changes.json", "a.yaml"],
    "explain": ["explain"],
    "explain an id": ["explain", "missing-sub"],
}
HELP = {name: [*command, "--help"] for name, command in (("help", []), ("fix", ["fix"]), ("explain", ["explain"]))}
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such streams and signals")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (tmp_path / name).write_bytes(ORIGINAL)
    shutil.copy(EXAMPLES / "stack.yaml", tmp_path)
    operation = '[{"op": "add", "path": "/Resources/Trail/Properties/EnableLogFileValidation", "value": true}]'
    (tmp_path / "changes.json").write_text(operation, "utf-8")
    return tmp_path


def run(*arguments: str, redirect: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = ["sh", "-c", f'exec "$@" {redirect}', "sh", sys.executable, "-m", "remediate", *arguments]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **environment}, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"Exception ignored" not in done.stderr, done.stderr.decode()
    return done


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process in which ``code`` was run before."""
    begin = f"import sys\n{code}\nfrom remediate.__main__ import main\nsys.argv = ['remediate', *{arguments!r}]\nmain()\n"
    return subprocess.run([sys.executable, "-c", begin], capture_output=True, check=False)


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@posix
@pytest.mark.parametrize(("redirect", "reason"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_what_cannot_be_printed_is_an_error(folder: Path, command: list[str], redirect: str, reason: str) -> None:
    before = names(folder)
    done = run(*command, redirect=redirect)
    assert done.returncode == 2
    assert f"standard output: {reason}" in done.stderr.decode()
    assert (folder / "a.yaml").read_bytes() == ORIGINAL
    assert names(folder) == before


@posix
@pytest.mark.parametrize("command", HELP.values(), ids=HELP.keys())
def test_help_that_cannot_be_printed_is_an_error(command: list[str]) -> None:
    done = run(*command, redirect=">/dev/full")
    assert (done.returncode, done.stderr.decode()) == (2, "Error: standard output: No space left on device\n")


@posix
def test_a_file_whose_diff_cannot_be_printed_is_not_changed_and_the_next_are_named(folder: Path) -> None:
    done = run("fix", "--quiet", "a.yaml", "b.yaml", "c.yaml", redirect=">/dev/full")
    message = "standard output: No space left on device; a.yaml is unchanged; not processed: b.yaml and 1 more\n"
    assert (done.returncode, done.stderr.decode()) == (2, message)
    assert {one.read_bytes() for one in folder.glob("[abc].yaml")} == {ORIGINAL}


@posix
def test_files_that_are_changed_before_their_report_fails_are_named(folder: Path) -> None:
    done = run("fix", "--quiet", "--format", "json", "a.yaml", "b.yaml", redirect=">/dev/full")
    message = "standard output: No space left on device; changed, but not reported: a.yaml, b.yaml\n"
    assert (done.returncode, done.stderr.decode()) == (2, message)
    assert (folder / "a.yaml").read_bytes() != ORIGINAL


@posix
def test_nothing_to_print_needs_no_standard_output(folder: Path) -> None:
    shutil.copy(EXAMPLES / "healthy.yaml", folder)
    assert run("fix", "healthy.yaml", redirect=">&-").returncode == 0


@posix
@pytest.mark.parametrize("redirect", ["2>/dev/full", "2>&-"])
def test_standard_error_that_takes_nothing(redirect: str) -> None:
    assert run("check", "missing.yaml", redirect=redirect).returncode == 2
    assert run("fix", "--dry-run", "a.yaml", redirect=redirect).stdout.startswith(b"--- a/a.yaml\n")


@posix
def test_a_reader_that_goes_away(folder: Path) -> None:
    command = f"{sys.executable} -m remediate check stack.yaml a.yaml b.yaml 2>err; echo $? >code"
    subprocess.run(["sh", "-c", f"({command}) | true"], check=True)
    code, said = (folder / "code").read_text("utf-8"), (folder / "err").read_text("utf-8")
    assert code == "2\n"
    assert said.startswith("standard output: Broken pipe")
    assert "Traceback" not in said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
@pytest.mark.parametrize(
    "command", [*COMMANDS.values(), *HELP.values()], ids=[*COMMANDS, *(f"help of {one}" for one in HELP)]
)
def test_a_terminal_that_cannot_encode_everything(command: list[str], encoding: str) -> None:
    done = run(*command, PYTHONIOENCODING=encoding)
    assert done.returncode in {0, 1}
    if "--format" not in command and command[0] not in {"fix", "apply"}:
        done.stdout.decode(encoding)
        done.stderr.decode(encoding)


def test_arrows_and_dots_in_ascii() -> None:
    assert b"\n    -> fixable: `remediate fix" in run("check", "a.yaml", PYTHONIOENCODING="ascii").stdout
    assert b"A string with ${...} has no Fn::Sub" in run("explain", "missing-sub", PYTHONIOENCODING="ascii").stdout


def run_in_a_folder_that_is_gone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    (folder / "gone").mkdir()
    command = f'cd gone && rmdir ../gone && exec {sys.executable} -m remediate "$@"'
    done = subprocess.run(["sh", "-c", command, "sh", *arguments], capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    return done


@posix
def test_a_working_folder_that_is_gone_costs_no_file_unsaid(folder: Path) -> None:
    said = run_in_a_folder_that_is_gone(folder, "fix", str(folder / "a.yaml"), str(folder / "b.yaml")).stderr.decode()
    for name in ("a.yaml", "b.yaml"):
        changed = (folder / name).read_bytes() != ORIGINAL
        assert (f"{name}: 2 fixes applied" in said) == changed
        assert (f"{name}: No such file or directory; the file is unchanged" in said) == (not changed)


@posix
def test_names_in_a_working_folder_that_is_gone(folder: Path) -> None:
    done = run_in_a_folder_that_is_gone(folder, "check", "-v", "a.yaml", str(EXAMPLES / "healthy.yaml"))
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, b"a.yaml: No such file or directory")
    assert b"healthy.yaml: no problems found" in done.stdout


@posix
@pytest.mark.parametrize(
    ("module", "message"),
    [("remediate.cli.program", b"interrupted: nothing was changed\n"), ("remediate.cli.run", b"interrupted\n")],
)
def test_an_interrupt_during_the_imports_ends_quietly(module: str, message: bytes) -> None:
    interrupting = f"""
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "{module}":
            import os, signal
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder)
"""
    done = python(interrupting, "check", "a.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", message)


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_signal_while_writing_leaves_no_temporary_file(folder: Path, name: str, code: int, moment: str) -> None:
    before = names(folder)
    killing = f"""
import os, signal
real = os.{moment}
def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.{name})
    return real(*args, **kwargs)
os.{moment} = killed
"""
    done = python(killing, "fix", "--quiet", "a.yaml", "b.yaml", "c.yaml")
    state = "changed" if moment == "replace" else "unchanged"
    said = f"interrupted; a.yaml is {state}; not processed: b.yaml and 1 more\n"
    assert (done.returncode, done.stderr.decode()) == (code, said)
    assert names(folder) == before
    assert ((folder / "a.yaml").read_bytes() != ORIGINAL) == (moment == "replace")
    assert (folder / "b.yaml").read_bytes() == ORIGINAL
