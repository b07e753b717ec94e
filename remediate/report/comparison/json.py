"""What a change does to templates, as JSON in the form of ``schema.json`` beside this module."""

from __future__ import annotations

from collections.abc import Sequence

from remediate import __version__
from remediate.cloudformation.differences import Difference
from remediate.compare import Comparison, RequestChange
from remediate.delivery.new_access import NewAccess
from remediate.iam.evaluate import Decision
from remediate.report.annotations import Annotation
from remediate.report.comparison import Problems
from remediate.report.comparison.words import difference, outcome
from remediate.report.escape import json_text
from remediate.report.failed import Failed
from remediate.report.suppressed import Ignored
from remediate.template import Plain


def render(found: Sequence[tuple[Comparison, Problems]], failed: Sequence[Failed] = ()) -> str:
    """Return one JSON object for the run."""
    templates: list[Plain] = [_template(one, known) for one, known in found]
    errors: list[Plain] = [
        {"name": one.name, "message": one.message, "line": one.line, "column": one.column} for one in failed
    ]
    return json_text({"remediate": __version__, "templates": templates, "errors": errors})


def _template(found: Comparison, known: Problems) -> Plain:
    return {
        "name": found.name,
        "old": found.old.name if found.old else None,
        "new": found.new.name if found.new else None,
        "problems": {
            "new": [*map(_problem, known.new)],
            "resolved": [*map(_problem, known.resolved)],
            "remaining": [*map(_problem, known.remaining)],
            "ignored": [*map(_ignored, known.ignored)],
        },
        "access": {
            "gained": [_access(one) for one in found.access.gained],
            "lost": [_access(one) for one in found.access.lost],
            "standing": [_access(one) for one in found.access.standing],
            "tried": found.access.asked,
        },
        "removedDenies": [
            {"resource": one.logical_id, "statement": one.label.strip("`"), "changed": one.changed}
            for one in found.removed_denies
        ],
        "requests": [_request(one) for one in found.requests],
        "differences": [_difference(one) for one in found.structure],
    }


def _problem(one: Annotation) -> dict[str, Plain]:
    return {
        "id": one.rule,
        "level": one.level,
        "message": one.message,
        "resource": one.logical_id,
        "line": one.line,
        "column": one.column,
        "remedy": one.remedy,
    }


def _ignored(one: Ignored) -> Plain:
    return {**_problem(one.what), "reason": one.ignore.reason, "until": one.ignore.until or None}


def _access(one: NewAccess) -> Plain:
    return {
        "who": one.outsider.who,
        "action": one.outsider.request.action,
        "resource": str(one.outsider.request.resource),
        "policy": one.logical_id,
        "confusedDeputy": one.outsider.deputy,
        "statements": [statement.pointer for statement in one.by],
        "toldOnly": one.told_only,
    }


def _request(one: RequestChange) -> Plain:
    request = one.verdict.request
    return {
        "id": request.id,
        "action": request.request.action,
        "resource": str(request.request.resource),
        "source": one.verdict.source,
        "policy": one.verdict.logical_id,
        "before": _outcome(one.before),
        "after": _outcome(one.after),
    }


def _outcome(decision: Decision | None) -> Plain:
    return None if decision is None else outcome(decision)


def _difference(one: Difference) -> Plain:
    return {"kind": one.kind, "path": [*one.path], "old": one.old, "new": one.new, "text": difference(one)}
