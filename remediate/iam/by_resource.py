"""Finding, among many statements, those that may be about what a request asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.iam.beginnings import Beginnings
from remediate.iam.variables import has_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remediate.iam.request import Request
    from remediate.iam.statement import Statement


_MANY = 16
"""So many statements are looked up; fewer are all returned, for each is judged in less time."""


class ByResource:
    """Statements by their resources: what is left out of an answer surely names another resource."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        """Begin with the statements."""
        self._statements = [*statements]
        self._is_few = len(statements) < _MANY
        if self._is_few:
            return
        self._open = frozenset(number for number, one in enumerate(statements) if _is_open(one))
        named = [
            (number, pattern)
            for number, one in enumerate(statements)
            if number not in self._open
            for pattern in one.resources
        ]
        self._numbers = [number for number, _ in named]
        self._beginnings = Beginnings([pattern for _, pattern in named])

    def about(self, request: Request) -> list[Statement]:
        """Return the statements that may be about what is asked for, in their order."""
        if self._is_few:
            return self._statements
        paths = (request.resource, *request.alternatives)
        near = {self._numbers[place] for path in paths for place in self._beginnings.like(path)}
        return [self._statements[number] for number in sorted(near | self._open)]


def _is_open(statement: Statement) -> bool:
    return bool(statement.not_resources) or not statement.resources or any(map(has_variables, statement.resources))
