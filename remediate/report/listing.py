"""What `check` prints: a line for each problem with its place, as compilers do it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.engine import Report
from remediate.report.annotations import Annotation
from remediate.report.escape import visible
from remediate.report.summary import headline
from remediate.report.terminal import painted, wrapped


def render(report: Report, found: Sequence[Annotation], *, color: bool = False, wrap: bool = False) -> str:
    """Return the headline, then ``path:line:column: level: message [rule]`` for each annotation, with its remedy below.

    ``wrap`` breaks long lines at the terminal's width; without it each annotation is one line, for editors and grep.
    """
    return "".join(f"{line}\n" for line in _lines(report, found, color=color, wrap=wrap))


def _lines(report: Report, found: Sequence[Annotation], *, color: bool, wrap: bool) -> Iterator[str]:
    first = headline(report, "available")
    yield from wrapped(first, "", "    ") if wrap else [first]
    for one in found:
        line = f"{report.name}:{one.line}:{one.column}: {one.level}: {one.message} [{one.rule}]"
        head, *others = wrapped(line, "", "    ") if wrap else [visible(line)]
        yield head.replace(f" {one.level}:", f" {painted(one.level, one.level, color=color)}:", 1)
        yield from others
        if one.remedy:
            yield from wrapped(one.remedy, "    → ")
        yield from (f"      {visible(line)}" for line in one.paste.splitlines())
    yield from (f"{visible(report.name)}: {one.reason}" for one in report.skipped if one.why == "unselected")
