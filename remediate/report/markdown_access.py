"""Who else has access, in the pull request's description: newly by a fix, or by a template that stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.compare import standing_access
from remediate.engine import Report
from remediate.report.access import DEPUTY, DOCUMENTED, also_allowed, held, opening_lines
from remediate.report.escape import prose
from remediate.report.hints import fix_command

_PREVENTION = f"{DEPUTY} A condition on `aws:SourceArn` prevents this;"


def lines(report: Report) -> Iterator[str]:
    """Yield what requests of others come to; of a template without such policies nothing."""
    if report.changed:
        opened, asked = report.new_access().found, report.new_access().asked
        found, also = held(opened), [*also_allowed(opened, "Also newly allowed")]
        title, outcome = "New access granted to others", "newly allowed"
    else:
        access = standing_access(report)
        found, also, asked = [*access.standing], list[str](), access.asked
        title, outcome = "Access of others as it stands", "not denied"
        if not asked:
            return
    yield f"### {title}"
    yield ""
    yield (
        f"{asked} requests by other principals were tested ({report.service_names} on behalf of other accounts, "
        "other services, other accounts, anonymous requests, the service outside its log folders and without TLS): "
        f"{len(found)} {outcome}."
    )
    if found or also:
        yield ""
    yield from (f"- {prose(line)}" for line in (*opening_lines(found), *also))
    if not report.changed and any(one.outsider.deputy for one in found):  # of a change the summary says so
        yield ""
        yield f"{_PREVENTION} `{fix_command(report, precautions=True, patch_set=DOCUMENTED)}` can add it."
    yield ""
