"""Where the tool and the evaluator are known to differ, and why: the rows of ``differences.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from tests.outside.judging import Difference


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


@lru_cache
def known_differences() -> list[Known]:
    """Return the differences that have a reason."""
    rows: list[dict[str, str]] = yaml.safe_load(Path(__file__).with_name("differences.yaml").read_text("utf-8"))
    return [Known(**row) for row in rows or []]


def unexplained(file: str, found: list[Difference]) -> list[Difference]:
    """Return the differences that have no row."""
    return [one for one in found if not any(row.covers(file, one) for row in known_differences())]
