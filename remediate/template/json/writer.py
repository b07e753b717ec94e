"""Writing new data as JSON text in the layout of the text around it."""

from __future__ import annotations

import json
import math
import re
from functools import cached_property

from msgspec import Struct

from remediate.template.errors import Refused, line_and_column
from remediate.template.json.layout import BREAK, Kind, Layout, Site, kind_of
from remediate.template.json.style import Style
from remediate.template.node import Plain

WIDTH = 120
"""A new container is not written on one line beyond this column, unless its example is wider or its surroundings are."""

_ALWAYS_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
"""Control characters and line ends that an editor hides or breaks at, and lone surrogates, which UTF-8 cannot hold."""


class Room(Struct, frozen=True):
    """Where a value goes: the indentation of its entry's line, and whether all must stay on that line."""

    indent: str
    inline: bool


class Writer:
    """Writes at one site of a text, with the separators and the indentation that stand there."""

    def __init__(self, style: Style, site: Site) -> None:
        """Write in ``style`` at ``site``."""
        self._style = style
        self._site = site

    def member(self, key: str, data: Plain, room: Room) -> str:
        """Return key, colon and value."""
        return self.string(key) + "".join(self.after_key(key, data, room))

    def after_key(self, key: str, data: Plain, room: Room, forced: Layout | None = None) -> tuple[str, str]:
        """Return the colon with the white space around it, and the value."""
        brace = self._style.brace(kind_of(data), self._site) if isinstance(data, dict | list) else None
        used = len(self.string(key)) + len(self._colon)
        if brace is None or room.inline:
            return self._colon, self.value(data, key, room, used, forced)
        indent = room.indent + brace
        value = self.value(data, key, Room(indent, inline=False), used, forced)
        if not BREAK.search(value):
            return self._colon, value
        return self._colon.rstrip() + self._newline + indent, value

    def value(self, data: Plain, name: str, room: Room, used: int = 0, forced: Layout | None = None) -> str:
        """Return a value that stands under ``name``, ``used`` columns after the indentation."""
        if not isinstance(data, dict | list):
            return self._scalar(data)
        if not data:
            return "{}" if isinstance(data, dict) else "[]"
        sample = None if room.inline or forced else self._style.sample(data, name, self._site)
        layout = forced or (sample.layout if sample else Layout.BLOCK)
        if room.inline:
            layout = Layout.LINE
        if layout is Layout.LINE:
            line = self._line(data)
            end = len(room.indent.expandtabs(4)) + used + len(line) + 1
            if room.inline or end <= max(WIDTH, sample.width if sample else 0):
                return line
            layout = Layout.BLOCK
        if layout is Layout.HUG:
            padding = sample.padding if sample else ""
            return self._bracket(data, padding + self._comma.join(self._entries(data, name, room)) + padding)
        inner = Room(room.indent + self._unit, inline=False)
        lead = self._newline + inner.indent
        return self._bracket(data, lead + ("," + lead).join(self._entries(data, name, inner)) + self._newline + room.indent)

    def string(self, content: str) -> str:
        """Return a string in double quotes, escaped as the text's strings are."""
        if not isinstance(content, str):
            raise self._refused(f"{content!r} is not a key: JSON keys are strings")
        written = json.dumps(content, ensure_ascii=self._style.escape_non_ascii)
        written = _ALWAYS_ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
        return written.replace("/", "\\/") if self._style.escape_slash else written

    def _entries(self, data: dict[str, Plain] | list[Plain], name: str, room: Room) -> list[str]:
        if isinstance(data, dict):
            return [self.member(key, value, room) for key, value in data.items()]
        return [self.value(item, f"{name}[]", room) for item in data]

    def _line(self, data: Plain) -> str:
        if isinstance(data, dict) and data:
            entries = [self.string(key) + self._colon + self._line(value) for key, value in data.items()]
        elif isinstance(data, list) and data:
            entries = [self._line(item) for item in data]
        else:
            return self.value(data, "", Room("", inline=True))
        padding = self._padding[kind_of(data)]
        return self._bracket(data, padding + self._comma.join(entries) + padding)

    def _bracket(self, data: Plain, content: str) -> str:
        return f"{{{content}}}" if isinstance(data, dict) else f"[{content}]"

    def _scalar(self, data: object) -> str:
        if isinstance(data, str):
            return self.string(data)
        if isinstance(data, float) and not math.isfinite(data):
            raise self._refused(f"{data} cannot be written: a JSON number is finite (RFC 8259 section 6)")
        if data is not None and not isinstance(data, bool | int | float):
            raise self._refused(f"a value of type {type(data).__name__} cannot be written as JSON")
        try:
            return json.dumps(data)
        except ValueError:
            # CPython writes no more digits than sys.get_int_max_str_digits().
            raise self._refused("a number with too many digits cannot be written: use a string") from None

    def _refused(self, message: str) -> Refused:
        return Refused(message, *line_and_column(self._style.text, self._site.index))

    @cached_property
    def _colon(self) -> str:
        return self._style.colon(self._site)

    @cached_property
    def _comma(self) -> str:
        return self._style.comma(self._site)

    @cached_property
    def _unit(self) -> str:
        return self._style.unit(self._site)

    @cached_property
    def _newline(self) -> str:
        return self._style.lines.newline(self._site.index)

    @cached_property
    def _padding(self) -> dict[Kind, str]:
        return {
            "mapping": self._style.padding("mapping", self._site),
            "sequence": self._style.padding("sequence", self._site),
        }
