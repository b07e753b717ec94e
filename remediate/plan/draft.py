"""The template's data while patches are planned, each seeing what those before it did."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from remediate.cloudformation.expression import function
from remediate.cloudformation.model import TemplateModel
from remediate.template import Operation, Plain, pointer, tokens, unshared, value_at


class Snapshot(Struct, frozen=True):
    """A draft at one moment: the number of its operations, and its template, which later operations do not change."""

    operations: int
    model: TemplateModel


class Draft:
    """A working copy of a template's data, and the operations that led to it.

    An operation makes new containers on its path alone. All else stays the same object, also in the original data, which is
    never changed: what is remembered of a part of the data stays good as long as it is that part.
    """

    def __init__(self, model: TemplateModel) -> None:
        """Begin with a template, which is read only."""
        self.original = self.model = model
        self.operations: list[Operation] = []
        self._removal: Snapshot | None = None  # what was before the last removal, of which a test is part

    def at(self, path: Sequence[str | int]) -> Plain:
        """Return the value at a path that exists."""
        return value_at(self.model.data, path)

    def add(self, path: Sequence[str | int], value: Plain, before: str | None = None) -> None:
        """Add a member or list item; ``before`` names the member that it is written in front of.

        A mapping in the place of one that has just been removed becomes changes in that, so that its comments stay.
        """
        removed = self._take_back_removal(path) if isinstance(value, dict) else None
        if removed is not None and isinstance(value, dict):
            self._change(path, removed, value)
            return
        self._apply(Operation("add", pointer(*path), unshared(value), before=before))

    def replace(self, path: Sequence[str | int], value: Plain) -> None:
        """Replace the value at a path; of an intrinsic function with a text only that, so that its comments stay."""
        if (inner := _argument(self.at(path), value)) is not None:
            path, value = (*path, inner[0]), inner[1]
        self._guard(path)
        self._apply(Operation("replace", pointer(*path), unshared(value)))

    def remove(self, path: Sequence[str | int]) -> None:
        """Remove the member or item at a path."""
        self._removal = self.snapshot()
        self._guard(path)
        self._apply(Operation("remove", pointer(*path)))

    def snapshot(self) -> Snapshot:
        """Return what :meth:`restore` needs to take back all operations that follow."""
        return Snapshot(len(self.operations), self.model)

    def restore(self, snapshot: Snapshot) -> None:
        """Take back every operation since a snapshot."""
        del self.operations[snapshot.operations :]
        self.model = snapshot.model
        self._removal = None

    def _take_back_removal(self, path: Sequence[str | int]) -> dict[str, Plain] | None:
        """Take back that the mapping at a path was removed, where that was the last operation; return the mapping."""
        if self._removal is None or len(self.operations) != self._removal.operations + 2:
            return None
        removed = value_at(self._removal.model.data, path) if self.operations[-1].path == pointer(*path) else None
        if not isinstance(removed, dict) or function(removed):
            return None
        self.restore(self._removal)
        return removed

    def _change(self, path: Sequence[str | int], old: dict[str, Plain], new: dict[str, Plain]) -> None:
        """Turn a mapping into another one, member by member."""
        for key, value in new.items():
            was = old.get(key)
            if isinstance(was, dict) and isinstance(value, dict) and not function(was) and not function(value):
                self._change((*path, key), was, value)
            elif key not in old:
                self.add((*path, key), value)
            elif was != value:
                self.replace((*path, key), value)
        for key in [key for key in old if key not in new]:
            self.remove((*path, key))

    def _guard(self, path: Sequence[str | int]) -> None:
        """Put a ``test`` first, so that the patch fails on a template that has changed (RFC 6902 section 4.6)."""
        self.operations.append(Operation("test", pointer(*path), unshared(self.at(path))))

    def _apply(self, operation: Operation) -> None:
        data = _changed_members({**self.model.data}, tokens(operation.path), operation)
        self.model = TemplateModel(data, is_draft=True)
        self.operations.append(operation)


def _argument(old: Plain, new: Plain) -> tuple[str, str] | None:
    """Return name and new argument of an intrinsic function where two values differ in that text alone."""
    was, now = function(old), function(new)
    if was and now and was[0] == now[0] and isinstance(was[1], str) and isinstance(now[1], str):
        return now[0], now[1]
    return None


def _changed(found: Plain, path: Sequence[str], operation: Operation) -> Plain:
    """Return a container as it is after an operation at a path in it; what is not on the path is the same object."""
    if isinstance(found, dict):
        return _changed_members(found, path, operation)
    if isinstance(found, list):
        return _changed_items(found, path, operation)
    raise LookupError(f"{operation.path} leads into what has no members")


def _changed_members(found: dict[str, Plain], path: Sequence[str], operation: Operation) -> dict[str, Plain]:
    name, *rest = path
    if rest:
        return {**found, name: _changed(found[name], rest, operation)}
    if operation.op == "remove":
        return {key: value for key, value in found.items() if key != name}
    return {**found, name: operation.value}


def _changed_items(found: list[Plain], path: Sequence[str], operation: Operation) -> list[Plain]:
    step, *rest = path
    index = len(found) if step == "-" else int(step)
    if rest:
        return [*found[:index], _changed(found[index], rest, operation), *found[index + 1 :]]
    after = index if operation.op == "add" else index + 1
    return [*found[:index], *([] if operation.op == "remove" else [operation.value]), *found[after:]]
