"""Whether the lines of a YAML template look as if it could not be read: a key twice in a mapping, or a wrong indentation."""

from __future__ import annotations

import re

_LINE = re.compile(rb"""\n(?:([ -]*)([\w'"/.$<][\w:.'"/-]*):(?=[ \r\n])|( *(?:-(?:[ ]+|(?=[\r\n])))+)) *([^\r\n]*)""")
"""A key with what stands before it, the marks of list items too, or such marks without a key; and what follows."""
_TEXT = re.compile(rb"(?:.* )?[|>][-+0-9]*$")
"""What is followed by a text over several lines, in which anything may stand."""
_LAST_OF_TEXT = frozenset(b"|>+-0123456789")
_ENDED = re.compile(rb"""(?:!\S+ +)?(?:[^\s&!{\["'|>\#].*|(?:"[^"]*"|'[^']*'|\[[^][{}]*\]|\{[^][{}]*\}) *(?:\#.*)?)$""")
"""A value that is complete, so that no line that follows is further indented and has a key."""
_NOT_PLAIN = frozenset(b"&!{[\"'|>#")
"""How a value begins that may not be complete: any other is."""
_NOWHERE = 1 << 30


def has_broken_lines(raw: bytes) -> bool:
    """Tell whether a key may stand twice in a mapping, or a line may be indented as none of its neighbours.

    It goes by lines, and not by what they mean: it may say so of a template in which all is well, and it does not see two
    keys in one line. It takes a small part of the time that reading takes, and so is one loop.
    """
    columns, members = [-1], [set[bytes]()]  # of the mappings, or items of lists, in which a line stands
    text = _NOWHERE  # the column behind which lines are part of a text
    ended = False  # the last key or item has its value on its own line
    for before, key, marks, value in _LINE.findall(b"\n" + raw.removeprefix(b"\xef\xbb\xbf")):
        start = before or marks
        column = len(start)
        if column > text:
            continue
        if column > columns[-1]:
            # What begins with several marks is a list in an item of the list before, and so is further indented.
            if ended and (b"-" not in start or start.index(b"-") + 2 != columns[-1]):
                return True
            columns.append(column)
            members.append({key})
        else:
            while column < columns[-1]:
                del columns[-1], members[-1]
            if column != columns[-1]:
                return True
            if b"-" in start:
                members[-1] = set()
            elif key in members[-1]:
                return True
            members[-1].add(key)
        is_text = value and value[-1] in _LAST_OF_TEXT and _TEXT.match(value)
        text = (marks.rindex(b"-") if marks else column) if is_text else _NOWHERE
        ended = bool(value) and (value[0] not in _NOT_PLAIN or bool(_ENDED.match(value)))
    return False
