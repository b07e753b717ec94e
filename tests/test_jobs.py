"""Several processes: the same output as one, and nothing left behind, whatever ends them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number in range(6):
        shutil.copy(EXAMPLES / ("stack.yaml" if number % 2 else "sam.yaml"), tmp_path / f"{number}.yaml")
    (tmp_path / "bad.yaml").write_text("Resources:\n  Trail: [\n", "utf-8")
    (tmp_path / "k8s.yaml").write_text("kind: Deployment\n", "utf-8")
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "remediate", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [["check", "-v"], ["check", "--format", "json"], ["fix", "--dry-run"]], ids=" ".join)
def test_the_output_is_that_of_one_process(arguments: list[str]) -> None:
    alone = run(*arguments, "-j", "1", ".", "nowhere.yaml")
    assert alone[0] == 2
    assert run(*arguments, "-j", "3", ".", "nowhere.yaml") == alone


def test_files_are_written_by_the_main_process(folder: Path) -> None:
    assert run("fix", "-q", "-j", "2", *(f"{number}.yaml" for number in range(6)))[0] == 0
    assert run("check", "-j", "1", *(f"{number}.yaml" for number in range(6)))[0] == 0
    assert sorted(one.name for one in folder.iterdir()) == [
        *(f"{number}.yaml" for number in range(6)),
        "bad.yaml",
        "k8s.yaml",
    ]


def started(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    for number in range(6, 60):
        shutil.copy(EXAMPLES / "stack.yaml", folder / f"{number}.yaml")
    command = [sys.executable, "-m", "remediate", "check", "-q", "-j", "2", "."]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(200):
        time.sleep(0.05)
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        rows = [line.split(None, 2) for line in listed[1:]]
        workers = [int(pid) for pid, parent, text in rows if int(parent) == process.pid and "spawn_main" in text]
        if len(workers) == 2:
            return process, workers
    raise AssertionError(process.communicate()[1])


def ended(pids: list[int]) -> bool:
    for _ in range(100):
        states = subprocess.run(
            ["ps", "-o", "stat=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=False
        )
        if all(state.startswith("Z") for state in states.stdout.split()):
            return True
        time.sleep(0.05)
    return False


@posix
@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps to see the processes with")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)])
def test_workers_end_with_the_run(folder: Path, name: str, code: int) -> None:
    process, workers = started(folder)
    if name == "SIGINT":  # as a terminal does it: to the whole group
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(getattr(signal, name))
    said = process.communicate()[1]
    assert process.returncode == code
    if name != "SIGKILL":  # to which nobody can answer
        assert said.startswith("interrupted; not processed: ")
        assert said.count("\n") == 1
    assert ended(workers)


@posix
@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps to see the processes with")
def test_a_worker_that_ends_is_said_of_its_files(folder: Path) -> None:
    process, workers = started(folder)
    os.kill(workers[0], signal.SIGKILL)
    said = process.communicate()[1]
    assert process.returncode == 2
    lines = [line for line in said.splitlines() if "a process ended that should not have" in line]
    assert 1 <= len(lines) <= 8
    assert "Traceback" not in said
