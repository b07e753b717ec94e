"""The whole report as JSON, in the form of ``schema.json`` beside this module."""

from __future__ import annotations

import json
from collections.abc import Sequence

from remediate import __version__
from remediate.delivery.comparison import Verdict, worst
from remediate.diagnosis import Finding, catalogue
from remediate.engine import Report
from remediate.iam.evaluate import Decision
from remediate.iam.statement import Statement
from remediate.patch_set import PatchSet
from remediate.plan import Applied, Skipped
from remediate.report.annotations import fixing
from remediate.report.escape import json_text
from remediate.report.failed import Failed
from remediate.report.fixes import fixes_of, in_order
from remediate.report.source_map import SourceMap
from remediate.report.suppressed import Ignored, suppressed
from remediate.template import Plain, line_and_column, pointer

_NOTHING = ("causes", "applied", "notFixed", "notes", "ignored", "requests", "openings", "patch", "edits")


def render(reports: Sequence[Report], patch_set: PatchSet, failed: Sequence[Failed] = ()) -> str:
    """Return one JSON object for the run; a file that could not be checked has an ``error`` and nothing else."""
    templates: list[Plain] = [*map(of_template, reports), *map(_failed, failed)]
    content: Plain = {"remediate": __version__, "patchSet": patch_set.name, "templates": templates}
    return json_text(content)


def of_template(report: Report) -> dict[str, Plain]:
    """Return what the report says of one template, an item of ``templates``."""
    return {
        "name": report.name,
        "changed": report.changed,
        "causes": _causes(report),
        "applied": [_applied(one) for one in report.applied],
        "notFixed": [_skipped(one) for one in report.skipped if one.unfixed],
        "notes": [_skipped(one) for one in report.skipped if not one.unfixed],
        "ignored": [_ignored(one) for one in suppressed(report)],
        "requests": [_verdict(one) for one in worst(report.verdicts)],
        "openings": _openings(report) if report.changed else [],
        "patch": [operation.to_json() for operation in report.operations],
        "edits": _edits(report),
    }


def _failed(one: Failed) -> Plain:
    error: Plain = {"message": one.message, "line": one.line, "column": one.column}
    return {"name": one.name, "changed": False, **{member: [] for member in _NOTHING}, "error": error}


def _edits(report: Report) -> Plain:
    """Return each edit with the ids of the patches that it is for."""
    owners = {one: fix.applied for fix in fixes_of(report) for one in fix.edits}
    return [
        {
            "start": _position(report, one.span.start),
            "end": _position(report, one.span.end),
            "text": one.text,
            "patches": [*dict.fromkeys(applied.patch.id for applied in owners[one])],
        }
        for one in in_order(report)
    ]


def _position(report: Report, offset: int) -> Plain:
    line, column = line_and_column(report.before, offset)
    return {"line": line, "column": column, "offset": offset}


def _causes(report: Report) -> Plain:
    found, places = report.causes(), SourceMap(report)
    return [_cause(one, report, *places.of(one.path)) for one in found]


def _cause(cause: Finding, report: Report, line: int, column: int) -> Plain:
    return {
        "id": cause.cause,
        "title": catalogue()[cause.cause].title,
        "resource": cause.logical_id,
        "pointer": pointer(*cause.path),
        "line": line,
        "column": column,
        "detail": cause.detail,
        "blocking": cause.blocking,
        "requests": [*cause.requests],
        "mendedBy": [patch.id for patch in fixing(cause, report)],
        "advice": cause.advice,
    }


def _applied(applied: Applied) -> Plain:
    return {
        "patch": applied.patch.id,
        "title": applied.patch.title,
        "resource": applied.logical_id,
        "changes": [*applied.notes],
        "references": [*applied.patch.references],
    }


def _skipped(skipped: Skipped) -> Plain:
    written: dict[str, Plain] = {
        "subject": skipped.subject,
        "why": skipped.why,
        "resource": skipped.logical_id,
        "reason": skipped.reason,
    }
    if skipped.advice:
        written["advice"] = skipped.advice
    if skipped.paste:
        written["statements"] = json.loads(skipped.paste)
    return written


def _ignored(ignored: Ignored) -> Plain:
    one = ignored.what
    return {
        "id": one.rule,
        "level": one.level,
        "resource": one.logical_id,
        "pointer": pointer(*one.path),
        "line": one.line,
        "column": one.column,
        "detail": one.message,
        "reason": ignored.ignore.reason,
        "until": ignored.ignore.until or None,
        "ignore": {"line": ignored.line, "column": ignored.column},
    }


def _verdict(verdict: Verdict) -> Plain:
    request = verdict.request
    return {
        "trail": verdict.source,
        "id": request.id,
        "title": request.title,
        "action": request.request.action,
        "resource": str(request.request.resource),
        "policy": verdict.logical_id,
        "confidence": request.confidence,
        "source": request.source,
        "before": _decision(verdict.before),
        "after": _decision(verdict.after),
    }


def _openings(report: Report) -> Plain:
    return [
        {
            "who": one.outsider.who,
            "action": one.outsider.request.action,
            "resource": str(one.outsider.request.resource),
            "policy": one.logical_id,
            "confusedDeputy": one.outsider.deputy,
            "statements": [_statement(statement) for statement in one.by],
            "toldOnly": one.told_only,
        }
        for one in report.new_access().found
    ]


def _statement(statement: Statement) -> Plain:
    return {"resource": statement.logical_id, "pointer": statement.pointer, "sid": statement.sid}


def _decision(decision: Decision) -> Plain:
    return {
        "outcome": decision.outcome.value,
        "explicitDeny": decision.explicit,
        "statements": [_statement(one) for one in decision.by],
        "reason": decision.reason,
    }
