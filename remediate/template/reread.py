"""A text's data and nothing else: no spans, no nodes, and none of the code that the editor rests on.

What was edited is read back with this: by another way than the one that read it first, and in half the time.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import yaml

from remediate.template.errors import Unreadable, line_and_column
from remediate.template.limits import check_expansion
from remediate.template.node import Plain, function_of, long_form
from remediate.template.tree import data_of
from remediate.template.yaml.reader import parser, read_yaml
from remediate.template.yaml.scalars import plain_value, tagged_value

_STANDARD_TAG = "tag:yaml.org,2002:"


def read_data(text: str, style: Literal["yaml", "json"]) -> Plain:
    """Return the data of a YAML or JSON text, with intrinsic functions in their long form.

    Raises Unreadable for what is no such text, for a key that stands twice and for a second document.
    """
    try:
        return _json(text) if style == "json" else _yaml(text)
    except yaml.YAMLError as error:
        raise Unreadable(str(error).replace("\n", " ")) from error


def _json(text: str) -> Plain:
    try:
        found: Plain = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(error.msg, error.lineno, error.colno) from error
    return found


def _object(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("duplicate key in one object")
    return found


def _no_constant(name: str) -> Plain:
    raise Unreadable(f"{name} is not JSON")


def _yaml(text: str) -> Plain:
    following = parser(text).get_event
    following(), following()
    event = following()
    try:
        data = _value(event, following)
    except _Shared:
        root = read_yaml(text)
        check_expansion(root, text)
        return data_of(root)
    following()
    event = following()
    if not isinstance(event, yaml.StreamEndEvent):
        raise Unreadable("a second document begins here", *line_and_column(text, event.start_mark.index))
    return data


class _Shared(Exception):
    """The text has anchors or merge keys, of which only the tree keeps account."""


def _value(event: Any, following: Any) -> Plain:
    kind = type(event)
    if kind is yaml.AliasEvent or event.anchor is not None:
        raise _Shared
    if kind is yaml.ScalarEvent:
        return _scalar(event)
    data: Plain
    if kind is yaml.MappingStartEvent:
        data = _members(following)
    else:
        data = []
        while type(child := following()) is not yaml.SequenceEndEvent:
            data.append(_value(child, following))
    tag = event.tag
    return data if tag is None or tag == "!" or tag.startswith(_STANDARD_TAG) else long_form(function_of(tag), data)


def _members(following: Any) -> dict[str, Plain]:
    data: dict[str, Plain] = {}
    while type(key := following()) is not yaml.MappingEndEvent:
        if key.value in data or type(key) is not yaml.ScalarEvent:
            raise Unreadable(f"the key {key.value!r} is duplicated, or is not a string")
        if key.value == "<<" and not key.style:
            raise _Shared
        data[key.value] = _value(following(), following)
    return data


def _scalar(event: Any) -> Plain:
    text, tag = event.value, event.tag
    if tag is None:
        return text if event.style else plain_value(text)
    if tag == "!":
        return str(text)
    return tagged_value(text, tag) if tag.startswith(_STANDARD_TAG) else long_form(function_of(tag), text)
