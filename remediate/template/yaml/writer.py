"""Writing new data as YAML text, in the style of the place it goes to.

ruamel.yaml's emitter writes; what is decided here is the style of every scalar and collection.
"""

from __future__ import annotations

from functools import cached_property
from io import StringIO
from typing import Any, Literal

from msgspec import Struct
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.tag import Tag

from remediate.template.errors import Refused
from remediate.template.node import Node, Plain, tag_of
from remediate.template.yaml.scalars import plain_text
from remediate.template.yaml.style import SHORT_FUNCTIONS, Question, Styles, can_be_plain, kind_of

_LONGEST_KEY = 1000  # YAML 1.1 section 9.3.3: an implicit key has at most 1024 characters on one line
_CONDITION_FUNCTIONS = frozenset({"Fn::And", "Fn::Or", "Fn::Not"})
_LONGEST_FLOW_LIST = 100


class Written(Struct, frozen=True):
    """A value in block style: what stands behind the colon or dash, and the lines below, in the parent's column."""

    head: str
    body: list[str]


class Writer:
    """Writes data for a place; ``path`` leads from the root to the container it goes into.

    ``literal`` says whether block scalars (``|``) may be written: one at the end would swallow comments that follow it.
    ``step``, ``offset`` and ``quote``, where given, go before the indentation and the quotes that the neighbours show.
    """

    def __init__(
        self,
        styles: Styles,
        path: list[Node],
        *,
        literal: bool = True,
        step: int | None = None,
        offset: int | None = None,
        quote: str | None = None,
    ) -> None:
        """Keep what is asked for; the neighbours are asked when it is needed."""
        self._quote = quote
        self._styles = styles
        self._path = path
        self._literal = literal
        self._given_step = step
        self._given_offset = offset

    def value(self, data: Plain, key: str) -> Written:
        """Write a value that stands under ``key`` in a block mapping."""
        return self._under_key(self._node(data, key, flow=False, tagged=False))

    def member(self, key: str, data: Plain) -> list[str]:
        """Write a member of a block mapping as lines that begin in the mapping's column."""
        written = self.value(data, key)
        head = f"{self.key(key, flow=False)}: {written.head}".rstrip(" ")
        return [head, *written.body]

    def item(self, data: Plain, key: str, gap: int | None = None) -> list[str]:
        """Write an item of a block sequence as lines that begin in the column of its dashes."""
        events = [_sequence_start(flow=False), *self._node(data, key, flow=False, tagged=False), SequenceEndEvent()]
        return [line[self._offset :] for line in self._lines(events, gap)]

    def dash(self) -> tuple[int, int]:
        """Return how far the dashes of a list under a key are indented, and how many blanks stand behind them."""
        return self._offset, self._ask(Question("gap")) or 1

    def mapping(self, data: dict[str, Plain]) -> list[str]:
        """Write a whole block mapping that is not empty."""
        return [line for key, value in data.items() for line in self.member(key, value)]

    def inline(self, data: Plain, key: str) -> str:
        """Write a value in flow style, on one line."""
        events = [_sequence_start(flow=True), *self._node(data, key, flow=True, tagged=False), SequenceEndEvent()]
        return self._lines(events)[0][1:-1]

    def inline_content(self, data: Plain, function: str) -> str:
        """Write, in flow style, what stands behind a short-form tag, where another tag cannot stand."""
        events = [_sequence_start(flow=True), *self._node(data, function, flow=True, tagged=True), SequenceEndEvent()]
        return self._lines(events)[0][1:-1]

    def content(self, data: Plain, function: str) -> Written:
        """Write what stands behind a short-form tag in block style."""
        return self._under_key(self._node(data, function, flow=False, tagged=True))

    def inline_member(self, key: str, data: Plain) -> str:
        """Write a member of a flow mapping."""
        return f"{self.key(key, flow=True)}: {self.inline(data, key)}"

    def key(self, text: str, *, flow: bool) -> str:
        """Write a key."""
        if len(text) > _LONGEST_KEY:
            raise Refused(f"the key {text[:20]!r}… is too long for YAML: it has {len(text)} characters")
        events = [_mapping_start(flow=True), self._string(text, "key quote", flow=flow), _scalar("v", ""), MappingEndEvent()]
        return self._lines(events, padded=False)[0][1 : -len(": v}")]

    def _ask(self, question: Question, *others: Question) -> Any:
        return self._styles.ask(self._path, question, *others)

    @cached_property
    def _offset(self) -> int:
        offset = self._ask(Question("offset")) if self._given_offset is None else self._given_offset
        return 2 if offset is None else max(offset, 0)

    def _lines(self, events: list[Any], gap: int | None = None, *, padded: bool | None = None) -> list[str]:
        """Have the events written; the neighbours are asked only about what the events need, for asking takes time."""
        stream = StringIO()
        collections = [event for event in events if isinstance(event, MappingStartEvent | SequenceStartEvent)]
        block = [event for event in collections if not event.flow_style]
        if padded is None and any(event.flow_style and isinstance(event, MappingStartEvent) for event in collections):
            padded = self._ask(Question("padding"))
        emitter = _Emitter(stream, padded=bool(padded))
        if len(block) > 1 or any(isinstance(event, ScalarEvent) and event.style == "|" for event in events):
            emitter.best_map_indent = self._given_step or self._ask(Question("step")) or 2
        if any(isinstance(event, SequenceStartEvent) for event in block):
            gap = gap or self._ask(Question("gap")) or 1
            emitter.sequence_dash_offset = self._offset
            emitter.best_sequence_indent = self._offset + 1 + gap
        for event in [StreamStartEvent(), DocumentStartEvent(explicit=False), *events]:
            emitter.emit(event)
        emitter.emit(DocumentEndEvent(explicit=False))
        emitter.emit(StreamEndEvent())
        return stream.getvalue().rstrip("\n").split("\n")

    def _under_key(self, events: list[Any]) -> Written:
        lines = self._lines([_mapping_start(flow=False), _scalar("k", ""), *events, MappingEndEvent()])
        return Written(lines[0][2:].strip(" "), lines[1:])

    def _node(self, data: Plain, key: str, *, flow: bool, tagged: bool) -> list[Any]:
        """Turn data into events. ``key`` is what it stands under; behind a tag (``tagged``) no other tag can stand."""
        if isinstance(data, str):
            return [self._string(data, "quote", flow=flow)]
        if isinstance(data, dict):
            return (None if tagged else self._short_form(data, key, flow=flow)) or self._members(data, key, flow=flow)
        if isinstance(data, list):
            flow = flow or not data or self._flows("flow list", data, key)
            events: list[Any] = [_sequence_start(flow=flow)]
            for item in data:
                events += self._node(item, key, flow=flow, tagged=False)
            return [*events, SequenceEndEvent()]
        try:
            return [_scalar(plain_text(data), "")]
        except ValueError as error:
            raise Refused(f"a new value is not JSON: {error}") from error

    def _members(self, data: dict[str, Plain], key: str, *, flow: bool) -> list[Any]:
        function = len(data) == 1 and not SHORT_FUNCTIONS.isdisjoint(data)
        flow = flow or not data or (function and bool(self._ask(Question("flow function"))))
        flow = flow or self._flows("flow map", list(data.values()), key)
        events: list[Any] = [_mapping_start(flow=flow)]
        for name, value in data.items():
            if len(name) > _LONGEST_KEY:
                raise Refused(f"the key {name[:20]!r}… is too long for YAML: it has {len(name)} characters")
            events += [self._string(name, "key quote", flow=flow), *self._node(value, name, flow=flow, tagged=False)]
        return [*events, MappingEndEvent()]

    def _short_form(self, data: dict[str, Plain], key: str, *, flow: bool) -> list[Any] | None:
        """Return the events of an intrinsic function in short form, or None where only the long form is right."""
        if len(data) != 1 or SHORT_FUNCTIONS.isdisjoint(data) or not self._ask(Question("short")):
            return None
        ((function, content),) = data.items()
        if not isinstance(content, str | list | dict):
            return None
        if function == "Condition" and (key not in _CONDITION_FUNCTIONS or not isinstance(content, str)):
            return None
        if function == "Fn::GetAtt":
            content = _attribute(content)
            if content is None:
                return None
        if function == "Ref" and not isinstance(content, str):
            return None
        events = self._node(content, function, flow=flow or self._content_flows(content, function), tagged=True)
        first = events[0]
        first.ctag = Tag(suffix=tag_of(function))
        first.implicit = (False, False, False) if isinstance(first, ScalarEvent) else False
        return events

    def _content_flows(self, content: Plain, function: str) -> bool:
        if not isinstance(content, list):
            return False
        answer = self._ask(Question("flow list", function))
        return _is_small(content) if answer is None else bool(answer)

    def _flows(self, about: Literal["flow list", "flow map"], children: list[Plain], key: str) -> bool:
        """Tell whether the neighbours write a collection like this in flow style: any list, or a mapping under this key."""
        if any(isinstance(child, list | dict) and not (isinstance(child, dict) and len(child) == 1) for child in children):
            return False
        others = [Question(about)] if about == "flow list" else []
        return bool(self._ask(Question(about, key), *others))

    def _string(self, text: str, about: Literal["quote", "key quote"], *, flow: bool) -> ScalarEvent:
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise Refused(f"the string {text[:20]!r} contains half a surrogate pair, which YAML cannot write")
        return _scalar(text, self._quotes(text, about, flow=flow))

    def _quotes(self, text: str, about: Literal["quote", "key quote"], *, flow: bool) -> str:
        if about == "quote" and self._literal and not flow and _fits_literal(text):
            return "|"
        usual = self._quote if about == "quote" else None
        if usual is None:
            usual = self._ask(Question(about, kind_of(text)))
        if not usual and can_be_plain(text, flow=flow):
            return ""
        usual = usual or self._ask(Question(about, "any")) or self._ask(Question("quote", "any")) or '"'
        if not text.isprintable():
            return '"'
        if usual == "'":
            return '"' if "'" in text and not ('"' in text or "\\" in text) else "'"
        return "'" if ('"' in text or "\\" in text) and "'" not in text else '"'


