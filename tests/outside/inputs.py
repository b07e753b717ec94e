"""What is judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.corpus import corpus_folder
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
        path = folder / json.loads(line)["file"]
        yield Input(path, f"corpus/{path.name}")


def everything() -> Iterator[Input]:
    """Yield all templates that are judged."""
    yield from shipped()
    yield from corpus()


def _told(folder: Path) -> Told:
    file = folder / "options.json"
    said: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    names: dict[str, str] = {name: said[name] for name in ("source", "bucket", "key") if name in said}
    return Told(said.get("parameters", {}), said.get("organization_id"), names=names)
