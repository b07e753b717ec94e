"""Whether the lines of a YAML template look as if it could not be read: a key twice in a mapping, or a wrong indentation."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE = re.compile(rb"""\n(?:([ -]*)([\w'"/.$<][\w:.'"/-]*):(?=[ \r\n])|( *(?:-(?:[ ]+|(?=[\r\n])))+)) *([^\r\n]*)""")
"""A key with what stands before it, the marks of list items too, or such marks without a key; and what follows."""
_TEXT = re.compile(rb"(?:.* )?[|>][-+0-9]*$")
"""What is followed by a text over several lines, in which anything may stand."""
_WHOLE = re.compile(rb"""(?:!\S+ +)?(?:[^\s&!{\["'|>\#].*|(?:"[^"]*"|'[^']*'|\[[^][{}]*\]|\{[^][{}]*\}) *(?:\#.*)?)$""")
"""A value that is complete, so that no line that follows is further indented and has a key."""
_LAST_OF_TEXT = frozenset(b"|>+-")
_NOWHERE = 1 << 30


def has_broken_lines(raw: bytes) -> bool:
    """Tell whether a key may stand twice in a mapping, or a line may be indented as none of its neighbours.

    It goes by lines, and not by what they mean: it may say so of a template in which all is well, and it does not see two
    keys in one line. It takes a small part of the time that reading takes.
    """
    columns, members = [-1], [set[bytes]()]  # of the mappings, or items of lists, in which a line stands
    last = b""  # the value of the key or item before
    for start, key, value in _lines(raw):
        column = len(start)
        if column > columns[-1]:
            # What begins with several marks is a list in an item of the list before, and so is further indented.
            if last and (b"-" not in start or start.index(b"-") + 2 != columns[-1]) and _WHOLE.match(last):
                return True
            columns.append(column)
            members.append({key})
        else:
            while column < columns[-1]:
                del columns[-1], members[-1]
            if column != columns[-1] or (key in members[-1] and b"-" not in start):
                return True
            if b"-" in start:
                members[-1] = set()
            members[-1].add(key)
        last = value
    return False


def _lines(raw: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield what stands before the key or value of each line, the key if any, and its value where that is on the line.

    Lines of texts, remarks and those that go on with a value are left out.
    """
    text = _NOWHERE  # the column behind which lines are part of a text
    for before, key, marks, value in _LINE.findall(b"\n" + raw.removeprefix(b"\xef\xbb\xbf")):
        start = before or marks
        if len(start) > text:
            continue
        if value and value[-1] in _LAST_OF_TEXT and _TEXT.match(value):
            text = marks.rindex(b"-") if marks else len(start)
            yield start, key, b""
        else:
            text = _NOWHERE
            yield start, key, value
