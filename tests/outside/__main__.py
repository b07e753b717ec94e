"""``python -m tests.outside [--patch-set SET] [--strangers | --differences] [FILE…]``: judge templates one by one.

Without files: the examples, the cases, and the corpus where it is at hand. Exit 1 where a stranger got in, a verdict
differs, or a healthy template changed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.outside.evaluator import Evaluator, unavailable
from tests.outside.inputs import Input, everything
from tests.outside.judging import differences, health, opened
from tests.outside.known import unexplained
from tests.outside.tool import PATCH_SETS, fixed


def main() -> int:
    """Print what the judges find."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--patch-set", choices=PATCH_SETS, action="append")
    parser.add_argument("--strangers", action="store_true", help="only who else got in, and healthy templates changed")
    parser.add_argument("--differences", action="store_true", help="only where the verdicts differ")
    parser.add_argument("--all", action="store_true", help="the known differences too")
    chosen = parser.parse_args()
    if reason := unavailable():
        parser.error(reason)
    inputs = [Input.of(one) for one in chosen.files] or list(everything())
    evaluator = Evaluator()
    count: Counter[str] = Counter()
    for one in inputs:
        for patch_set in chosen.patch_set or PATCH_SETS:
            lines: list[str] = []
            if not chosen.differences:
                lines += outsiders_of(evaluator, one, patch_set, count)
            if not chosen.strangers:
                lines += differences_of(evaluator, one, patch_set, count, known=chosen.all)
            if lines:
                print(f"{one.name} ({patch_set})", *(f"  {line}" for line in lines), sep="\n")  # noqa: T201
    evaluator.close()
    print(dict(sorted(count.items())))  # noqa: T201
    return 1 if count["opened"] or count["differences"] or count["healthy, changed"] else 0


def outsiders_of(evaluator: Evaluator, one: Input, patch_set: str, count: Counter[str]) -> list[str]:
    """Return lines on who else got in, and on a healthy template that was changed."""
    result = fixed(one.raw, one.name, patch_set, one.told)
    if result is None:
        return []
    state = health(evaluator, result.before)
    changed = result.before != result.after
    count[f"{state}, {'changed' if changed else 'as it was'}"] += 1
    lines = [f"HEALTHY and changed ({one.path})"] if changed and state == "healthy" else []
    found = opened(evaluator, result.before, result.after)
    count["opened"] += len(found)
    count["templates opened"] += bool(found)
    return [*lines, *map(str, found)]


def differences_of(evaluator: Evaluator, one: Input, patch_set: str, count: Counter[str], *, known: bool) -> list[str]:
    """Return lines on verdicts that differ."""
    found, compared = differences(evaluator, one.raw, one.name, patch_set, one.told)
    count["verdicts compared"] += compared
    rest = found if known else unexplained(one.name, found)
    count["differences"] += len(rest)
    return list(map(str, rest))


if __name__ == "__main__":
    sys.exit(main())
