"""Differences between templates in the words of logical IDs and properties, and outcomes in those of a reader."""

from __future__ import annotations

import json

from remediate.cloudformation.differences import Difference
from remediate.cloudformation.expression import function
from remediate.compare import Comparison
from remediate.delivery.standing_access import RemovedDeny
from remediate.iam.evaluate import Decision, Outcome
from remediate.report.totals import several
from remediate.template import Plain

_LONGEST = 120
_NOUNS = {"Parameters": "parameter", "Conditions": "condition", "Mappings": "mapping", "Outputs": "output", "Rules": "rule"}


def difference(one: Difference) -> str:
    """Return a difference in words, with the values in backticks."""
    section, *steps = map(str, one.path)
    if not steps:
        return f"{section}: {_change(one)}"
    whole = len(steps) == 1
    noun = "" if section == "Resources" else f"{_NOUNS.get(section, section)} "
    if one.kind == "renamed":
        return f"{noun}{steps[0]} was renamed to {one.new}"
    if whole and one.kind != "changed":
        kind = _type(one.new if one.kind == "added" else one.old) if section == "Resources" else ""
        return f"{noun}{steps[0]}{kind} was {one.kind}"
    inside = steps[2:] if steps[1:2] == ["Properties"] and len(steps) > 2 else steps[1:]
    return f"{noun}{steps[0]}: {'.'.join(inside)}{' ' if inside else ''}{_change(one)}"


def outcome(decision: Decision | None) -> str:
    """Return how a request was decided, in a word."""
    if decision is None:
        return "not made"
    return "undetermined" if decision.outcome is Outcome.UNDECIDABLE else str(decision.outcome.value)


def removed_deny(one: RemovedDeny) -> str:
    """Say what became of a Deny statement."""
    happened = "changed" if one.changed else "removed"
    return f"the Deny {one.label} of {one.logical_id} was {happened}: what it denied may be allowed"


def summary(found: Comparison, new: int, resolved: int) -> str:
    """Return the result of a comparison in a line, without the file's name."""
    if found.new is None:
        return "the template was deleted"
    opened = len(found.new_access)
    worse = sum(one.worse for one in found.requests)
    parts = [f"NEW ACCESS for others by {several(opened, 'request')}"] if opened else []
    parts += [f"{several(new, 'new problem')}" if new else "no new problems"]
    parts += [f"{resolved} resolved"] if resolved else []
    parts += [f"{several(worse, 'request')} no longer allowed"] if worse else []
    parts += [] if opened else ["no new access for others"]
    lead = "new template; " if found.old is None else ""
    return lead + "; ".join(parts)


def _change(one: Difference) -> str:
    match one.kind:
        case "added":
            return f"added: {_value(one.new)}"
        case "removed":
            return f"removed: {_value(one.old)}"
        case _:
            return f"changed from {_value(one.old)} to {_value(one.new)}"


def _type(resource: Plain) -> str:
    kind = resource.get("Type") if isinstance(resource, dict) else None
    return f" ({kind})" if isinstance(kind, str) else ""


def _value(value: Plain) -> str:
    """Return a value as people write it, shortened; an intrinsic function with a text in its short form."""
    call = function(value)
    if call and isinstance(call[1], str):
        name = call[0].removeprefix("Fn::")
        written = f"!{name} {call[1]}"
    elif call and call[0] == "Fn::GetAtt" and isinstance(call[1], list):
        written = f"!GetAtt {'.'.join(map(str, call[1]))}"
    else:
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    written = written.replace("`", "'")
    return f"`{written if len(written) <= _LONGEST else written[: _LONGEST - 1] + '…'}`"
