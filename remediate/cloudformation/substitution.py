"""Texts with ``${Name}`` that no Fn::Sub replaces.

Source: AWS CloudFormation User Guide, Fn::Sub. A policy variable of IAM has another form: ``${aws:username}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.cloudformation.expression import function
from remediate.cloudformation.model import Section, TemplateModel
from remediate.template import Plain

_NAME = re.compile(r"\$\{(AWS::\w+|[A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")
ADVICE = "put !Sub (in JSON: Fn::Sub) before the text"
_Path = tuple[str | int, ...]


def unsubstituted(model: TemplateModel, written: Plain, path: _Path = ()) -> Iterator[tuple[_Path, list[str]]]:
    """Yield the place of each such text in an expression, and the names of the template that stand in it."""
    known = model.resources, model.parameters
    for place, text in _texts(written, path):
        names = [found[0] for found in _NAME.finditer(text) if _is_known(found[1], known)]
        if names:
            yield place, list(dict.fromkeys(names))


def _is_known(name: str, sections: tuple[Section, ...]) -> bool:
    return name.startswith("AWS::") or any(name in one for one in sections)


def _texts(written: Plain, path: _Path) -> Iterator[tuple[_Path, str]]:
    if isinstance(written, str):
        yield path, written
    elif isinstance(written, list):
        for index, item in enumerate(written):
            yield from _texts(item, (*path, index))
    elif isinstance(written, dict) and not function(written):
        for key, value in written.items():
            yield from _texts(value, (*path, key))
