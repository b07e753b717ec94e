"""One patch at one policy document: what the rules of a patch work on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from remediate.cloudformation.expression import Alternative, alternatives, as_list
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import Document, WrittenStatement, documents
from remediate.cloudformation.possible import possible_strings
from remediate.delivery.access import Outsider
from remediate.delivery.delivery import Delivery, possible_name
from remediate.delivery.locate import Given
from remediate.delivery.texts import principal_text
from remediate.iam.holders import HOLDERS, PolicyKind, is_of_identity
from remediate.iam.statement import VARIABLES_SINCE
from remediate.patch_set import Need, NotRequire, Separate
from remediate.plan.chosen import Chosen
from remediate.plan.draft import Draft, Snapshot
from remediate.plan.names import named
from remediate.plan.outcome import Skipped, Why
from remediate.plan.role_policy import add_inline_policy
from remediate.plan.statement_copy import ending, guarded, with_unique_sid, without_misspelt
from remediate.template import Plain


class PolicyEditor(Struct, dict=True):
    """A document that a patch looks at, the deliveries that it serves, and what is said of it on the way.

    ``idle`` are as in :class:`remediate.delivery.locate.Located`.
    ``allowed`` collects the ids of the requests that its rules have come to allow, ``still_denied`` those that they could
    not, ``let_in`` the strangers that a reviewed change lets in, ``needs`` that a change was a repair.
    """

    subject: str
    draft: Draft
    path: tuple[str | int, ...]
    logical_id: str
    kind: PolicyKind
    deliveries: tuple[Delivery, ...]
    given: Given
    review: bool
    chosen: Chosen = field(default_factory=Chosen)
    idle: tuple[Delivery, ...] = ()
    allowed: set[str] = field(default_factory=set)
    still_denied: set[str] = field(default_factory=set)
    needs: set[Need] = field(default_factory=set)
    let_in: list[Outsider] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    _read: tuple[TemplateModel, Document] | None = None

    @property
    def place(self) -> tuple[PolicyKind, str]:
        """The kind of the policy, and the resource that holds it."""
        return self.kind, self.logical_id

    @property
    def document(self) -> Document:
        """The document as it stands now: read anew after every operation, for each can move statements."""
        model = self.draft.model  # each operation makes another one
        if self._read is None or self._read[0] is not model:
            self._read = model, next(self._documents(model))
        return self._read[1]

    def _documents(self, model: TemplateModel) -> Iterator[Document]:
        """Yield the editor's document; the permissions of an identity are one, wherever a statement is added to them."""
        found = documents(model, self.logical_id, self.kind)
        return (one for one in found if one.path == self.path or self.of_identity)

    @property
    def of_identity(self) -> bool:
        """Whether the statements are an identity's own, and name no principal."""
        return is_of_identity(self.kind)

    @functools.cached_property
    def original(self) -> Document | None:
        """The document as it was before any change of the run, None where there was none."""
        return next(self._documents(self.draft.original), None)

    def meets(self, when: Mapping[str, tuple[str, ...]] | None) -> bool:
        """Tell whether every delivery's log bucket has one of the object ownerships; one that does not say so has none."""
        wanted = (when or {}).get("object-ownership")
        return wanted is None or (
            bool(self.deliveries) and all(delivery.object_ownership() in wanted for delivery in self.deliveries)
        )

    def is_removable(self, key: str) -> bool:
        """Tell whether a rule of the run takes a condition key away where it is in the way."""
        return self._is_of(self.chosen.removing, key)

    def is_left_out(self, key: str) -> bool:
        """Tell whether a condition key is a matter of a rule that the user left out."""
        return self._is_of(self.chosen.left_out, key)

    def _is_of(self, rules: tuple[NotRequire | Separate, ...], key: str) -> bool:
        return any(named(key, rule.conditions) and (isinstance(rule, Separate) or self.meets(rule.when)) for rule in rules)

    def note(self, text: str) -> None:
        """Say what a change is for."""
        self.notes.append(text)

    def skip(self, why: Why, reason: str, advice: str = "") -> None:
        """Say why something stays as it is."""
        self.skipped.append(Skipped(self.subject, why, reason, self.logical_id, advice))

    def snapshot(self) -> tuple[Snapshot, int, int]:
        """Return what :meth:`restore` needs to take back all that follows."""
        return self.draft.snapshot(), len(self.notes), len(self.skipped)

    def restore(self, snapshot: tuple[Snapshot, int, int]) -> None:
        """Take back what was changed and said since a snapshot."""
        self.draft.restore(snapshot[0])
        del self.notes[snapshot[1] :]
        del self.skipped[snapshot[2] :]
        self._read = None

    @property
    def bucket(self) -> Plain:
        """The bucket that a bucket policy is for, as the policy names it."""
        return self.draft.model.properties(self.logical_id).get("Bucket")

    def has_statements_everywhere(self) -> bool:
        """Tell whether the document has a Statement under every delivery; one in an ``Fn::If`` need not."""
        if self._has_no_own():
            return True
        found = list(alternatives(self.draft.at(self.document.list_path), ()))
        return all(any(delivery.resolver.scenario.admits(one.guard) for one in found) for delivery in self.deliveries)

    def again(self, statement: WrittenStatement) -> WrittenStatement:
        """Return the statement as it stands now; a lone one that has become a list's first is found there."""
        paths = (statement.path, (*statement.path, 0))
        return next(one for one in self.document.statements if one.path in paths)

    @property
    def version(self) -> Plain:
        """The Version of the document as it is written, None where it says none; that of one that is added."""
        written = VARIABLES_SINCE if self._has_no_own() else self.draft.at(self.document.path)
        return written.get("Version") if isinstance(written, dict) else written

    def _has_no_own(self) -> bool:
        """Tell whether an identity has no policy of its own that a statement can join."""
        return self.of_identity and self.document.path[-1] == HOLDERS[self.kind].property

    def allows(self, service: str) -> list[WrittenStatement]:
        """Return the Allow statements that name a service under a delivery, whoever else they name.

        One with a NotPrincipal besides is none of the service's: AWS refuses it, and nobody knows what is meant. Of an
        identity's own they are those in its resource, which the service uses.
        """
        if self.of_identity:
            here = (one for one in self.document.statements if one.path[1] == self.logical_id and not one.spelled)
            return [one for one in here if one.data.get("Effect") == "Allow" and self.deliveries_of(one)]
        return [
            raw
            for raw in self.document.statements
            if raw.data.get("Effect") == "Allow"
            and "NotPrincipal" not in raw.data
            and any(one.trusts(raw.data.get("Principal"), service) for one in self.deliveries_of(raw))
        ]

    def upwards(self, service: str) -> Iterator[WrittenStatement]:
        """Yield the Allow statements that name a service from the last to the first.

        In this order what is inserted or removed moves no statement that is still to come. What is said of the statements
        comes out in the template's order.
        """
        for raw in reversed(self.allows(service)):
            notes, self.notes = self.notes, []
            skipped, self.skipped = self.skipped, []
            yield raw
            self.notes += notes
            self.skipped += skipped

    def deliveries_of(self, statement: WrittenStatement) -> list[Delivery]:
        """Return the deliveries under which a statement is part of the document."""
        return [delivery for delivery in self.deliveries if delivery.resolver.scenario.admits(statement.guard)]

    def is_shared(self, statement: WrittenStatement) -> bool:
        """Tell whether a statement names, or may name, any other principal than one service, whatever the parameters are."""
        principal = statement.data.get("Principal")
        if self.of_identity:
            return False
        services = principal.get("Service") if isinstance(principal, dict) and len(principal) == 1 else None
        named = [self._name(one) for one in as_list(services)]
        return not named or named[0] is None or any(one != named[0] for one in named)

    def own(self, statement: WrittenStatement, service: str) -> WrittenStatement | None:
        """Return a statement that names the service alone, splitting a shared one; None where it cannot be split."""
        if not self.is_shared(statement):
            return statement
        named = self._leave(statement, service) if self.can_insert(statement) else None
        if named is None:
            return None
        shown = principal_text(service)
        self.note(f"split {statement.label}, which is shared with others: {shown} gets a statement of its own")
        copy: dict[str, Plain] = {**statement.data, "Principal": {"Service": named}}
        if "Action" in copy:
            copy["Action"] = without_misspelt(copy["Action"])
        return self.insert(copy, after=statement, suffix=ending(self.given.service, service))

    def can_insert(self, after: WrittenStatement | None = None) -> bool:
        """Tell, and say where not, whether a statement can be added behind another one or at the end."""
        if self._has_no_own() or self._list(after) is not None:
            return True
        self.skip("obstacle", "its Statement comes from an intrinsic function, to which no statement can be added")
        return False

    def insert(
        self,
        data: dict[str, Plain],
        after: WrittenStatement | None = None,
        suffix: str = "",
        where: Alternative | None = None,
    ) -> WrittenStatement | None:
        """Add a statement, behind another and under the same conditions or at the end; None where the form forbids it.

        A Sid is unique in its policy: ``suffix`` tells a copy from its original. ``where`` is one of :meth:`lists`, for a
        statement that stands behind no other; conditions that it has more are those of the statement.
        """
        if self._has_no_own():
            return self._insert_policy(data, where.guard if where else ())
        found = next((one for one in self.lists() if where and one.path == where.path), None) or self._list(after)
        if found is None:
            self.can_insert(after)
            return None
        own = after.guard[len(found.guard) :] if after else ()
        more = tuple(one for one in (where.guard if where else ()) if one not in (*found.guard, *own))
        written = guarded(with_unique_sid(data, suffix, self.document), (*own, *more))
        if isinstance(found.value, list):
            index = int(after.path[len(found.path)]) + 1 if after else len(found.value)
            self.draft.add((*found.path, index), written)
        else:
            index = 1
            self.draft.replace(found.path, [found.value, written])
        path = (*found.path, index)
        return next(one for one in self.document.statements if one.path[: len(path)] == path)

    def _insert_policy(self, data: dict[str, Plain], guard: tuple[tuple[str, bool], ...]) -> WrittenStatement | None:
        path = add_inline_policy(self.draft, self.logical_id, str(data.get("Sid")), guarded(data, guard))
        return next((one for one in self.document.statements if path and one.path[: len(path)] == path), None)

    def lists(self) -> list[Alternative]:
        """Return the document's Statement, each of its branches where it is an ``Fn::If``."""
        document = self.document
        if self._has_no_own():
            return [Alternative(document.path, [])]
        return [*alternatives(self.draft.at(document.list_path), document.list_path, document.guard)]

    def _list(self, after: WrittenStatement | None) -> Alternative | None:
        """Return the document's statements, of several alternatives the one that holds ``after``."""
        found = self.lists()
        if after:
            found = [one for one in found if one.path == after.path[: len(one.path)]]
        return found[0] if len(found) == 1 else None

    def _leave(self, statement: WrittenStatement, service: str) -> Plain:
        """Take the service out of a shared statement's principals; return how it was written, None where it cannot leave."""
        principal = statement.data["Principal"]
        named = {key: as_list(names) for key, names in principal.items()} if isinstance(principal, dict) else {}
        services = named.get("Service", [])
        meant = possible_name(service, self.given.parameters)
        own = [index for index, one in enumerate(services) if self._name(one) == meant]
        rest = [one for index, one in enumerate(services) if index not in own]
        others = [one for key in named.keys() - {"Service"} for one in named[key]]
        # A statement whose last principal goes under some condition would be refused by AWS.
        stays = any(self._name(one) is not None for one in rest) or any(self._is_always(one) for one in others)
        # What may be the service under some value would keep what the service is to have apart from now on.
        if own and stays and all(meant not in self._names(one) for one in rest):
            path = (*statement.path, "Principal", "Service")
            for index in reversed(own) if rest else ():
                self.draft.remove((*path, index))
            if not rest:
                self.draft.remove(path)
            written = [services[index] for index in own]
            return written[0] if all(one == written[0] for one in written) else written
        reason = f"the principals of {statement.label} are written so that {principal_text(service)} cannot be taken out"
        self.skip("obstacle", f"{reason} of them")
        return None

    def _name(self, written: Plain) -> str | None:
        """Return the one service that a principal is under every value that it can take; None where it can be two."""
        names = possible_strings(self.deliveries[0].resolver, written, self.given.parameters)
        return next(iter(names)).lower() if names is not None and len(names) == 1 else None

    def _names(self, written: Plain) -> set[str]:
        names = possible_strings(self.deliveries[0].resolver, written, self.given.parameters)
        return set() if names is None else {name.lower() for name in names}

    def _is_always(self, written: Plain) -> bool:
        """Tell whether a principal is there under every condition."""
        found = list(alternatives(written, ()))
        return len(found) == 1 and not found[0].guard