class _Emitter(Emitter):
    """ruamel's emitter on one endless line per scalar, with a choice of blanks inside braces."""

    MAX_SIMPLE_KEY_LENGTH = 6 * _LONGEST_KEY
    use_version = None

    def __init__(self, stream: StringIO, *, padded: bool) -> None:
        super().__init__(
            stream, allow_unicode=True, width=10**9, line_break="\n", brace_single_entry_mapping_in_flow_sequence=True
        )
        self._padded = padded

    def check_simple_key(self) -> bool:
        """Tell that every key stands on one line: longer ones are refused before."""
        return True

    def write_indicator(
        self, indicator: Any, need_whitespace: Any, whitespace: bool = False, indention: bool = False
    ) -> None:
        if self._padded and isinstance(self.event, MappingStartEvent) and indicator.strip() == "{":
            if not isinstance(self.events[0], MappingEndEvent):
                indicator += " "
        elif self._padded and isinstance(self.event, MappingEndEvent) and indicator == "}" and not self.whitespace:
            indicator = " }"
        super().write_indicator(indicator, need_whitespace, whitespace, indention)


def _scalar(text: str, style: str) -> ScalarEvent:
    return ScalarEvent(None, Tag(suffix="tag:yaml.org,2002:str"), (True, True, False), text, style=style)


