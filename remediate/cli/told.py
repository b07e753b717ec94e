"""What a failed deployment has told: by an error message, by the events of its stack, or by both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from remediate.cli.options import NO_CAUSE
from remediate.delivery.error_messages import Evidence

if TYPE_CHECKING:
    from remediate.cli.run import Run
    from remediate.delivery.error_messages import Failure
    from remediate.delivery.stack_events import StackEvents
    from remediate.engine import Report


class Told(Struct, frozen=True):
    """The message of ``--error`` and the events of ``--stack-events``, None where they are not given.

    ``known`` are the codes of known failures where the message names no cause, else empty.
    """

    error: Evidence | None
    events: StackEvents | None
    known: str = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> Told:
        """Take what was told out of the options, and leave there, as ``evidence``, what deliveries are judged by."""
        known = click.get_current_context().meta.get(NO_CAUSE, "")
        told = cls(options.pop("told"), options.pop("events"), known)
        options["evidence"] = told.evidence()
        return told

    def evidence(self) -> tuple[Evidence, ...]:
        """Return what is known of failures: the message alone, or with the resource that failed."""
        found = [self.error] if self.error else []
        failed = self.events.failed if self.events else ()
        return (*found, *(Evidence(one.known, one.logical_id) for one in failed if one.known))

    def failure(self) -> Failure | None:
        """Return the one failure that all of it is about; None where there are several, or none that is known."""
        found = {one.failure.code: one.failure for one in self.evidence()}
        return next(iter(found.values())) if len(found) == 1 else None

    def explain(self, run: Run, reports: Sequence[Report], *, in_report: bool) -> None:
        """Say what explains the failure, ``in_report`` on standard output, and where a message is about something else."""
        if self.known:
            run.say("\n".join(_without_cause(self.known)))
        if self.events:
            from remediate.report import stack_events  # few runs are told of any

            shown = stack_events.render(self.events, reports)
            if in_report:
                run.out(shown)
            else:
                run.say(shown.rstrip("\n"))
        elif self.error and reports and _is_elsewhere(self.error, reports):
            run.say("\n".join(_elsewhere(self.error, reports)))


_USED = {"key": "a key", "topic": "a topic", "role": "a role", "permissions": "a role"}


def _without_cause(known: str) -> list[str]:
    from remediate.report.terminal import wrapped  # as above

    advice = "give the reason of the first resource that failed, or all events of the stack with --stack-events"
    what = "this message names no cause, so everything in the templates counts as it does without it"
    return [*wrapped(f"--error: {what}", "  ! "), *wrapped(f"{advice}. Known: {known}", "    → ")]


def _is_elsewhere(error: Evidence, reports: Sequence[Report]) -> bool:
    """Tell whether an error is about no trail here; of one that no policy causes each report says what it means."""
    reported = any(one.reported for report in reports for one in report.deliveries)
    return bool(error.failure.policies) and not reported


def _elsewhere(error: Evidence, reports: Sequence[Report]) -> list[str]:
    from remediate.report.terminal import wrapped  # as above

    nouns = " or ".join(dict.fromkeys(service.noun for report in reports for service in report.services))
    here = "in this template" if len(reports) == 1 else "in these templates"
    kinds = dict.fromkeys(_USED[kind] for kind in error.failure.policies if kind in _USED)
    if not any(map(_has_source, reports)):
        lacking = f"there is no {nouns} {here}"
    elif named := error.named():
        lacking = f"no {nouns} {here} uses {' and '.join(named)}"
    else:
        lacking = f"no {nouns} {here} has {' or '.join(kinds)}"
    what = f"this error ({error.failure.code}) is from another template, or from another version of it: {lacking}"
    return [*wrapped(f"--error: {what}", "  ! ")]


def _has_source(report: Report) -> bool:
    types = {name for service in report.services for name in service.source_types}
    return any(report.model.type_of(one.name) in types for one in report.deliveries)
