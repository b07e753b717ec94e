"""Template expressions: walking their alternatives, finding what they mention, and writing new ones."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from remediate.template import Plain

NO_VALUE: Plain = {"Ref": "AWS::NoValue"}
_SUB_VARIABLE = re.compile(r"\$\{([^!${}][^${}]*)\}")

_SUB_ANY = re.compile(r"(\$\{[^!${}][^${}]*\})")
_SPECIAL = re.compile(r"\$\{|[*?]")


class Alternative(Struct, frozen=True):
    """One of the values that an expression can take through ``Fn::If``.

    ``path`` leads to it as JSON-pointer tokens; ``guard`` holds the conditions under which it is the one.
    """

    path: tuple[str | int, ...]
    value: Plain
    guard: tuple[tuple[str, bool], ...] = ()


def function(expression: Plain) -> tuple[str, Plain] | None:
    """Return name and argument of an intrinsic function, or None where the expression is none."""
    if isinstance(expression, dict) and len(expression) == 1:
        ((name, argument),) = expression.items()
        if name in {"Ref", "Condition"} or name.startswith("Fn::"):
            return name, argument
    return None


def as_list(written: Plain) -> list[Plain]:
    """Return the items of what may be written as a list or as a single value."""
    return written if isinstance(written, list) else [written]


def alternatives(
    expression: Plain, path: tuple[str | int, ...], guard: tuple[tuple[str, bool], ...] = ()
) -> Iterator[Alternative]:
    """Yield every value behind the ``Fn::If`` functions of an expression; ``AWS::NoValue`` is none."""
    match function(expression):
        case ("Fn::If", [str(condition), yes, no]):
            for index, branch, holds in ((1, yes, True), (2, no, False)):
                if (condition, not holds) not in guard:
                    yield from alternatives(branch, (*path, "Fn::If", index), (*guard, (condition, holds)))
        case ("Ref", "AWS::NoValue"):
            return
        case _:
            yield Alternative(path, expression, guard)


def chosen(expression: Plain, conditions: Mapping[str, bool]) -> Alternative:
    """Return what is left of an expression when its ``Fn::If`` functions are decided, as far as the conditions are known."""
    path: tuple[str | int, ...] = ()
    guard: list[tuple[str, bool]] = []
    while True:
        match function(expression):
            case ("Fn::If", [str(condition), yes, no]) if condition in conditions:
                holds = conditions[condition]
                expression = yes if holds else no
                path = (*path, "Fn::If", 1 if holds else 2)
                guard.append((condition, holds))
            case _:
                return Alternative(path, expression, tuple(dict.fromkeys(guard)))


def mentions(expression: Plain) -> set[str]:
    """Return every logical ID, parameter and pseudo parameter that an expression reads."""
    found: set[str] = set()
    for call in _functions_in(expression):
        match call:
            case ("Ref", str(name)):
                found.add(name)
            case ("Fn::GetAtt", [str(name), *_]):
                found.add(name)
            case ("Fn::GetAtt", str(name)):
                found.add(name.split(".")[0])
            case ("Fn::Sub", str(text)):
                found.update(_sub_names(text))
            case ("Fn::Sub", [str(text), dict(variables)]):
                found.update(_sub_names(text) - variables.keys())
    return found


def conditions_of(expression: Plain) -> set[str]:
    """Return the conditions that an expression tests with ``Fn::If`` or names with ``Condition``."""
    found: set[str] = set()
    for call in _functions_in(expression):
        match call:
            case ("Fn::If", [str(name), *_]) | ("Condition", str(name)):
                found.add(name)
    return found


def _functions_in(expression: Plain) -> Iterator[tuple[str, Plain]]:
    """Yield name and argument of every intrinsic function in an expression."""
    stack: list[Plain] = [expression]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            stack.extend(current.values())
            call = function(current)
            if call:
                yield call
        elif isinstance(current, list):
            stack.extend(current)


def sub(*parts: Plain) -> Plain:
    """Join literal text and expressions to one string expression.

    References become ``${Name}``, attributes ``${Name.Attribute}``, other functions a variable of the long ``Fn::Sub``;
    text alone stays text. Source: AWS CloudFormation User Guide, Fn::Sub.
    """
    text, variables = "", dict[str, Plain]()
    taken = mentions([*parts])
    literal = True
    for part in parts:
        match function(part):
            case None:
                text += str(part).replace("${", "${!")
                continue
            case ("Ref", str(name)):
                text += f"${{{name}}}"
            case ("Fn::GetAtt", [str(name), str(attribute)]):
                text += f"${{{name}.{attribute}}}"
            case ("Fn::Sub", str(inner)):
                text += inner
            case _:
                name = next(one for number in itertools.count(1) if (one := f"Part{number}") not in taken | variables.keys())
                variables[name] = part
                text += f"${{{name}}}"
        literal = False
    if literal:
        return text.replace("${!", "${")
    return {"Fn::Sub": [text, variables] if variables else text}


def distribute(expression: Plain, *around: Plain) -> Plain:
    """Return ``sub`` of the expression placed where ``around`` has ``...``, inside every branch of its ``Fn::If``."""
    match function(expression):
        case ("Fn::If", [condition, yes, no]):
            return {"Fn::If": [condition, distribute(yes, *around), distribute(no, *around)]}
        case ("Ref", "AWS::NoValue"):
            return NO_VALUE
    return sub(*(expression if part == HERE else part for part in around))


HERE = "\0here"
"""Stands for the expression among the parts given to :func:`distribute`."""


def sub_names(text: str) -> list[str]:
    """Return what the ``${…}`` of an ``Fn::Sub`` text name, in order: names, attributes and variables."""
    return [name.strip() for name in _SUB_VARIABLE.findall(text)]


def policy_text(expression: Plain) -> Plain:
    """Return an expression so that the literal parts of its text mean themselves in a Resource or condition of a policy.

    ``*`` and ``?`` are wildcards there, and ``${`` begins a policy variable: they become ``${*}``, ``${?}`` and ``${$}{``,
    which IAM understands in documents of Version 2012-10-17 only. What a parameter holds stays open and is left as it is.
    An expression that needs none of it comes back equal. Source: AWS IAM User Guide, Policy variables, Special characters.
    """
    match function(expression):
        case None if isinstance(expression, str):
            return _SPECIAL.sub(_escape, expression)
        case ("Fn::If", [condition, yes, no]):
            return {"Fn::If": [condition, policy_text(yes), policy_text(no)]}
        case ("Fn::Join", [str(delimiter), list(items)]):
            return {"Fn::Join": [policy_text(delimiter), [policy_text(item) for item in items]]}
        case ("Fn::Sub", str(text)):
            return {"Fn::Sub": _policy_sub(text)}
        case ("Fn::Sub", [str(text), dict(variables)]):
            return {"Fn::Sub": [_policy_sub(text), {name: policy_text(value) for name, value in variables.items()}]}
    return expression


def _policy_sub(text: str) -> str:
    """Escape the literal parts of a text of ``Fn::Sub``, in which ``${!`` stands for ``${``."""
    pieces = _SUB_ANY.split(text)
    escaped = (policy_text(piece.replace("${!", "${")) for piece in pieces[::2])
    literal = [str(piece).replace("${", "${!") for piece in escaped]
    return "".join(one + reference for one, reference in itertools.zip_longest(literal, pieces[1::2], fillvalue=""))


def _escape(found: re.Match[str]) -> str:
    return "${$}{" if found[0] == "${" else f"${{{found[0]}}}"


def _sub_names(text: str) -> set[str]:
    return {name.split(".")[0] for name in sub_names(text)}
