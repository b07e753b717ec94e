"""What CloudFormation's error messages about a logging stack say of where the fault is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from remediate.delivery.service import Failure, LogService

__all__ = ["Evidence", "Failure", "failure", "names_no_cause"]


class Evidence(Struct, frozen=True):
    """A failure of a deployment, and the logical ID of the resource that failed, "" where that is not known."""

    failure: Failure
    source: str = ""


def failure(message: str, services: Iterable[LogService]) -> Failure | None:
    """Return the failure that a message tells of, None for one that is not about what the services log through.

    Only the beginning of a very long text is read.
    """
    known = (one for service in services for one in service.failures)
    return next((one for one in known if re.compile(one.pattern, re.IGNORECASE).search(message, 0, _LONGEST)), None)


def names_no_cause(message: str) -> bool:
    """Tell whether a message only says which resources failed, or that others were cancelled for it.

    Source: AWS CloudFormation User Guide, Troubleshooting, the reasons in the events of a stack that rolls back.
    """
    return bool(_NO_CAUSE.search(message, 0, _LONGEST))


_NO_CAUSE = re.compile(
    r"the following resource\(s\) failed to (create|update|delete)|resource (creation|update) cancelled", re.IGNORECASE
)
_LONGEST = 10_000
"""CloudFormation shows messages of a few hundred characters."""
