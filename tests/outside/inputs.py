"""What is judged, and where the tool and the evaluator are known to differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.corpus import corpus_folder
from tests.outside.judging import Difference
from tests.outside.tool import Told

_TESTS = Path(__file__).parent.parent
_ROOT = _TESTS.parent


@dataclass(frozen=True)
class Input:
    """A template, what the user says of it, and what a case expects to come out."""

    path: Path
    name: str
    told: Told = field(default_factory=Told)

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return self.path.read_bytes()

    @classmethod
    def of(cls, path: Path) -> Input:
        """Return a file of the user's own, or one of these by its path."""
        known = next((one for one in everything() if one.path.resolve() == path.resolve()), None)
        return known or cls(path, path.name)


@dataclass(frozen=True)
class Known:
    """A row of ``differences.yaml``."""

    file: str
    policy: str
    request: str
    ours: str
    theirs: str
    reason: str

    def covers(self, file: str, found: Difference) -> bool:
        """Whether a difference is this one."""
        return (file, found.policy, found.request, found.ours, found.theirs) == (
            *(self.file, self.policy, self.request),
            *(self.ours, self.theirs),
        )


def shipped() -> Iterator[Input]:
    """Yield the examples and the cases."""
    for path in sorted((_ROOT / "examples").iterdir()):
        if path.suffix in {".yaml", ".json"}:
            yield Input(path, f"examples/{path.name}")
    for path in sorted((_TESTS / "cases").glob("*/*/before.*")):
        yield Input(path, "/".join(path.parts[-3:-1]), _told(path.parent))


def corpus() -> Iterator[Input]:
    """Yield the real templates, where they are at hand."""
    folder = corpus_folder()
    for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines() if folder else ():
        path = folder / json.loads(line)["file"]  # type: ignore[operator]  # there is a line only where there is a folder
        yield Input(path, f"corpus/{path.name}")


def everything() -> Iterator[Input]:
    """Yield all templates that are judged."""
    yield from shipped()
    yield from corpus()


@lru_cache
def known_differences() -> list[Known]:
    """Return the differences that have a reason."""
    rows = yaml.safe_load(Path(__file__).with_name("differences.yaml").read_text("utf-8"))
    return [Known(**row) for row in rows or []]


def _told(folder: Path) -> Told:
    file = folder / "options.json"
    said: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    names = {name: said[name] for name in ("trail", "bucket", "key") if name in said}
    return Told(said.get("parameters", {}), said.get("organization_id"), names=names)
