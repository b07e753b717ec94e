"""The conditions of a statement as they are written, each with its place."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from remediate.cloudformation.expression import alternatives, function
from remediate.cloudformation.policies import WrittenStatement
from remediate.template import Plain


class WrittenCondition(Struct, frozen=True):
    """One condition key under one operator, at its place in the template; ``version`` is that of its statement."""

    path: tuple[str | int, ...]
    operator: str
    key: str
    value: Plain
    guard: tuple[tuple[str, bool], ...]
    version: Plain

    def __str__(self) -> str:
        """Return operator and key."""
        return f"{self.operator} {self.key}"


def written_conditions(statement: WrittenStatement) -> Iterator[WrittenCondition]:
    """Yield every condition of a statement, through any ``Fn::If``."""
    for block in alternatives(statement.data.get("Condition", {}), (*statement.path, "Condition"), statement.guard):
        if not isinstance(block.value, dict) or function(block.value):
            continue
        for operator, written in block.value.items():
            for keys in alternatives(written, (*block.path, operator), block.guard):
                if isinstance(keys.value, dict) and not function(keys.value):
                    for key, value in keys.value.items():
                        yield WrittenCondition((*keys.path, key), operator, key, value, keys.guard, statement.version)
