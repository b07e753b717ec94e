"""What `check` prints: a line for each thing that is wrong, with its place, as compilers do it."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.engine import Report
from remediate.report.annotations import annotate
from remediate.report.escape import visible
from remediate.report.summary import headline, wrapped


def render(report: Report) -> str:
    """Return ``path:line:column: level: message [rule]`` for each finding, what mends it below, and a last line of all."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for one in annotate(report):
        yield f"{visible(report.name)}:{one.line}:{one.column}: {one.level}: {visible(one.message)} [{visible(one.rule)}]"
        if one.remedy:
            yield from wrapped(one.remedy, "    → ")
        yield from (f"      {visible(line)}" for line in one.paste.splitlines())
    yield headline(report, written=False)
