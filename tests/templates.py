"""The templates that many tests run on: the examples, and the cases of the patches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
EVERY = "REMEDIATE_EVERY_CASE"
EXAMPLES = sorted(one for one in (ROOT / "examples").iterdir() if one.suffix in {".yaml", ".json"})
CASES = sorted((ROOT / "tests" / "cases").rglob("before.*"))


def some(files: Sequence[Path], step: int = 4) -> list[Path]:
    """Return every ``step``-th of the files, and each of them where the environment variable ``EVERY`` is set.

    It is for tests of what is the same for all templates, a format for instance. In the order of their names, the cases of
    a patch stand together, and so each patch has some.
    """
    return [*files] if os.environ.get(EVERY) else [*files[step // 2 :: step]]


SOME = [*EXAMPLES, *some(CASES)]
