"""The guarantees by number, and the error that says which one does not hold."""

from __future__ import annotations

from remediate.errors import RemediateError

PROMISES = {
    1: "the new text holds the data that the patch describes",
    2: "every byte outside the edits is the same",
    3: "only the planned resources differ",
    4: "the service's requests are allowed, Deny statements are unchanged, and no other principal lost permissions",
    5: "a second run plans nothing",
    6: "no other principal gains access",
}


class Broken(RemediateError):
    """A guarantee does not hold, so nothing is written: a fault of this tool, not of the template."""

    def __init__(self, number: int, detail: str) -> None:
        """Name a guarantee by its number, and what contradicts it."""
        found = f"internal check {number} failed ({PROMISES[number]}): {detail.rstrip('.')}"
        super().__init__(f"{found}; please report this, with the template")
        self.number = number
