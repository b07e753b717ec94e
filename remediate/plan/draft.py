"""The template's data while patches are planned, each seeing what those before it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jsonpatch

from remediate.template import Operation, Plain, pointer, tokens, unshared


@dataclass(frozen=True)
class Snapshot:
    """A draft at one moment: the number of its operations, and its resources as they were."""

    operations: int
    resources: dict[str, Plain]


class Draft:
    """A working copy of a template's data, and the operations that led to it.

    Only the resources that operations reach are copied; the original data is never changed.
    """

    def __init__(self, data: dict[str, Plain]) -> None:
        """Begin with a template's data, which is read only."""
        resources = data.get("Resources")
        self.data: dict[str, Plain] = {**data, "Resources": {**resources} if isinstance(resources, dict) else {}}
        self.operations: list[Operation] = []
        self._own: set[str] = set()

    def at(self, path: Sequence[str | int]) -> Plain:
        """Return the value at a path that exists."""
        found: Plain = self.data
        for step in path:
            if isinstance(found, list):
                found = found[int(step)]
            elif isinstance(found, dict):
                found = found[str(step)]
        return found

    def add(self, path: Sequence[str | int], value: Plain, before: str | None = None) -> None:
        """Add a member or list item; ``before`` names the member that it is written in front of."""
        self._apply(Operation("add", pointer(*path), unshared(value), before=before))

    def replace(self, path: Sequence[str | int], value: Plain) -> None:
        """Replace the value at a path."""
        self._guard(path)
        self._apply(Operation("replace", pointer(*path), unshared(value)))

    def remove(self, path: Sequence[str | int]) -> None:
        """Remove the member or item at a path."""
        self._guard(path)
        self._apply(Operation("remove", pointer(*path)))

    def snapshot(self) -> Snapshot:
        """Return what :meth:`restore` needs to take back all operations that follow."""
        self._own = set()  # what is changed from now on is copied first
        resources = self.data["Resources"]
        return Snapshot(len(self.operations), {**resources} if isinstance(resources, dict) else {})

    def restore(self, snapshot: Snapshot) -> None:
        """Take back every operation since a snapshot."""
        del self.operations[snapshot.operations :]
        self.data = {**self.data, "Resources": {**snapshot.resources}}
        self._own = set()

    def _guard(self, path: Sequence[str | int]) -> None:
        """Put a ``test`` first, so that the patch fails on a template that has changed (RFC 6902 section 4.6)."""
        self._apply(Operation("test", pointer(*path), unshared(self.at(path))))

    def _apply(self, operation: Operation) -> None:
        resources = self.data["Resources"]
        step = tokens(operation.path)[1]
        if isinstance(resources, dict) and step in resources and step not in self._own:
            resources[step] = unshared(resources[step])
            self._own.add(step)
        jsonpatch.JsonPatch([operation.to_json()]).apply(self.data, in_place=True)
        self.operations.append(operation)
        self.data = {**self.data}  # what is remembered of data goes by the object
