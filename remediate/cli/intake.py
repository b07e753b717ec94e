"""The inputs of a run on their way: those that wait, and those that have begun and are not done."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from remediate.cli import inputs
from remediate.cli.inputs import Choice, Input, Listener


class Intake:
    """A queue of inputs. ``single``: the user named one file, and no folder."""

    def __init__(self) -> None:
        """Begin without any."""
        self.single = False
        self._waiting: deque[Input] = deque()
        self._begun: deque[Input] = deque()

    def find(self, names: Sequence[str], choice: Choice, told: Listener) -> list[Input]:
        """Find all inputs, which then wait, and return them."""
        self.single = inputs.is_one_file(names)
        self._waiting.extend(inputs.find(names, choice, told))
        return [*self._waiting]

    def next(self) -> Input | None:
        """Return the next input that waits, which has begun then; None where none waits."""
        if not self._waiting:
            return None
        self._begun.append(self._waiting.popleft())
        return self._begun[-1]

    def done(self, one: Input) -> None:
        """Be done with an input, or about to report it."""
        if one in self._begun:
            self._begun.remove(one)

    def forget(self) -> None:
        """Leave all inputs that wait."""
        self._waiting.clear()

    def left(self) -> str:
        """Return which inputs are not done, for people; "" where all are."""
        left = [*self._begun, *self._waiting]
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        return f"not processed: {left[0].name}{more}" if left else ""
