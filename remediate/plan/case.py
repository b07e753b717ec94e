"""One patch at one policy document: what the rules of a patch work on."""

from __future__ import annotations

from dataclasses import dataclass, field

from remediate.cloudformation.documents import Document, RawStatement, documents
from remediate.cloudformation.expression import NO_VALUE, function
from remediate.cloudformation.locate import Given, View, trusts
from remediate.cloudformation.resources import properties
from remediate.plan.draft import Draft
from remediate.plan.outcome import Skipped, Why
from remediate.template import Plain

_SHORT = {"cloudtrail.amazonaws.com": "CloudTrail", "s3.amazonaws.com": "S3"}
"""What the Sid of a statement that a service gets for itself ends with."""


@dataclass
class Case:
    """A document that a patch looks at, the views that it serves, and what is said of it on the way.

    ``document`` is read anew from the draft each time, for every operation can move its statements.
    """

    subject: str
    draft: Draft
    path: tuple[str | int, ...]
    logical_id: str
    kind: str
    views: tuple[View, ...]
    given: Given
    review: bool
    notes: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def document(self) -> Document:
        """The document as it stands now."""
        found = documents(self.draft.data, self.logical_id, "bucket" if self.kind == "bucket" else "key")
        return next(one for one in found if one.path == self.path)

    def note(self, text: str) -> None:
        """Say what a change is for."""
        self.notes.append(text)

    def skip(self, why: Why, reason: str, advice: str = "") -> None:
        """Say why something stays as it is."""
        self.skipped.append(Skipped(self.subject, why, reason, self.logical_id, advice))

    @property
    def bucket(self) -> Plain:
        """The bucket that a bucket policy is for, as the policy names it."""
        return properties(self.draft.data, self.logical_id).get("Bucket")

    def again(self, statement: RawStatement) -> RawStatement:
        """Return the statement as it stands now; a lone one that has become a list's first is found there."""
        paths = (statement.path, (*statement.path, 0))
        return next(one for one in self.document.statements if one.path in paths)

    def allows(self, service: str) -> list[RawStatement]:
        """Return the Allow statements that name a service, whoever else they name."""
        return [
            raw
            for raw in self.document.statements
            if raw.data.get("Effect") == "Allow"
            and any(trusts(view.resolver.value(raw.data.get("Principal")), service) for view in self.views)
        ]

    def views_of(self, statement: RawStatement) -> list[View]:
        """Return the views under which a statement is part of the document."""
        return [view for view in self.views if view.resolver.scenario.admits(statement.guard)]

    def is_shared(self, statement: RawStatement) -> bool:
        """Tell whether a statement names, or may name, any other principal than one service."""
        principal = statement.data.get("Principal")
        services = principal.get("Service") if isinstance(principal, dict) and len(principal) == 1 else None
        named = services if isinstance(services, list) else [services]
        call = function(named[0]) if len(named) == 1 else None
        return len(named) != 1 or not (isinstance(named[0], str) or (call is not None and call[0] == "Fn::Sub"))

    def own(self, statement: RawStatement, service: str) -> RawStatement | None:
        """Return a statement that names the service alone, splitting a shared one; None where it cannot be split."""
        if not self.is_shared(statement):
            return statement
        if not self._leave(statement, service):
            return None
        self.note(f"{statement.label} is shared with others, so the part of {service} becomes a statement of its own")
        copy: dict[str, Plain] = {**statement.data, "Principal": {"Service": service}}
        return self.insert(copy, after=statement, suffix=_SHORT.get(service, "Split"))

    def insert(
        self, data: dict[str, Plain], after: RawStatement | None = None, suffix: str = ""
    ) -> RawStatement | None:
        """Add a statement, behind another and under the same conditions or at the end; None where the form forbids it.

        A Sid is unique in its policy: ``suffix`` tells a copy from its original.
        """
        document = self.document
        written = self.draft.at(document.list_path)
        data = {**data}
        if isinstance(data.get("Sid"), str):
            data["Sid"] = _unique(str(data["Sid"]), suffix, document)
        else:
            data.pop("Sid", None)  # one that comes from a function would be the same twice
        depth = len(document.list_path)
        if isinstance(written, list):
            index = int(after.path[depth]) + 1 if after else len(written)
            guard = after.guard[len(document.guard) :] if after else ()
            self.draft.add((*document.list_path, index), _guarded(data, guard))
            path: tuple[str | int, ...] = (*document.list_path, index)
        elif function(written) is None:
            self.draft.replace(document.list_path, [written, data])
            path = (*document.list_path, 1)
        else:
            self.skip("obstacle", "its Statement comes from an intrinsic function, to which no statement can be added")
            return None
        return next(one for one in self.document.statements if one.path[: len(path)] == path)

    def _leave(self, statement: RawStatement, service: str) -> bool:
        """Take the service out of a shared statement's principals."""
        principal = statement.data["Principal"]
        services = principal.get("Service") if isinstance(principal, dict) else None
        path = (*statement.path, "Principal", "Service")
        if isinstance(services, str) and isinstance(principal, dict) and len(principal) > 1:
            self.draft.remove(path)
            return True
        index = next((index for index, one in enumerate(services) if self._is(one, service)), None) if isinstance(services, list) else None
        if isinstance(services, list) and index is not None:
            alone = len(services) == 1
            self.draft.remove(path if alone else (*path, index))
            return True
        self.skip(
            "obstacle", f"the principals of {statement.label} are written so that {service} cannot be taken out of them"
        )
        return False

    def _is(self, written: Plain, service: str) -> bool:
        return function(written) is None and trusts(self.views[0].resolver.value({"Service": written}), service)


def _unique(sid: str, suffix: str, document: Document) -> str:
    taken = {str(one.data.get("Sid")) for one in document.statements}
    suffix = f" {suffix}" if " " in sid and suffix else suffix
    candidates = [sid, sid + suffix, *(f"{sid}{suffix}{number}" for number in range(2, len(taken) + 3))]
    return next(one for one in candidates if one not in taken)


def _guarded(data: dict[str, Plain], guard: tuple[tuple[str, bool], ...]) -> Plain:
    wrapped: Plain = data
    for condition, holds in reversed(guard):
        wrapped = {"Fn::If": [condition, wrapped, NO_VALUE] if holds else [condition, NO_VALUE, wrapped]}
    return wrapped
