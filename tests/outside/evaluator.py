"""The outside evaluator: npm @cloud-copilot/iam-simulate in a node process of its own.

REMEDIATE_IAM_SIMULATE names a folder in which ``npm install`` put ``PACKAGES``. The package is AGPL-3.0 and for tests alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from tests.outside.asking import Asked

PACKAGES = ("@cloud-copilot/iam-simulate@0.1.173", "@cloud-copilot/iam-policy@0.1.109")
VARIABLE = "REMEDIATE_IAM_SIMULATE"
_SCRIPT = Path(__file__).with_name("evaluate.mjs")


def unavailable() -> str | None:
    """Return why the evaluator cannot be asked, None where it can."""
    if not shutil.which("node"):
        return "node is not installed"
    folder = os.environ.get(VARIABLE)
    if not folder:
        return f"{VARIABLE} is not set: npm install {' '.join(PACKAGES)} in some folder, and name it there"
    if not (Path(folder) / "node_modules" / "@cloud-copilot" / "iam-simulate").is_dir():
        return f"{VARIABLE}: {folder} has no node_modules/@cloud-copilot/iam-simulate"
    return None


class Evaluator:
    """Collects questions, puts them to one process that stays, and keeps the answers."""

    def __init__(self) -> None:
        self._policies: dict[str, str] = {}
        self._waiting: dict[str, str] = {}
        self._answers: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._told: set[str] = set()
        self._process: subprocess.Popen[str] | None = None

    def add(self, policy: str, asked: Asked) -> str:
        """Note a question about a policy's text; return what ``answer`` finds it by."""
        name = _digest(policy)
        self._policies.setdefault(name, policy)
        question = {
            "policy": name,
            "principal": asked.principal,
            "action": asked.action,
            "resource": asked.resource,
            "account": asked.account,
            "context": asked.context,
        }
        number = _digest(json.dumps(question, sort_keys=True))
        if number not in self._answers:
            self._waiting.setdefault(number, json.dumps({"id": number, **question}))
        return number

    def ask(self) -> None:
        """Put every question that has no answer."""
        if not self._waiting:
            return
        lines = list(self._lines())
        process = self._start()
        assert process.stdin
        assert process.stdout
        # Written beside the reading, so that neither side waits for the other with full pipes.
        writer = threading.Thread(target=_write, args=(process.stdin, lines))
        writer.start()
        for _ in self._waiting:
            found = json.loads(process.stdout.readline())
            self._answers[found["id"]] = (found.get("result", f"error: {found.get('error')}"), tuple(found.get("by", ())))
        writer.join()
        self._waiting.clear()

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.communicate()
            self._process = None

    def answer(self, number: str) -> str:
        """Return ``allowed``, ``denied``, or why the evaluator gave no answer."""
        result = self._answers[number][0]
        if result in {"Allowed", "AllowedForAccount"}:
            return "allowed"
        return result if result.startswith("error") else "denied"

    def by(self, number: str) -> tuple[str, ...]:
        """Return the statements that decided, by Sid or number."""
        return self._answers[number][1]

    def _start(self) -> subprocess.Popen[str]:
        if self._process is None:
            command = ["node", str(_SCRIPT), os.environ[VARIABLE]]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        return self._process

    def _lines(self) -> Iterator[str]:
        for line in self._waiting.values():
            name = json.loads(line)["policy"]
            if name not in self._told:
                self._told.add(name)
                yield json.dumps({"policy": name, "document": json.loads(self._policies[name])})
            yield line


def _write(stream: IO[str], lines: list[str]) -> None:
    stream.write("".join(f"{line}\n" for line in lines))
    stream.flush()


def agreed(outcomes: Iterable[str]) -> str:
    """Return what several forms of a request come to; ``open`` where they differ."""
    found = set(outcomes)
    return found.pop() if len(found) == 1 else "open"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