def _sequence_start(*, flow: bool) -> SequenceStartEvent:
    return SequenceStartEvent(None, None, True, flow_style=flow)


def _mapping_start(*, flow: bool) -> MappingStartEvent:
    return MappingStartEvent(None, None, True, flow_style=flow)


def _attribute(content: Plain) -> Plain:
    """Return the content of ``!GetAtt`` that reads back as this data: ``A.B`` for two names, None where there is none."""
    if not isinstance(content, list):
        return None
    match content:
        case [str(name), str(attribute)] if name and "." not in name:
            return f"{name}.{attribute}"
    return content


def _is_small(content: Plain) -> bool:
    """Tell whether a function's arguments are easily read on one line: not too long, and no mappings but functions."""
    if isinstance(content, list):
        return len(str(content)) < _LONGEST_FLOW_LIST and all(map(_is_small, content))
    return not isinstance(content, dict) or (len(content) == 1 and not SHORT_FUNCTIONS.isdisjoint(content))


def _fits_literal(text: str) -> bool:
    """Tell whether a string of several lines can be a ``|`` block scalar that reads back the same everywhere."""
    lines = text.split("\n")
    if len(lines) < 2 or not lines[0] or lines[0][0] in " \t" or text.endswith("\n\n"):
        return False
    last = lines[-1] or lines[-2]
    return bool(last.strip()) and all(line.replace("\t", "").isprintable() for line in lines)
