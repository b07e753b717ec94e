"""A working copy of the node tree on which operations take place, before any text is written.

Operations run one after another against this copy, each seeing the result of those before, while every node that no
operation reached still is the original one with its span. What is written at the end is the difference: a container
that changed knows which of its original entries it still has and what came between them. An entry that was added and
removed again leaves no trace.
"""

from __future__ import annotations

from remediate.template.errors import Refused, line_and_column
from remediate.template.limits import DEEPEST, MOST_VALUES, check_expansion, count, depth, has_aliases
from remediate.template.node import Alias, MappingNode, Node, Plain, ScalarNode, SequenceNode, Tagged
from remediate.template.operation import Operation, tokens, unshared
from remediate.template.tree import Changed, New, Slot, Working, aliases, data_of, put_in_place, same

_LONGEST_SHOWN = 200
_MOST_COPIED = 200_000  # twenty copies of copies make a million values of one
_END = "-"  # RFC 6901 section 4: the place behind a list's last item


def overlay(root: Node, operations: list[Operation], text: str, deepest: int = DEEPEST["json"]) -> Working:
    """Return the tree after ``operations``.

    Raises Refused, with the place in ``text``, where a pointer leads nowhere, a ``test`` fails, or the way leads through
    an alias, an anchored node or a merged mapping, of which other places hold the same text; and where the result could
    not be read again, being nested deeper than ``deepest`` or too large.
    """
    return _Overlay(root, text, deepest).run(operations)


class _Overlay:
    def __init__(self, root: Node, text: str, deepest: int) -> None:
        self.root: Working = root
        self.tree = root
        self.text = text
        self.deepest = deepest
        self.values: int | None = None
        self.copied = 0

    def run(self, operations: list[Operation]) -> Working:
        for operation in operations:
            self._attempt(operation)
        return self.root

    def _attempt(self, operation: Operation) -> None:
        try:
            self._apply(operation)
        except Refused as error:
            error.path = operation.path
            raise

    def _apply(self, operation: Operation) -> None:
        path = tokens(operation.path)
        match operation.op:
            case "add":
                self._check_limits(path, operation)
                self._add(path, unshared(operation.value), operation)
            case "remove":
                self._remove(path, operation.path)
            case "replace":
                self._check_limits(path, operation)
                self._find(path, operation.path)
                self._replace(path, unshared(operation.value), operation.path)
            case "test":
                found = data_of(self._find(path, operation.path))
                if not same(found, operation.value):
                    raise self._refusal(f"`test` at {operation.path} failed: the template has another value there", path)
            case "copy" | "move":
                source = tokens(operation.source)
                if operation.op == "move" and path[: len(source)] == source and len(path) > len(source):
                    raise Refused(f"cannot move {operation.source} into itself (RFC 6902 section 4.4)")
                value = unshared(data_of(self._find(source, operation.source)))
                self._check_limits(path, operation, value)
                if operation.op == "move":
                    if source == path:
                        return
                    self._remove(source, operation.source)
                self._add(path, value, operation)

    def _check_limits(self, path: list[str], operation: Operation, copied: Plain = None) -> None:
        """Refuse what would be nested too deeply to be read again, or make a few lines fill the memory."""
        value = operation.value if operation.op in {"add", "replace"} else copied
        if len(path) + depth(value) > self.deepest:
            raise Refused(f"{_short(operation.path)}: the result would be nested more than {self.deepest} levels deep")
        added = count(value)
        self.copied += added if operation.op in {"copy", "move"} else 0
        if self.copied > _MOST_COPIED:
            raise Refused(f"{_short(operation.path)}: the operations would copy more than {_MOST_COPIED:,} values")
        if has_aliases(self.text):
            self.values = added + (check_expansion(self.tree, self.text) if self.values is None else self.values)
            if self.values > MOST_VALUES:
                raise Refused(f"{_short(operation.path)}: the result would have more than {MOST_VALUES:,} values")

    def _add(self, path: list[str], value: Plain, operation: Operation) -> None:
        if not path:
            self.root = New(value)
            return
        parent = self._open(path[:-1], operation.path)
        token = path[-1]
        if isinstance(parent, New):
            _add_to_data(parent.data, token, value, operation)
        elif isinstance(parent.node, SequenceNode):
            index = len(parent.slots) if token == _END else _index(token, len(parent.slots) + 1, operation.path)
            parent.slots.insert(index, Slot(None, None, New(value)))
        else:
            slot = next((slot for slot in parent.slots if slot.key == token), None)
            if slot:
                _put(parent, slot, value)
                return
            keys = [slot.key for slot in parent.slots]
            index = keys.index(operation.before) if operation.before in keys else len(keys)
            parent.slots.insert(index, Slot(token, None, New(value)))

    def _replace(self, path: list[str], value: Plain, shown: str) -> None:
        if not path:
            self.root = New(value)
            return
        parent = self._open(path[:-1], shown)
        if isinstance(parent, New):
            if isinstance(parent.data, list):
                parent.data[_index(path[-1], len(parent.data), shown)] = value
            elif isinstance(parent.data, dict):
                parent.data[path[-1]] = value
        else:
            _put(parent, self._slot(parent, path[-1], shown), value)

    def _remove(self, path: list[str], shown: str) -> None:
        if not path:
            raise Refused("cannot remove the whole template")
        self._find(path, shown)
        parent = self._open(path[:-1], shown)
        if isinstance(parent, New):
            if isinstance(parent.data, list):
                del parent.data[_index(path[-1], len(parent.data), shown)]
            elif isinstance(parent.data, dict):
                del parent.data[path[-1]]
        else:
            parent.slots.remove(self._slot(parent, path[-1], shown))

    def _find(self, path: list[str], shown: str) -> Working:
        """Walk to a node without opening it for change."""
        current = self.root
        for token in path:
            current = self._child(current, token, shown)
        return current

    def _child(self, parent: Working, token: str, shown: str) -> Working:
        match parent:
            case Changed(SequenceNode(), slots):
                return slots[_index(token, len(slots), shown)].value
            case Changed(_, slots):
                found = next((slot.value for slot in slots if slot.key == token), None)
            case MappingNode(merged=False):
                found = next((member.value for member in parent.members if member.key.text == token), None)
            case SequenceNode():
                return parent.items[_index(token, len(parent.items), shown)]
            case Tagged(content=content) if token == parent.function and not _splits(parent):
                return content
            case _:
                found = _data_child(data_of(parent), token, shown)
        if found is None:
            raise Refused(f"{shown} does not exist: there is no {token!r}")
        return found

    def _open(self, path: list[str], shown: str) -> Changed | New:
        """Walk to a container and open it, and all on the way, for change."""
        slot = Slot(None, None, self.root)
        self.root = current = slot.value = self._opened(slot.value, shown)
        for token in path:
            if isinstance(current, New):
                child = _data_child(current.data, token, shown)
                current = child
                continue
            slot = self._slot(current, token, shown)
            current = slot.value = self._opened(slot.value, shown)
        return current

    def _opened(self, working: Working, shown: str) -> Changed | New:
        if isinstance(working, New | Changed):
            return working
        if isinstance(working, Alias):
            raise self._at(f"{shown} goes through the alias *{working.name}: an edit would change its anchor too", working)
        if working.anchor is not None and any(alias.target is working for alias in aliases(self.tree)):
            message = f"{shown} goes into the anchor &{working.anchor}: an edit would change every alias of it too"
            raise self._at(message, working)
        if isinstance(working, MappingNode) and working.merged:
            raise self._at(
                f"{shown} goes into a mapping with a merge key (<<), whose members are shared with other places", working
            )
        if isinstance(working, MappingNode):
            return Changed(working, [Slot(member.key.text, member, member.value) for member in working.members])
        if isinstance(working, SequenceNode):
            return Changed(working, [Slot(None, item, item) for item in working.items])
        if isinstance(working, Tagged) and not _splits(working):
            return Changed(working, [Slot(working.function, working.content, working.content)])
        if isinstance(working, Tagged):
            return New(data_of(working))
        raise self._at(f"{shown} goes into a scalar, which has no members", working)

    def _slot(self, parent: Changed, token: str, shown: str) -> Slot:
        if isinstance(parent.node, SequenceNode):
            return parent.slots[_index(token, len(parent.slots), shown)]
        for slot in parent.slots:
            if slot.key == token:
                return slot
        raise self._at(f"{shown} does not exist: there is no {token!r}", parent.node)

    def _at(self, message: str, node: Node) -> Refused:
        return Refused(message, *line_and_column(self.text, node.span.start))

    def _refusal(self, message: str, path: list[str]) -> Refused:
        node = self._find(path, "")
        return Refused(message) if isinstance(node, New | Changed) else self._at(message, node)


