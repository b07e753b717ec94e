"""How a JSON text is laid out: what its containers teach about writing a new one beside them.

Everything is looked up near the place of writing: in the container itself first, then in the ones around it, last in the
whole text; within each the nearest example counts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from remediate.template.json.layout import (
    BREAK,
    Container,
    Kind,
    Layout,
    Lines,
    Placed,
    Sample,
    Shape,
    Site,
    entry_spans,
    kind_of,
    one_space,
    shape,
)
from remediate.template.node import MappingNode, Member, Node, Plain, ScalarNode, SequenceNode

_NON_ASCII_ESCAPE = re.compile(r"\\u(?!00[0-7])[0-9a-fA-F]{4}")
_BARE_SLASH = re.compile(r"(?<!\\)/")


class Style:
    """The layout of one text."""

    def __init__(self, text: str, root: Node) -> None:
        """Learn it from the tree of ``text``."""
        self.lines = Lines(text)
        self.text = text
        self.escape_non_ascii = text.isascii() and bool(_NON_ASCII_ESCAPE.search(text))
        self.escape_slash = "\\/" in text and not _BARE_SLASH.search(text)
        self._samples: dict[tuple[str, ...], Placed[Sample]] = {}
        self._layouts: defaultdict[tuple[Kind, Shape], Counter[str]] = defaultdict(Counter)
        self._siblings: dict[tuple[int, Kind, Shape], Placed[Sample]] = {}
        self._colons = Placed[str]()
        self._commas = Placed[str]()
        self._visit(root, "", None, -1)

    def sample(self, data: Plain, name: str, site: Site) -> Sample | None:
        """Return the example for a new, non-empty container that stands under ``name``, None where there is none.

        That is one of its shape under the same name, else beside it, else one laid out as most of its shape are.
        """
        kind, form = kind_of(data), shape(data)
        own = next(iter(data)) if isinstance(data, dict) and len(data) == 1 else name
        for key in ((kind, form, own), (kind, form, name)):
            found = self._nearest(key, site)
            if found:
                return found
        siblings = self._siblings.get((site.scopes[0].span.start, kind, form)) if site.scopes else None
        if siblings:
            return siblings.nearest(site)
        usual = self._layouts[kind, form].most_common(1)
        return self._nearest((kind, form, "", usual[0][0]), site) if usual else None

    def padding(self, kind: Kind, site: Site) -> str:
        """Return what stands inside the brackets of a container on one line."""
        found = self._nearest((kind, "padding"), site)
        return found.padding if found else ""

    def unit(self, site: Site) -> str:
        """Return what entries are indented by; two spaces where the text does not show it."""
        found = self._nearest(("unit",), site)
        return "  " if found is None or found.unit is None else found.unit

    def brace(self, kind: Kind, site: Site) -> str | None:
        """Return how far an opening bracket on its own line is indented, None where it stays on the key's line."""
        found = self._nearest((kind, "brace"), site)
        return found.brace if found else None

    def colon(self, site: Site) -> str:
        """Return what stands between a key and its value: most often in the innermost mapping, else nearest to it."""
        innermost = site.scopes[0] if site.scopes else None
        if isinstance(innermost, MappingNode):
            own = Counter(filter(None, map(self._colon, innermost.members)))
            if own:
                return own.most_common(1)[0][0]
        return self._colons.nearest(site) or ": "

    def comma(self, site: Site) -> str:
        """Return what stands between two entries on one line."""
        return self._commas.nearest(site) or ("," if self.colon(site) == ":" else ", ")

    def _nearest(self, key: tuple[str, ...], site: Site) -> Sample | None:
        found = self._samples.get(key)
        return found.nearest(site) if found else None

    def _visit(self, node: Node, name: str, key: ScalarNode | None, parent: int) -> None:
        if isinstance(node, MappingNode) and node.members:
            self._file(node, name, key, parent)
            for before, member in zip([None, *node.members], node.members, strict=False):
                if before:
                    self._learn_comma(before.value.span.end, member.key.span.start)
                self._colons.add(member.key.span.end, self._colon(member))
                self._visit(member.value, member.key.text, member.key, node.span.start)
        elif isinstance(node, SequenceNode) and node.items:
            self._file(node, name, key, parent)
            for last, item in zip([None, *node.items], node.items, strict=False):
                if last:
                    self._learn_comma(last.span.end, item.span.start)
                self._visit(item, f"{name}[]", None, node.span.start)

    def _file(self, node: Container, name: str, key: ScalarNode | None, parent: int) -> None:
        kind, form = kind_of(node), shape(node)
        sample = self._sample(node, key)
        own = node.members[0].key.text if isinstance(node, MappingNode) and len(node.members) == 1 else name
        self._layouts[kind, form][sample.layout.name] += 1
        keys: list[tuple[str, ...]] = [(kind, form, name), (kind, form, "", sample.layout.name)]
        if own != name:
            keys.append((kind, form, own))
        if sample.layout is not Layout.BLOCK:
            keys.append((kind, "padding"))
        if sample.unit is not None:
            keys.append(("unit",))
        if sample.layout is Layout.BLOCK and key:
            keys.append((kind, "brace"))
        self._siblings.setdefault((parent, kind, form), Placed()).add(node.span.start, sample)
        for filed in keys:
            self._samples.setdefault(filed, Placed()).add(node.span.start, sample)

    def _sample(self, node: Container, key: ScalarNode | None) -> Sample:
        start, end = node.span
        entries = entry_spans(node)
        lead = self.text[start + 1 : entries[0].start]
        if not self.lines.broken(start, end):
            return Sample(Layout.LINE, lead, None, None, len(self.lines.indent(start)) + end - start)
        gaps = zip([start, *(entry.end for entry in entries)], (entry.start for entry in entries), strict=False)
        layout = Layout.BLOCK if any(self.lines.broken(*gap) for gap in gaps) else Layout.HUG
        unit = brace = None
        own = self.lines.indent(start)
        if BREAK.search(lead):
            inner = self.lines.indent(entries[0].start)
            unit = inner.removeprefix(own) if inner.startswith(own) else None
        if key and self.lines.broken(key.span.end, start):
            brace = own.removeprefix(self.lines.indent(key.span.start))
        return Sample(layout, "" if layout is Layout.BLOCK else lead, unit, brace, 0)

    def _colon(self, member: Member) -> str:
        """Return what stands between key and value; nothing where a line ends there, which says nothing of one line."""
        colon = self.text[member.key.span.end : member.value.span.start]
        return "" if BREAK.search(colon) else colon

    def _learn_comma(self, start: int, end: int) -> None:
        gap = self.text[start:end]
        if not BREAK.search(gap):
            self._commas.add(start, one_space(gap))
