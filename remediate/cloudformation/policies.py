"""Policy documents in a template and the statements in them, wherever ``Fn::If`` has put them."""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from remediate.cloudformation.expression import Alternative, alternatives, as_list, function
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.role_policies import INLINE, attached_documents, inline_documents
from remediate.cloudformation.text_document import read_text
from remediate.iam.holders import HOLDERS, PolicyKind, is_of_identity
from remediate.template import Plain, pointer


class WrittenStatement(Struct, frozen=True):
    """A statement as written.

    ``guard`` tells under which conditions it is part of the document. ``version`` is the Version of the document as written,
    None where it says none. ``spelled``: it is part of a JSON text, so that ``path`` leads only as far as the text.
    """

    path: tuple[str | int, ...]
    data: dict[str, Plain]
    guard: tuple[tuple[str, bool], ...]
    version: Plain
    spelled: bool = False

    @property
    def pointer(self) -> str:
        """The JSON pointer of the statement in the template."""
        return pointer(*self.path)

    @property
    def actions(self) -> list[str]:
        """The actions that are written as plain text."""
        written = self.data.get("Action")
        return [one for one in as_list(written) if isinstance(one, str)]

    def path_of(self, element: str) -> tuple[str | int, ...]:
        """Return the path of an element, of the whole statement where it has none of that name."""
        return (*self.path, element) if element in self.data else self.path

    @property
    def label(self) -> str:
        """What a person calls it: its Sid, else its place in the list, counted from 1."""
        sid = self.data.get("Sid")
        if isinstance(sid, str):
            return f"`{' '.join(sid.split())}`"
        steps = pairwise(self.path)
        place = next((step for before, step in steps if isinstance(step, int) and before != "Fn::If"), None)
        return "the statement" if place is None else f"statement {place + 1}"


class Document(Struct, frozen=True, eq=False):
    """A policy in the template; the permissions of a role are one, wherever their parts are.

    ``path`` leads to where a statement can be added. ``obstacle`` says why its statements cannot be edited as they stand,
    None where they can. They can be judged all the same where the document is ``readable``: it is JSON text.
    """

    logical_id: str
    kind: PolicyKind
    path: tuple[str | int, ...]
    guard: tuple[tuple[str, bool], ...]
    statements: tuple[WrittenStatement, ...]
    obstacle: str | None = None
    readable: bool = True

    @property
    def list_path(self) -> tuple[str | int, ...]:
        """The path of the document's ``Statement``."""
        return (*self.path, "Statement")


def documents(model: TemplateModel, logical_id: str, kind: PolicyKind) -> tuple[Document, ...]:
    """Return the policy documents that a resource holds: one, or one for each branch of an ``Fn::If``."""
    memory, name = model.memory, (documents, logical_id, kind)
    if name not in memory:
        memory[name] = _documents(model, logical_id, kind)
    return memory[name]  # type: ignore[return-value]  # what the line above put there


def _documents(model: TemplateModel, logical_id: str, kind: PolicyKind) -> tuple[Document, ...]:
    if is_of_identity(kind):
        return (_permissions(model, logical_id, kind),)
    written = model.properties(logical_id)
    name = HOLDERS[kind].property
    if name not in written:
        return ()
    found = alternatives(written[name], ("Resources", logical_id, "Properties", name))
    return tuple(_document(logical_id, kind, alternative) for alternative in found)


def _document(logical_id: str, kind: PolicyKind, where: Alternative) -> Document:
    spelled = read_text(where.value)
    obstacle = _obstacle(where.value)
    written = spelled if spelled and not _obstacle(spelled) else where.value
    if (obstacle and written is not spelled) or not isinstance(written, dict):
        return Document(logical_id, kind, where.path, where.guard, (), obstacle, readable=False)
    found: list[WrittenStatement] = []
    for outer in alternatives(written["Statement"], (*where.path, "Statement")):
        items = as_list(outer.value)
        for index, item in enumerate(items):
            path = (*outer.path, index) if isinstance(outer.value, list) else outer.path
            for inner in alternatives(item, path, outer.guard):
                if not isinstance(inner.value, dict) or function(inner.value) or "Effect" not in inner.value:
                    obstacle = obstacle or f"{pointer(*inner.path)} is not a statement that can be read as it stands"
                    return Document(logical_id, kind, where.path, where.guard, (), obstacle, readable=False)
                guard = (*where.guard, *inner.guard)
                found.append(WrittenStatement(inner.path, inner.value, guard, written.get("Version"), written is spelled))
    return Document(logical_id, kind, where.path, where.guard, tuple(found), obstacle)


def _permissions(model: TemplateModel, role: str, kind: PolicyKind) -> Document:
    """Return the statements of all policies of a role as one document: the one to be edited is the first of its own.

    One that is under no condition and can be edited is taken; where there is none, ``path`` leads to the list of its own.
    """
    own = [_document(role, kind, one) for one in inline_documents(model, role)]
    others = [_document(role, kind, one) for one in attached_documents(model, role)]
    first = next((one for one in own if not one.guard and not one.obstacle), None)
    path = first.path if first else ("Resources", role, "Properties", INLINE)
    statements = tuple(statement for one in (*own, *others) for statement in one.statements)
    unreadable = next((one.obstacle for one in (*own, *others) if not one.readable), None)
    return Document(role, kind, path, (), statements, unreadable, readable=unreadable is None)


def _obstacle(document: Plain) -> str | None:
    call = function(document)
    if isinstance(document, str) or (call and read_text(document)):
        return "the policy document is a JSON string, of which no part can be edited on its own; write it as YAML or JSON"
    if call:
        return f"the policy document comes from {call[0]}, which is not evaluated here"
    if not isinstance(document, dict):
        return "the policy document is not a mapping"
    if "Fn::Transform" in document:
        return "the policy document is made by a macro (Fn::Transform), which is not evaluated here"
    if "Statement" not in document:
        return "the policy document has no Statement; a macro may make one of it, which is not evaluated here"
    return None
