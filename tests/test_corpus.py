"""Real templates, where a corpus of them is at hand (see ``corpus.py``)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.corpus import ALL_SERVICES, PATCH_SETS, corpus_folder, examine, rows

FOLDER = corpus_folder()


@pytest.mark.skipif(FOLDER is None, reason="no corpus of real templates here")
@pytest.mark.parametrize("patch_set", [*PATCH_SETS, ALL_SERVICES[0]])
@pytest.mark.parametrize("row", rows(FOLDER), ids=lambda row: row["file"].removeprefix("templates/"))
def test_each_template_is_patched_left_with_a_reason_or_refused(row: dict[str, Any], patch_set: str) -> None:
    assert FOLDER is not None
    result = examine(FOLDER, row, patch_set)
    assert result.wrong == []
    assert result.outcome in {"patched", "left with a reason", "nothing to do", "refused"}
    if row["kind"] == "unparseable":
        assert result.outcome == "refused"
