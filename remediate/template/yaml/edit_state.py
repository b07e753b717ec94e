"""What editing a YAML text shares: the text, its style, the edits so far, and how a value hangs in its container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from remediate.template.errors import Refused, line_and_column
from remediate.template.node import Node, Span
from remediate.template.splice import Edit
from remediate.template.yaml.scan import BREAKS, begins_line, column, line_break, line_start, next_line, skip_blanks
from remediate.template.yaml.style import Styles

if TYPE_CHECKING:
    from remediate.template.yaml.writer import Writer


class Site(Struct, frozen=True):
    """Where a value hangs.

    ``after`` is the index behind what introduces it: the colon of its key, its dash, its tag, or the start of the text.
    ``column`` is where its parent's entry begins; what belongs to the value on lines of its own stands further right, or
    for a list under a key in the same column. ``key`` is the key or function that it stands under, ``path`` the nodes
    from the root to its container.
    """

    kind: Literal["key", "dash", "tag", "root"]
    after: int
    column: int
    key: str
    path: list[Node]
    flow: bool = False


class Context(Struct):
    """The text that is edited and the edits so far, in the order in which equal places are to be written.

    ``kept`` are stretches that an edit covers and writes as they were, but for their indentation.
    """

    text: str
    styles: Styles
    edits: list[Edit] = field(default_factory=list)
    kept: list[Span] = field(default_factory=list)

    def put(self, start: int, end: int, text: str) -> None:
        """Replace ``start:end`` by ``text``, unless that changes nothing."""
        if self.text[start:end] != text:
            self.edits.append(Edit(Span(start, end), text))

    def writer(
        self,
        path: list[Node],
        *,
        literal: bool = False,
        step: int | None = None,
        offset: int | None = None,
        quote: str | None = None,
    ) -> Writer:
        """Return a writer for new data in the container that ``path`` ends with."""
        from remediate.template.yaml.writer import Writer

        return Writer(self.styles, path, literal=literal, step=step, offset=offset, quote=quote)

    def put_lines(self, start: int, end: int, lines: list[str]) -> None:
        """Put whole lines in the place of whole lines, or between two where ``start`` is ``end``.

        A last line without a line break gets one before lines that follow it, and what ends the text ends without one.
        """
        newline = line_break(self.text, max(start - 1, 0))
        joined = newline.join(lines)
        if start == end == len(self.text) and self.text[-1:] not in BREAKS:
            self.put(start, end, newline + joined)
        elif start < end == len(self.text) and self.text[-1] not in BREAKS:
            self.put(start, end, joined)
        else:
            self.put(start, end, joined + newline)

    def after_line(self, end: int) -> int:
        """Return where the line begins that follows a node's end. A kept block scalar ends where a line begins."""
        return end if end and self.text[end - 1] in BREAKS else next_line(self.text, end)

    def content_end(self, end: int) -> int:
        """Return a node's end without the line break that ends a kept block scalar."""
        if end and self.text[end - 1] in BREAKS:
            return end - 2 if self.text[end - 2 : end] == "\r\n" else end - 1
        return end

    def comments_above(self, start: int, floor: int) -> int:
        """Return where the comments begin that stand directly above ``start`` in its column: its own line if none do.

        ``floor`` is the end of what comes before. Comments at the very top of the text are the file's own.
        """
        wanted = column(self.text, start)
        found = begin = line_start(self.text, start)
        while begin > 0:
            begin = line_start(self.text, begin - 2 if self.text[begin - 2 : begin] == "\r\n" else begin - 1)
            sign = skip_blanks(self.text, begin)
            if begin < floor or sign - begin != wanted or not self.text.startswith("#", sign):
                return found
            found = begin
        return found if found or not self.text.startswith("#", skip_blanks(self.text, 0)) else line_start(self.text, start)

    def literal_fits(self, index: int, limit: int) -> bool:
        """Tell whether lines that end in a block scalar can stand before ``index``.

        Comments that follow further right than ``limit`` would become its text; and without a line break at the end of
        the text it would lose its own.
        """
        if index == len(self.text) and self.text[-1:] not in BREAKS:
            return False
        while index < len(self.text):
            sign = skip_blanks(self.text, index)
            if sign < len(self.text) and self.text[sign] not in BREAKS + "#":
                return True
            if sign - index > limit or "\t" in self.text[index:sign]:
                return False
            index = next_line(self.text, index)
        return True

    def starts_line(self, index: int) -> bool:
        """Tell whether ``index`` is the first thing on its line."""
        return begins_line(self.text, index)

    def refused(self, message: str, index: int) -> Refused:
        """Return the refusal of an edit, with its place."""
        return Refused(message, *line_and_column(self.text, index))
