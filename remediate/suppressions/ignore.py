"""An ignore as a template has it, checked, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timezone
from typing import Literal

from msgspec import Struct

from remediate.patch_set import shipped_ids
from remediate.reasons import described

RULES: frozenset[str] = frozenset({"invalid-ignore", "outdated-ignore", "unused-ignore"})
"""The ids that ignores themselves are reported under. A template cannot ignore them, or no ignore would need a reason."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Ignore(Struct, frozen=True):
    """An id that is ignored at the resource ``logical_id``, or in the whole template where that is empty.

    ``reason`` says why. It stands at ``path``; a comment, which has none, at the line and column ``at``. ``until`` is the
    last day on which it counts, as YYYY-MM-DD; without one it is empty.
    """

    id: str
    reason: str
    logical_id: str = ""
    path: tuple[str | int, ...] = ()
    at: tuple[int, int] | None = None
    until: str = ""

    def covers(self, logical_id: str) -> bool:
        """Tell whether it holds for a resource."""
        return self.logical_id in {"", logical_id}


class Fault(Struct, frozen=True):
    """What is wrong with an ignore, and what to do; its place is as in :class:`Ignore`. ``rule`` is one of ``RULES``."""

    rule: Literal["invalid-ignore", "outdated-ignore"]
    reason: str
    advice: str
    logical_id: str = ""
    path: tuple[str | int, ...] = ()
    at: tuple[int, int] | None = None


class Ignores(Struct, frozen=True):
    """The ignores of a template that count, and what is wrong with the others."""

    valid: tuple[Ignore, ...] = ()
    faults: tuple[Fault, ...] = ()


class Written(Struct, frozen=True):
    """An ignore as it is written, each part still unchecked."""

    id: str
    reason: str
    until: str = ""
    logical_id: str = ""
    path: tuple[str | int, ...] = ()
    at: tuple[int, int] | None = None

    def checked(self, own: Iterable[str]) -> Ignore | Fault:
        """Return the ignore, or what is wrong with it; ``own`` are the ids of the patches of the run."""
        if self.id in RULES or not _is_known(self.id, own):
            which = "cannot be ignored in a template" if self.id in RULES else "is unknown"
            return self._invalid(f"the id {self.id!r} {which}", "`remediate explain` lists all ids")
        if not self.reason.strip():
            return self._invalid(f"ignoring {self.id!r} needs a reason", "say why the problem is acceptable here")
        if not self.until:
            return Ignore(self.id, self.reason.strip(), self.logical_id, self.path, self.at)
        until = _date(self.until)
        if until is None:
            return self._invalid(f"until {self.until!r} is not a date", "write it as YYYY-MM-DD")
        if until < datetime.now(timezone.utc).date():
            reason = f"ignoring {self.id!r} ended on {until} and no longer counts ({self.reason.strip()})"
            advice = "remove it, or give it a new date after a review"
            return Fault("outdated-ignore", reason, advice, self.logical_id, self.path, self.at)
        return Ignore(self.id, self.reason.strip(), self.logical_id, self.path, self.at, self.until)

    def _invalid(self, reason: str, advice: str) -> Fault:
        return Fault("invalid-ignore", reason, advice, self.logical_id, self.path, self.at)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:  # the 31st of a month that has none
        return None


def _is_known(name: str, own: Iterable[str]) -> bool:
    return name in described() or name in own or name in shipped_ids()
