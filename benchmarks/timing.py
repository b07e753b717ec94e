"""What the benchmarks share: commands, medians of rounds that take turns, and printing."""

from __future__ import annotations

import gc
import statistics
import subprocess
import time
from collections.abc import Callable


def command(arguments: list[str]) -> Callable[[], object]:
    """Return a function that runs a command."""
    return lambda: subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603


def measure(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each action."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            gc.collect()
            start = time.perf_counter()
            action()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def say(line: str) -> None:
    """Print a line."""
    print(line)  # noqa: T201  # a script's output
