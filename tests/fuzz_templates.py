"""Random templates through the whole tool: python tests/fuzz_templates.py --executions 100000 --seed 1 [FOLDER]...

Templates of the folders (without any: the examples, the tests' cases, and the corpus where there is one) are mutated as
text, as structure and as policies, others are grown from nothing. Each run is judged by an oracle of its own: what may be
raised, another parser, jsonpatch, Deny statements, other principals in every deployment, comments, line ends, a second run,
and `git apply`. The exit code is 1 where something is wrong; `--only N` shows execution N again, `--shrink` makes it small.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.corpus import corpus_folder
from tests.fuzzing.shrinking import shrunk
from tests.fuzzing.trial import KINDS, Base, bases, execution, run

_HERE = Path(__file__).parent
_CLEAN = 2000  # executions after which garbage is collected


@dataclass
class Tally:
    """What came of the executions. ``found`` has the numbers of the first ones by kind of finding."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: dict[str, list[int]] = field(default_factory=dict)
    findings: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        kinds = self.found.keys() | other.found.keys()
        found = {kind: sorted(self.found.get(kind, []) + other.found.get(kind, []))[:_SHOWN] for kind in kinds}
        slowest = max(self.slowest, other.slowest)
        return Tally(self.counted + other.counted, found, self.findings + other.findings, slowest)


_SHOWN = 3


@dataclass(frozen=True)
class Job:
    """The executions of one worker: every ``step``-th from ``first``."""

    seed: int
    first: int
    end: int
    step: int
    known: list[Base]
    kinds: dict[str, int]


def main() -> int:
    """Run the executions and print what came of them."""
    chosen = _arguments()
    folders = chosen.folders or [_HERE.parent / "examples", _HERE / "cases", *filter(None, [_templates()])]
    known = bases(folders, chosen.largest)
    if not known:
        print("no readable template found", file=sys.stderr)  # noqa: T201
        return 2
    kinds = {kind: weight for kind, weight in KINDS.items() if not chosen.kind or kind in chosen.kind}
    if chosen.only is not None:
        return _show(chosen.seed, chosen.only, known, kinds, shrink=chosen.shrink)
    end = chosen.start + chosen.executions
    jobs = [Job(chosen.seed, chosen.start + part, end, chosen.workers, known, kinds) for part in range(chosen.workers)]
    started = time.monotonic()
    if chosen.workers == 1:
        tally = work(jobs[0])
    else:
        with multiprocessing.Pool(chosen.workers) as pool:
            tally = sum(pool.map(work, jobs, 1), Tally())
    print(_table(tally, kinds, time.monotonic() - started, len(known)))  # noqa: T201
    return 1 if tally.findings else 0


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--executions", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--start", type=int, default=0, help="number of the first execution")
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--largest", type=int, default=60_000, help="skip templates with more bytes")
    arguments.add_argument("--kind", action="append", choices=KINDS, help="only this kind of mutation; can be repeated")
    arguments.add_argument("--only", type=int, help="run this execution alone, and show it")
    arguments.add_argument("--shrink", action="store_true", help="with --only: look for a smaller template")
    arguments.add_argument("folders", nargs="*", type=Path)
    return arguments.parse_args()


def _templates() -> Path | None:
    folder = corpus_folder()
    return folder / "templates" if folder else None


def work(job: Job) -> Tally:
    """Run the executions of a worker. What is found is said at once on standard error, the first time."""
    gc.disable()
    tally = Tally()
    for number in range(job.first, job.end, job.step):
        made = execution(job.seed, number, job.known, job.kinds)
        outcome = run(made)
        tally.counted[made.kind, outcome.what] += 1
        tally.slowest = max(tally.slowest, (outcome.seconds, number))
        for finding in outcome.findings:
            tally.findings[finding.kind] += 1
            shown = tally.found.setdefault(finding.kind, [])
            if not shown:
                print(f"{finding.kind}: {made}\n  {finding.detail.strip()[:600]}", file=sys.stderr, flush=True)  # noqa: T201
            if len(shown) < _SHOWN and number not in shown:
                shown.append(number)
        if number % _CLEAN < job.step:
            gc.collect()
    gc.enable()
    return tally


def _table(tally: Tally, kinds: dict[str, int], seconds: float, templates: int) -> str:
    columns = ["changed", "the same", "refused", "refused edits"]
    rows = [(kind, [tally.counted[kind, column] for column in columns]) for kind in kinds]
    rows.append(("all", [sum(column) for column in zip(*(counts for _, counts in rows), strict=True)]))
    lines = [f"{'':8}{'executions':>12}" + "".join(f"{column:>15}" for column in columns)]
    lines += [f"{kind:8}{sum(counts):12}" + "".join(f"{count:15}" for count in counts) for kind, counts in rows]
    total = sum(rows[-1][1])
    lines.append(f"{templates} templates, {seconds:.0f} s, {total / max(seconds, 0.001):.0f} executions a second")
    lines.append(f"slowest: {tally.slowest[0]:.1f} s, execution {tally.slowest[1]}")
    lines.append(f"{sum(tally.findings.values())} findings" + (":" if tally.findings else ""))
    for kind, count in tally.findings.most_common():
        lines.append(f"{count:8}  {kind}: --only {', '.join(map(str, tally.found[kind]))}")
    return "\n".join(lines)


def _show(seed: int, number: int, known: list[Base], kinds: dict[str, int], *, shrink: bool) -> int:
    made = execution(seed, number, known, kinds)
    outcome = run(made, thorough=True)
    if shrink and outcome.findings:
        made = shrunk(made, outcome.findings[0].kind)
        outcome = run(made, thorough=True)
    print(made)  # noqa: T201
    sys.stdout.flush()
    sys.stdout.buffer.write(made.raw + b"\n")
    print(f"{outcome.what}, {outcome.seconds:.2f} s")  # noqa: T201
    for finding in outcome.findings:
        print(f"{finding.kind}: {finding.detail}")  # noqa: T201
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
