"""What the user chose for a run."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.delivery.error_messages import Evidence
from remediate.delivery.locate import Given
from remediate.delivery.service import LogService, UsedBy
from remediate.suppressions import Ignore


class Options(Struct, frozen=True):
    """What the user chose: what is said about the template, which patches, and whether those that need a review too.

    ``ignore`` can hold root causes, by their id, as well as patches. ``precautions`` applies those to healthy deliveries
    too. ``evidence`` are the failures that a deployment ended with. ``declined`` are changes that the user does not want,
    each as a patch and a resource. ``no_ignores``: what the template itself ignores counts all the same; ``generated``:
    templates that another tool generates are changed too.

    Two are not for the user to choose: ``ignores`` are what the template ignores, and ``unwritable`` the logical IDs of
    resources whose text cannot be edited, with the reason, which comes to light in the writing.
    """

    given: Given = field(default_factory=Given)
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    review: bool = False
    precautions: bool = False
    evidence: tuple[Evidence, ...] = ()
    declined: frozenset[tuple[str, str]] = frozenset()
    no_ignores: bool = False
    generated: bool = False
    ignores: tuple[Ignore, ...] = ()
    unwritable: Mapping[str, str] = field(default_factory=dict)

    def for_service(self, service: LogService, used_by: UsedBy | None = None) -> Options:
        """Return the same for another service, of which only what is ``used_by`` a third one may count."""
        source = None if used_by else self.given.source
        return replace(self, given=replace(self.given, service=service, used_by=used_by, source=source))
