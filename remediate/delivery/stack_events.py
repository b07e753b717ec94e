"""The events of a stack whose deployment failed, as ``aws cloudformation describe-stack-events`` writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from remediate.delivery.error_messages import Failure, failure
from remediate.delivery.service import LogService
from remediate.errors import RemediateError

_STACK = "AWS::CloudFormation::Stack"
_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "DELETE_IN_PROGRESS"})
_CANCELLED = re.compile(r"Resource (creation|update|deletion) cancell?ed", re.IGNORECASE)
_TAKEN = re.compile(r"already exists|AlreadyExists|AlreadyOwnedByYou", re.IGNORECASE)


class NotStackEvents(RemediateError):
    """The text is something else than the events of a stack."""


class FailedResource(Struct, frozen=True):
    """A resource that failed. ``known`` is what its reason tells about log delivery, None where it tells nothing.

    ``taken``: something of that name is there already.
    """

    logical_id: str
    type: str
    status: str
    reason: str
    known: Failure | None
    taken: bool


class StackEvents(Struct, frozen=True):
    """What became of a stack. ``retained`` are the logical and physical IDs of what a rollback left behind."""

    stack: str
    status: str
    failed: tuple[FailedResource, ...]
    retained: tuple[tuple[str, str], ...]


def parse(text: str | bytes, services: Sequence[LogService]) -> StackEvents:
    """Read the last operation that failed; what CloudFormation only cancelled is left out.

    Raises NotStackEvents. Source: AWS CloudFormation API Reference, StackEvent (the newest event comes first); AWS
    CloudFormation User Guide, Stack status codes.
    """
    try:
        written = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotStackEvents(f"not JSON ({error}); use --output json") from error
    events = written.get("StackEvents") if isinstance(written, dict) else written
    if not isinstance(events, list) or not all(isinstance(one, dict) and "ResourceStatus" in one for one in events):
        raise NotStackEvents("not the output of `aws cloudformation describe-stack-events`: it has no list StackEvents")
    events = sorted(events, key=lambda one: str(one.get("Timestamp", "")), reverse=True)
    own = [one for one in events if _is_of_stack(one)]
    last = _last_failed(events)
    failed = {one["LogicalResourceId"]: _failed(one, services) for one in last if _is_failure(one)}
    left = [one for one in last if one["ResourceStatus"] == "DELETE_SKIPPED"]
    return StackEvents(
        stack=str(next((one.get("StackName") for one in events if one.get("StackName")), "")),
        status=str(own[0]["ResourceStatus"]) if own else "",
        failed=tuple(failed.values()),
        retained=tuple((str(one.get("LogicalResourceId")), str(one.get("PhysicalResourceId") or "")) for one in left),
    )


def _last_failed(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, from the first to the last, the events of the last operation in which something failed."""
    operation: list[dict[str, Any]] = []
    for one in events:
        operation.append(one)
        if _is_of_stack(one) and one["ResourceStatus"] in _BEGINNINGS:
            if any(map(_is_failure, operation)):
                break
            operation = []
    return operation[::-1]


def _is_of_stack(event: dict[str, Any]) -> bool:
    """Tell whether an event is of the stack itself; a nested stack has another physical ID."""
    return event.get("ResourceType") == _STACK and event.get("PhysicalResourceId") == event.get("StackId")


def _is_failure(event: dict[str, Any]) -> bool:
    reason = str(event.get("ResourceStatusReason") or "")
    failed = str(event["ResourceStatus"]).endswith("_FAILED") and "LogicalResourceId" in event
    return failed and not _is_of_stack(event) and not _CANCELLED.match(reason)


def _failed(event: dict[str, Any], services: Sequence[LogService]) -> FailedResource:
    reason = " ".join(str(event.get("ResourceStatusReason") or "").split())
    return FailedResource(
        str(event["LogicalResourceId"]),
        str(event.get("ResourceType", "")),
        str(event["ResourceStatus"]),
        reason,
        failure(reason, services),
        taken=bool(_TAKEN.search(reason)),
    )
