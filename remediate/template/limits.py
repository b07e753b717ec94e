"""How large and how deep what is read and what is written may be, so that what was written can be read again."""

from __future__ import annotations

import re

from remediate.template.errors import Unreadable, line_and_column
from remediate.template.node import Alias, MappingNode, Node, Plain, SequenceNode, Tagged

DEEPEST = {"yaml": 150, "json": 200}
"""How deep containers may be nested. Whatever walks the tree recurses."""

MOST_VALUES = 2_000_000
"""Values of a template in which each alias is replaced by what it stands for."""

_ALIAS = re.compile(r"\*(?<=[\s,\[]\*)[^\s*,\]]")  # the sign first: that is what is searched for quickly


def has_aliases(text: str) -> bool:
    """Tell whether a YAML text may have aliases."""
    return bool(_ALIAS.search(text))


def check_expansion(root: Node, text: str) -> int:
    """Return how many values a tree has with its aliases expanded.

    Raises Unreadable for aliases of aliases of aliases, which a few lines can make fill the memory.
    """
    sizes: dict[int, int] = {}

    def size(node: Node) -> int:
        if id(node) not in sizes:
            match node:
                case MappingNode():
                    found = 1 + sum(size(member.value) for member in node.members)
                case SequenceNode():
                    found = 1 + sum(map(size, node.items))
                case Tagged():
                    found = 1 + size(node.content)
                case Alias():
                    found = size(node.target)
                case _:
                    found = 1
            if found > MOST_VALUES:
                message = (
                    f"the aliases in this template expand to more than {MOST_VALUES:,} values: replace them by their values"
                )
                raise Unreadable(message, *line_and_column(text, node.span.start))
            sizes[id(node)] = found
        return sizes[id(node)]

    return size(root)


def depth(data: Plain) -> int:
    """Return how deep containers are nested in data: 0 for a scalar."""
    found = 0
    level = [data]
    while level := [item for item in level if isinstance(item, dict | list)]:
        found += 1
        level = [child for item in level for child in _children(item)]
    return found


def count(data: Plain) -> int:
    """Return how many values data has, containers included."""
    found = 0
    level = [data]
    while level:
        found += len(level)
        level = [child for item in level for child in _children(item)]
    return found


def _children(data: Plain) -> list[Plain]:
    if isinstance(data, dict):
        return list(data.values())
    return data if isinstance(data, list) else []
