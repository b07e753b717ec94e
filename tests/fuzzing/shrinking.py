"""A smaller template with the same finding."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from msgspec import structs

from tests.fuzzing.reading import NotRead, data_of
from tests.fuzzing.trial import Execution, run


def shrunk(execution: Execution, kind: str) -> Execution:
    """Return an execution of a template from which nothing can be left out without losing the finding."""
    execution = _plainer(execution, kind)
    while True:
        smaller = next((one for one in _smaller(execution) if _has(one, kind)), None)
        if smaller is None:
            return execution
        execution = smaller


def _has(execution: Execution, kind: str) -> bool:
    return any(finding.kind == kind for finding in run(execution, thorough=True).findings)


def _plainer(execution: Execution, kind: str) -> Execution:
    """Return the execution with the data as plain JSON, and without options, where it still has the finding."""
    chosen = execution.options
    for name in chosen.__struct_fields__:
        default = getattr(type(chosen)(), name)
        one = dataclasses.replace(execution, options=structs.replace(execution.options, **{name: default}))
        execution = one if _has(one, kind) else execution
    try:
        data = data_of(execution.raw.decode())
    except (UnicodeDecodeError, NotRead):
        return execution
    one = _written(execution, data)
    return one if _has(one, kind) else execution


def _written(execution: Execution, data: Any) -> Execution:
    return dataclasses.replace(execution, raw=json.dumps(data, indent=1).encode() + b"\n", name="template.json")


def _smaller(execution: Execution) -> Iterator[Execution]:
    if execution.raw[:2] == b"{\n":
        for data in _without(json.loads(execution.raw)):
            yield _written(execution, data)
        return
    lines = execution.raw.splitlines(keepends=True)
    size = max(1, len(lines) // 2)
    while size:
        for first in range(0, len(lines), size):
            yield dataclasses.replace(execution, raw=b"".join(lines[:first] + lines[first + size :]))
        size //= 2


def _without(data: Any) -> Iterator[Any]:
    """Yield the data with one part less, large parts first."""
    paths = sorted(_paths(data, ()), key=len)
    for path in paths:
        smaller = copy.deepcopy(data)
        at = smaller
        for step in path[:-1]:
            at = at[step]
        part = at[path[-1]]
        del at[path[-1]]
        yield smaller
        if isinstance(part, dict | list) and len(part) == 1 and isinstance(at, list):
            at.insert(path[-1], next(iter(part.values() if isinstance(part, dict) else part)))
            yield smaller


def _paths(data: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield (*path, key)
        yield from _paths(data[key], (*path, key))
