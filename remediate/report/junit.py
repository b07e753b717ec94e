"""JUnit XML, which Jenkins, GitLab and AWS CodeBuild read: a test for each template.

Sources: the schema junit-10.xsd of Jenkins' xUnit plugin; GitLab Docs, Unit test reports; AWS CodeBuild User
Guide, Test reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from remediate.engine import Report
from remediate.patch_set import PatchSet
from remediate.report.annotations import LEVELS, Annotation, annotate, fails
from remediate.report.escape import relative, visible, xml
from remediate.report.failed import NOT_CHECKED, Failed
from remediate.report.suppressed import Ignored, suppressed
from remediate.report.totals import several

_NAME = "remediate"


def render(reports: Sequence[Report], _: PatchSet, failed: Sequence[Failed], *, fail_on: Mapping[str, str]) -> str:
    """Return one suite in which a template fails by the same severity as the run, and what could not be checked is an error.

    ``fail_on`` has that severity by the template's name. A test has one failure, as most readers show no more; what does not
    fail is in the test's output. What templates ignore are tests of their own, which are skipped.
    """
    found = [(report, annotate(report), fail_on.get(report.name, "warning")) for report in reports]
    skipped = [one for report in reports for one in _skipped(report)]
    failing = sum(fails([one.level for one in annotations], level) for _, annotations, level in found)
    counts = f'tests="{len(found) + len(failed) + len(skipped)}" failures="{failing}" errors="{len(failed)}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="{_NAME}" {counts}>']
    lines.append(f'  <testsuite name="{_NAME}" {counts} skipped="{len(skipped)}" time="0">')
    lines += [line for one in failed for line in _case(one.name, _error(one))]
    for report, told, level in found:
        lines += _case(report.name, _told(report.name, told, level))
    lines += [line for name, inner in skipped for line in _case(name, iter([inner]))]
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def _skipped(report: Report) -> Iterator[tuple[str, str]]:
    """Yield, for each id that is ignored at a resource, the name of its test and what says why it is skipped."""
    path = relative(report.name)
    grouped: dict[str, list[Ignored]] = {}
    for one in suppressed(report):
        where = f" at {one.what.logical_id}" if one.what.logical_id else ""
        grouped.setdefault(f"{path}: {one.what.rule}{where}", []).append(one)
    for name, found in grouped.items():
        why = xml(f"ignored: {'; '.join(dict.fromkeys(one.why for one in found))}")
        yield name, f'      <skipped message="{why}">{_lines(report.name, [one.what for one in found])}</skipped>'


def _case(name: str, inner: Iterator[str]) -> Iterator[str]:
    yield f'    <testcase classname="{_NAME}" name="{xml(relative(name))}" time="0">'
    yield from inner
    yield "    </testcase>"


def _error(failed: Failed) -> Iterator[str]:
    yield f'      <error type="{NOT_CHECKED}" message="{xml(failed.message)}">{xml(str(failed))}</error>'


def _told(name: str, found: Sequence[Annotation], fail_on: str) -> Iterator[str]:
    bad = [one for one in found if fails([one.level], fail_on)]
    if bad:
        counted = Counter(one.level for one in bad)
        counts = ", ".join(several(counted[level], level) for level in LEVELS if counted[level])
        worst = next(level for level in LEVELS if counted[level])
        yield f'      <failure type="{worst}" message="{counts}">{_lines(name, bad)}</failure>'
    rest = [one for one in found if one not in bad]
    if rest:
        yield f"      <system-out>{_lines(name, rest)}</system-out>"


def _lines(name: str, found: Sequence[Annotation]) -> str:
    """Return each finding on lines of its own, as `check` prints it."""
    path = visible(relative(name))
    told = []
    for one in found:
        told.append(f"{path}:{one.line}:{one.column}: {one.level}: {one.message} [{one.rule}]")
        told += [f"    {one.remedy}"] if one.remedy else []
    return "\n".join(map(xml, told))
