"""Which resource waits for which: through references and through ``DependsOn``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct

from remediate.cloudformation.expression import as_list, function, mentions
from remediate.cloudformation.model import TemplateModel
from remediate.template import Plain


class Reference(Struct, frozen=True):
    """A place where a name is read. ``guard`` holds the conditions under which that place is part of the template."""

    path: tuple[str | int, ...]
    name: str
    guard: tuple[tuple[str, bool], ...] = ()


class Dependencies:
    """What each resource of a template waits for, read once; for data that does not change meanwhile."""

    def __init__(self, model: TemplateModel) -> None:
        """Begin with a template's data; a resource is read when it is first asked for."""
        self._model = model
        self._resources = model.resources
        self._direct: dict[str, list[str]] = {}

    def chain(self, logical_id: str, on: str) -> list[str]:
        """Return the shortest chain of resources by which one waits for another, first to last; empty where it does not.

        Source: AWS CloudFormation User Guide, DependsOn attribute.
        """
        before: dict[str, str] = {}
        waiting = deque([logical_id])
        while waiting:
            current = waiting.popleft()
            for target in self._targets(current):
                if target == on:
                    return [*_way(before, logical_id, current), on]
                if target not in before and target != logical_id:
                    before[target] = current
                    waiting.append(target)
        return []

    def waits_for(self, needing: str, policy: str) -> bool:
        """Tell whether a resource is created after a policy: by reference, by DependsOn, or by a reference in Metadata."""
        return bool(self.chain(needing, policy)) or policy in mentions(self._model.resource(needing).get("Metadata"))

    def circle(self, needing: str, bucket_policies: Iterable[str]) -> list[str]:
        """Return the chain by which a policy waits for the resource that needs it, or that for itself; else nothing."""
        own = self.chain(needing, needing)
        return own or next((chain for one in bucket_policies if (chain := self.chain(one, needing))), [])

    def _targets(self, logical_id: str) -> list[str]:
        if logical_id not in self._direct:
            self._direct[logical_id] = sorted(_direct(self._resources.get(logical_id)) & self._resources.keys())
        return self._direct[logical_id]


def depends_on(written: Plain) -> list[str]:
    """Return what the ``DependsOn`` of a resource names."""
    named = written.get("DependsOn") if isinstance(written, dict) else None
    items = as_list(named)
    return [item for item in items if isinstance(item, str)]


def references(
    expression: Plain, path: tuple[str | int, ...], guard: tuple[tuple[str, bool], ...] = ()
) -> Iterator[Reference]:
    """Yield every place in an expression that reads a resource or parameter, each with the conditions around it."""
    match function(expression):
        case ("Fn::If", [str(condition), yes, no]):
            for index, branch, holds in ((1, yes, True), (2, no, False)):
                if (condition, not holds) not in guard:
                    yield from references(branch, (*path, "Fn::If", index), (*guard, (condition, holds)))
            return
        case ("Ref" | "Fn::GetAtt", _) | ("Fn::Sub", str()):
            yield from (Reference(path, name, guard) for name in sorted(mentions(expression)))
            return
        case ("Fn::Sub", [str(text), dict(variables)]):
            own: Plain = {"Fn::Sub": [text, dict.fromkeys(variables, "")]}
            yield from (Reference(path, name, guard) for name in sorted(mentions(own)))
            yield from references({**variables}, (*path, "Fn::Sub", 1), guard)
            return
    if isinstance(expression, dict):
        for key, value in expression.items():
            yield from references(value, (*path, key), guard)
    elif isinstance(expression, list):
        for index, item in enumerate(expression):
            yield from references(item, (*path, index), guard)


def _direct(written: Plain) -> set[str]:
    if not isinstance(written, dict):
        return set()
    return mentions(written.get("Properties")) | set(depends_on(written))


def _way(before: dict[str, str], first: str, last: str) -> list[str]:
    way = [last]
    while way[-1] != first:
        way.append(before[way[-1]])
    return way[::-1]
