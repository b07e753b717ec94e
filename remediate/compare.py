"""What somebody else's change of a template does: to its problems, to the service's requests, and to who else gets in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.cloudformation.differences import Difference, differences
from remediate.delivery.comparison import Verdict, worst
from remediate.delivery.locate import locate
from remediate.delivery.new_access import NewAccess
from remediate.delivery.service import LogService
from remediate.delivery.standing_access import AccessChange, RemovedDeny, Side, access_change, removed_denies
from remediate.delivery.texts import principal_text
from remediate.engine import Report
from remediate.iam.evaluate import Decision, Outcome
from remediate.patch_set import PatchSet
from remediate.plan import Options

_ORDER = [Outcome.ALLOWED, Outcome.UNDECIDABLE, Outcome.DENIED]


class RequestChange(Struct, frozen=True):
    """A request of a service before and after; None where it was not made, or no policy in the template decides it.

    ``verdict`` tells of the request: that of the new template, where there is one.
    """

    verdict: Verdict
    before: Decision | None
    after: Decision | None

    @property
    def changed(self) -> bool:
        """Whether the outcome differs."""
        return (self.before and self.before.outcome) != (self.after and self.after.outcome)

    @property
    def worse(self) -> bool:
        """Whether the request was allowed, or undetermined, and is so no more."""
        return bool(self.before and self.after) and _rank(self.after) > _rank(self.before)


class Comparison(Struct, frozen=True):
    """A template before and after a change. ``old`` or ``new`` is None where the file is not there.

    The reports are those of each template by itself: what is wrong with it, and which patches would fix that.
    """

    name: str
    old: Report | None
    new: Report | None
    requests: tuple[RequestChange, ...] = ()
    access: AccessChange = field(default_factory=AccessChange)
    removed_denies: tuple[RemovedDeny, ...] = ()
    structure: tuple[Difference, ...] = ()

    @property
    def new_access(self) -> tuple[NewAccess, ...]:
        """What strangers have come to be allowed, without what is told only."""
        return tuple(one for one in self.access.gained if not one.told_only)


def compare(
    name: str, old: Report | None, new: Report | None, patch_sets: Sequence[PatchSet], options: Options
) -> Comparison:
    """Compare a template before and after a change, each as it was reported on; None stands for a file that is not there.

    ``name`` is what reports call the template. ``patch_sets`` and ``options`` are those of the reports.
    """
    services = [one.service for one in patch_sets]
    sides = [tuple(_side(one, options, of) if one else None for one in (old, new)) for of in patch_sets]
    at_home = _at_home(one for both in sides for one in both if one)
    access = [_among_strangers(access_change(*both), one, at_home) for one, both in zip(services, sides, strict=True)]
    denies = [deny for was, now in sides if was and now for deny in removed_denies(was, now)]
    return Comparison(
        name=name,
        old=old,
        new=new,
        requests=tuple(_requests(old, new)),
        access=_joined(access),
        removed_denies=tuple(dict.fromkeys(denies)),
        structure=differences(old.template.data, new.template.data) if old and new else (),
    )


def standing_access(report: Report) -> AccessChange:
    """Return who else gets in by a template as it was read, as the access that it would give if it were new."""
    sides = [Side(locate(report.model, one)) for one in report.givens]
    at_home = _at_home(sides)
    return _joined([_among_strangers(access_change(None, one), one.located.service, at_home) for one in sides])


def _side(report: Report, options: Options, patch_set: PatchSet) -> Side:
    return Side(locate(report.model, options.for_service(patch_set.service, patch_set.used_by).given))


def _at_home(sides: Iterable[Side]) -> set[str]:
    """Return the names of the services that deliver in a template."""
    return {principal_text(one.located.service.principal) for one in sides if one.located.deliveries}


def _among_strangers(change: AccessChange, service: LogService, at_home: set[str]) -> AccessChange:
    """Leave out the other services that deliver here: what they may do is their own requests' matter."""
    others = at_home - {principal_text(service.principal)}

    def strangers(found: Sequence[NewAccess]) -> tuple[NewAccess, ...]:
        return tuple(one for one in found if one.outsider.who not in others)

    return AccessChange(strangers(change.gained), strangers(change.lost), strangers(change.standing), change.asked)


def _joined(changes: Sequence[AccessChange]) -> AccessChange:
    return AccessChange(
        tuple(one for change in changes for one in change.gained),
        tuple(one for change in changes for one in change.lost),
        tuple(one for change in changes for one in change.standing),
        sum(change.asked for change in changes),
    )


def _requests(old: Report | None, new: Report | None) -> Iterator[RequestChange]:
    before, after = _as_they_stand(old), _as_they_stand(new)
    for name in dict.fromkeys([*after, *before]):
        was, now = before.get(name), after.get(name)
        told = now or was
        if told is not None:
            yield RequestChange(told, was.before if was else None, now.before if now else None)


def _as_they_stand(report: Report | None) -> dict[tuple[str, str, str], Verdict]:
    """Return the verdicts on a template without the fix, the worst of several scenarios, by what they are about."""
    verdicts = (replace(one, after=one.before) for one in report.verdicts) if report else ()
    return {(one.source, one.kind, one.request.id): one for one in worst(verdicts)}


def _rank(decision: Decision | None) -> int:
    return _ORDER.index(decision.outcome) if decision else -1
