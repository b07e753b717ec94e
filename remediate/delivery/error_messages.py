"""What CloudFormation's error messages about a logging stack say of where the fault is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from remediate.delivery.service import Failure, LogService

__all__ = ["Evidence", "Failure", "evidence", "failure", "names_no_cause"]

_BUCKET = re.compile(
    r"(?:detected for bucket:? |access S3 bucket |\barn:aws[a-z-]*:s3:::)['\"]?"
    r"(?!null\b)([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?![\w…])"
)
_KEY = re.compile(
    r"\barn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+"
    r"|(?<=KMS key )(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
)
_TOPIC = re.compile(r"\barn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]*\w")


class Evidence(Struct, frozen=True):
    """A failure of a deployment, and the logical ID of the resource that failed, "" where that is not known.

    ``bucket`` is the name of a bucket, ``key`` the id or the ARN of a key, and ``topic`` the ARN of a topic that the message
    names; each is "" where it names none.
    """

    failure: Failure
    source: str = ""
    bucket: str = ""
    key: str = ""
    topic: str = ""

    def named(self) -> tuple[str, ...]:
        """Return what the message names, in words."""
        found = {"the bucket": self.bucket, "the key": self.key, "the topic": self.topic}
        return tuple(f"{what} {name}" for what, name in found.items() if name)


def evidence(message: str, services: Iterable[LogService]) -> Evidence | None:
    """Return what a message tells of, None for one that is not about what the services log through."""
    known = failure(message, services)
    if known is None:
        return None
    bucket, key, topic = (one.search(message, 0, _LONGEST) for one in (_BUCKET, _KEY, _TOPIC))
    return Evidence(known, bucket=bucket[1] if bucket else "", key=key[0] if key else "", topic=topic[0] if topic else "")


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
