"""What an expression holds at a path of members, whichever way its ``Fn::If`` functions go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.cloudformation.expression import Alternative, function
from remediate.template import Plain

Guard = tuple[tuple[str, bool], ...]


def members(expression: Plain, steps: Sequence[str | int], guard: Guard = ()) -> Iterator[Alternative]:
    """Yield each value at a path of names and list positions; one that is absent is None.

    A function on the way, whose members nobody can tell, stands for what it may hold.
    """
    yield from _members(expression, tuple(steps), (), guard)


def _members(
    expression: Plain, steps: tuple[str | int, ...], path: tuple[str | int, ...], guard: Guard
) -> Iterator[Alternative]:
    match function(expression):
        case ("Fn::If", [str(condition), yes, no]):
            for index, branch, holds in ((1, yes, True), (2, no, False)):
                if (condition, not holds) not in guard:
                    inside = tuple(dict.fromkeys((*guard, (condition, holds))))
                    yield from _members(branch, steps, (*path, "Fn::If", index), inside)
        case ("Ref", "AWS::NoValue"):
            yield Alternative(path, None, guard)
        case None if steps:
            first, *rest = steps
            yield from _members(_member(expression, first), tuple(rest), (*path, first), guard)
        case _:
            yield Alternative(path, expression, guard)


def _member(expression: Plain, step: str | int) -> Plain:
    if isinstance(expression, dict) and isinstance(step, str):
        return expression.get(step)
    if isinstance(expression, list) and isinstance(step, int):
        return expression[step] if step < len(expression) else None
    return None
