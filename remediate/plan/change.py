"""What the rules of a patch come to at one resource, gathered while it is planned."""

from __future__ import annotations

from msgspec import Struct, field

from remediate.delivery.access import Outsider
from remediate.patch_set import Need, Patch
from remediate.plan.outcome import Applied
from remediate.plan.policy_editor import PolicyEditor
from remediate.template import Operation


class Change(Struct):
    """What the rules of a patch came to at one resource."""

    notes: list[str] = field(default_factory=list)
    needs: set[Need] = field(default_factory=set)
    allowed: set[str] = field(default_factory=set)
    still_denied: set[str] = field(default_factory=set)
    let_in: list[Outsider] = field(default_factory=list)

    def add(self, editor: PolicyEditor) -> None:
        """Add what a rule came to at one document."""
        self.notes += editor.notes
        self.needs |= editor.needs
        self.allowed |= editor.allowed
        self.still_denied |= editor.still_denied
        self.let_in += editor.let_in

    def applied(self, patch: Patch, logical_id: str, operations: tuple[Operation, ...], earlier: Applied | None) -> Applied:
        """Return the change, joined to what an earlier round did there."""
        need: Need = "repair" if "repair" in self.needs or (earlier and earlier.need == "repair") else "precaution"
        promised = (self.allowed | (earlier.promised if earlier else set())) - self.still_denied
        before = (earlier.operations, earlier.notes, earlier.let_in) if earlier else ((), (), ())
        notes = (*before[1], *self.notes)
        let_in = (*before[2], *self.let_in)
        return Applied(patch, logical_id, (*before[0], *operations), notes, need, frozenset(promised), let_in)