def _put(parent: Changed, slot: Slot, value: Plain) -> None:
    """Replace an entry's value. Of lists that come to stand around a value one within another only the outer keeps it."""
    slot.value = New(value) if parent.around else put_in_place(slot.value, value)


def _splits(node: Tagged) -> bool:
    """Tell whether the tag's one scalar stands for a list (``!GetAtt A.B``), so that its parts have no nodes."""
    return node.function == "Fn::GetAtt" and isinstance(node.content, ScalarNode)


def _data_child(data: Plain, token: str, shown: str) -> New:
    if isinstance(data, list):
        return New(data[_index(token, len(data), shown)])
    if isinstance(data, dict) and token in data:
        return New(data[token])
    raise Refused(f"{shown} does not exist: there is no {token!r}")


def _add_to_data(data: Plain, token: str, value: Plain, operation: Operation) -> None:
    if isinstance(data, list):
        data.insert(len(data) if token == _END else _index(token, len(data) + 1, operation.path), value)
    elif isinstance(data, dict):
        data[token] = value
    else:
        raise Refused(f"{operation.path} goes into a scalar, which has no members")


def _index(token: str, length: int, shown: str) -> int:
    if not (token.isascii() and token.isdigit()) or (len(token) > 1 and token[0] == "0"):
        raise Refused(f"{shown}: {token!r} is not a list index (RFC 6901 section 4)")
    if len(token) > len(str(length)) or int(token) >= length:  # Python turns no more than some thousand digits into a number
        raise Refused(f"{_short(shown)}: the list has no item {_short(token)}")
    return int(token)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
