"""What a plain YAML scalar means, by the rules of YAML 1.1 that CloudFormation's parser follows.

Source: the YAML 1.1 type repository (https://yaml.org/type/) as PyYAML's SafeLoader resolves it. Timestamps, infinities,
not-a-number and binary have no JSON form; CloudFormation takes them as the text that stands there, and so does this.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import Any

import yaml

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_LONGEST_WORD = 5
_NUMERIC_START = frozenset("+-.0123456789")
_STANDARD = "tag:yaml.org,2002:"

# Words and numbers of YAML 1.2 and of readers less strict than PyYAML: a string that looks like one is quoted.
_OTHER_WORDS = frozenset({"y", "Y", "n", "N", "=", "<<"})
_LOOKS_NUMERIC = re.compile(r"[-+]?\.?[0-9][0-9a-fA-FxXoO_.:+-]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")


def plain_value(text: str) -> str | int | float | bool | None:
    """Return the value of a plain (unquoted) scalar."""
    if len(text) > _LONGEST_WORD or text not in _WORDS:
        return _number(text) if text[0] in _NUMERIC_START else text
    return _WORDS[text]


def tagged_value(text: str, tag: str) -> str | int | float | bool | None:
    """Return the value of a scalar with an explicit tag of the YAML standard, such as ``!!str`` or ``!!int``.

    Raises ValueError where the text is no such value.
    """
    kind = tag.removeprefix(_STANDARD)
    if kind not in {"null", "bool", "int", "float"}:
        return text
    return _constructed(text, kind)


def reads_as_string(text: str) -> bool:
    """Tell whether a plain scalar with this text is a string for every YAML reader, of version 1.1 and 1.2."""
    if text in _WORDS or text in _OTHER_WORDS:
        return False
    if text[0] not in _NUMERIC_START:
        return True
    return not (_LOOKS_NUMERIC.fullmatch(text) or _DATE.fullmatch(text)) and _kind(text) == "str"


def plain_text(value: float | bool | None) -> str:
    """Return the plain scalar that reads as this number, boolean or null. Raises ValueError for NaN and infinities."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if text in {"inf", "-inf", "nan"}:
        raise ValueError(f"{text} has no JSON form")
    mantissa, exponent, power = text.partition("e")
    # YAML 1.1 takes `1e+20` as a string: its floats need a dot, and a sign in the exponent.
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}{exponent}{power}"


@lru_cache(maxsize=4096)
def _number(text: str) -> str | int | float | bool | None:
    kind = _kind(text)
    if kind not in {"int", "float"}:
        return text
    try:
        return _constructed(text, kind)
    except ValueError:
        return text


def _kind(text: str) -> str:
    return str(_resolver().resolve(yaml.ScalarNode, text, (True, False))).removeprefix(_STANDARD)


def _constructed(text: str, kind: str) -> str | int | float | bool | None:
    node = yaml.ScalarNode(_STANDARD + kind, text)
    try:
        value: int | float | bool | None = getattr(_resolver(), f"construct_yaml_{kind}")(node)
    except (KeyError, IndexError) as error:
        raise ValueError(f"{text!r} is not a valid {kind}") from error
    return text if isinstance(value, float) and not isfinite(value) else value


@lru_cache(maxsize=1)
def _resolver() -> Any:
    return yaml.SafeLoader("")
