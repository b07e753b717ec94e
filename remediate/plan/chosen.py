"""Which conditions of policies a run takes away."""

from __future__ import annotations

from msgspec import Struct

from remediate.patch_set import NotRequire, Separate


class Chosen(Struct, frozen=True):
    """The rules that take conditions away: those of the run, and those that the user left out.

    What the user left out is not to be got around by another patch.
    """

    removing: tuple[NotRequire | Separate, ...] = ()
    left_out: tuple[NotRequire | Separate, ...] = ()
