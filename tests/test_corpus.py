"""Real templates, where a corpus of them is at hand (see ``corpus.py``)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.corpus import corpus_folder, examine

FOLDER = corpus_folder()


def rows() -> list[dict[str, Any]]:
    if FOLDER is None:
        return []
    return [json.loads(line) for line in (FOLDER / "manifest.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.skipif(FOLDER is None, reason="no corpus of real templates here")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"].removeprefix("templates/"))
def test_each_template_is_patched_left_with_a_reason_or_refused(row: dict[str, Any]) -> None:
    assert FOLDER is not None
    result = examine(FOLDER, row, lint=False)
    assert result.wrong == []
    assert result.outcome in {"patched", "left with a reason", "nothing to do", "refused"}
    if row["kind"] == "unparseable":
        assert result.outcome == "refused"
