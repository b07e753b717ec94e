"""What planning a patch came to: changes with their reasons, or the reason there are none."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from remediate.delivery.access import Outsider
from remediate.patch_set import Need, Patch
from remediate.template import Operation

Why = Literal[
    "review",
    "obstacle",
    "blocked",
    "denied",
    "outside",
    "undecidable",
    "harmless",
    "noted",
    "kept",
    "default",
    "unchecked",
    "unselected",
    "generated",
    "declined",
    "invalid",
    "unused",
]
"""Why something is as it was.

review: the change needs ``--review``. obstacle: the template's form is in the way. blocked: a Deny statement is. denied: no
patch of the run allows it. outside: it is not in the template. undecidable: the template does not tell. harmless: it is
wrong, but nothing fails for it. noted: it is good to know. kept: it is right. default: it is decided for the default of a
parameter. unchecked: it belongs to a service that the run does not look at. unselected: it is about patches that were not
selected. generated: another tool would overwrite the change. declined: the user was asked, and did not want it. Of
an ignore in the template itself: invalid, where it is not understood; unused, where it does not count or nothing is ignored.
"""

UNFIXED: frozenset[Why] = frozenset(
    {"review", "obstacle", "blocked", "denied", "outside", "generated", "declined", "invalid"}
)
"""The reasons that leave something to do."""


class Applied(Struct, frozen=True):
    """A patch that changed a resource. ``notes`` say what each change is for, and name every guard that is removed.

    ``need`` is ``repair`` where one of its changes is one. ``promised`` are the ids of the requests that it has come to
    allow, ``let_in`` the strangers that come in with it after a review.
    """

    patch: Patch
    logical_id: str
    operations: tuple[Operation, ...]
    notes: tuple[str, ...]
    need: Need = "repair"
    promised: frozenset[str] = frozenset()
    let_in: tuple[Outsider, ...] = ()


class Skipped(Struct, frozen=True):
    """Something that was not changed.

    ``subject`` is a patch, a root cause or a request, by its id. ``path`` leads to its place where that is more than the
    resource, and ``at`` is the line and column of what no path leads to. ``advice`` says what the user can do, ``paste``
    is a statement to put elsewhere.
    """

    subject: str
    why: Why
    reason: str
    logical_id: str = ""
    advice: str = ""
    paste: str = ""
    path: tuple[str | int, ...] = ()
    at: tuple[int, int] | None = None

    @property
    def unfixed(self) -> bool:
        """Whether it leaves something to do."""
        return self.why in UNFIXED

    def says_like(self, other: Skipped) -> bool:
        """Tell whether another service's run said the same of a resource, if under the id of its own patch."""
        return (self.why, self.logical_id, self.reason) == (other.why, other.logical_id, other.reason)
