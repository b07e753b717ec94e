"""What a change does to a template: the problems that are new or gone, and one module for each format."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from remediate.compare import Comparison
from remediate.diagnosis import Level
from remediate.engine import Report
from remediate.report.annotations import Annotation, annotate
from remediate.report.suppressed import Ignored, suppressed

FORMATS = ("text", "markdown", "json")
_NUMBER = re.compile(r"\b(statement|line) \d+")


class Problems(Struct, frozen=True):
    """The problems of a template that a change adds, fixes and leaves, each as `check` reports it of its side.

    ``ignored`` are those that the new template says are to be ignored, and the old one did not.
    """

    new: tuple[Annotation, ...]
    resolved: tuple[Annotation, ...]
    remaining: tuple[Annotation, ...]
    ignored: tuple[Ignored, ...] = ()


def problems(found: Comparison) -> Problems:
    """Compare the problems of both templates. One that is only at another place, or has another number, is the same.

    One that the new template ignores is not resolved: it is among those that remain.
    """
    before, after = _annotations(found.old), _annotations(found.new)
    left = [_name(one) for one in before]
    new, remaining = [], []
    for one in after:
        if (name := _name(one)) in left:
            left.remove(name)
            remaining.append(one)
        else:
            new.append(one)
    ignored = suppressed(found.new) if found.new else []
    for one in (each.what for each in ignored):
        if (name := _name(one)) in left:
            left.remove(name)
            remaining.append(one)
    resolved = []
    for one in reversed(before):
        if (name := _name(one)) in left:
            left.remove(name)
            resolved.append(one)
    known = [_name(each.what) for each in suppressed(found.old)] if found.old else []
    newly = tuple(each for each in ignored if _name(each.what) not in known)
    return Problems(tuple(new), tuple(reversed(resolved)), tuple(remaining), newly)


def levels(found: Comparison, known: Problems) -> Iterator[Level]:
    """Yield how bad each new problem, each new access and each Deny that is gone is."""
    yield from (one.level for one in known.new)
    for one in found.access.gained:
        yield "note" if one.told_only else "error"
    for _ in found.removed_denies:
        yield "warning"


def _annotations(report: Report | None) -> list[Annotation]:
    return annotate(report) if report else []


def _name(one: Annotation) -> tuple[str, str, Level, str]:
    return one.rule, one.logical_id, one.level, _NUMBER.sub(r"\1", one.message)
