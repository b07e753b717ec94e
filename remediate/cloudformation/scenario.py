"""The ways in which a template can be deployed, as far as conditions make a difference.

A condition that hangs on a parameter is true for one user and false for the next, so a fix must hold for both. Every
parameter that the relevant conditions compare takes each value it is compared with, and one more that is none of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from remediate.cloudformation.conditions import Answers, Questions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import allowed_values, known_parameters
from remediate.cloudformation.resolve import Scenario
from remediate.partial_string import PartialString, Value, partial

LIMIT = 64
"""More combinations than this are not all tried: the default one and every single deviation from it are.

Where these are more, too, many choices deviate together, so that any two of them are seen to deviate alone and together.
"""

_OTHER = object()
"""Stands for a value that is none of those that the template names."""


class Scenarios(Struct, frozen=True):
    """All scenarios; ``complete`` is False where there were more than LIMIT."""

    all: tuple[Scenario, ...]
    complete: bool


def scenarios(
    model: TemplateModel,
    relevant: Iterable[str],
    given: Mapping[str, str],
    also_unknown: Iterable[str] = (),
    never_empty: Iterable[str] = (),
) -> Scenarios:
    """Return the scenarios that differ in the ``relevant`` conditions, the one by the parameters' defaults first.

    ``given`` are parameter values from the user, which are fixed. ``also_unknown`` are parameters with a default that a
    user may well replace, and for which the template must hold too. ``never_empty`` are parameters whose empty default
    only says that the user gives the value, as for a bucket's name.
    """
    known = _known(model, given, never_empty)
    questions = Questions(model, known, given)
    questions.read_all(relevant)
    replaceable = set(also_unknown) - given.keys()
    choices: dict[str, list[object]] = {
        name: _values(known.get(name), questions.compared.get(name, []), allowed_values(model, name), name in replaceable)
        for name in sorted(questions.compared.keys() | replaceable)
    }
    tests: dict[str, list[object]] = {key: [*answers] for key, answers in questions.open.items()}
    combinations, complete = _combinations([*choices.values(), *tests.values()])
    made = []
    for chosen in combinations:
        parameters = _replaced(known, dict(zip(choices, chosen, strict=False)))
        answered = {key: bool(one) for key, one in zip(tests, chosen[len(choices) :], strict=True)}
        made.append(Scenario(parameters, Answers(model, parameters, answered).of(questions.names)))
    return Scenarios(tuple(made), complete)


def _known(model: TemplateModel, given: Mapping[str, str], never_empty: Iterable[str]) -> dict[str, Value]:
    unset = {name for name in never_empty if name not in given}
    known = known_parameters(model, given)
    return {name: value for name, value in known.items() if name not in unset or value != partial()}


def _values(default: Value, compared: list[PartialString], allowed: list[PartialString], replaceable: bool) -> list[object]:
    """Return the values to try of a parameter: its default, those it is compared with, and one that is none of them."""
    named = [default, *compared] if isinstance(default, PartialString) else compared
    values = [value for value in dict.fromkeys(named) if not allowed or value in allowed]
    rest = [value for value in allowed if value not in values]
    if not replaceable and any(value not in compared for value in values):
        return [*values]
    if allowed and len(rest) < 2:
        return [*values, *rest]
    return [*values, _OTHER]


def _combinations(choices: list[list[object]]) -> tuple[Iterable[tuple[object, ...]], bool]:
    total = 1
    for values in choices:
        total *= len(values)
    if total <= LIMIT:
        return itertools.product(*choices), True
    singly = 1 + sum(len(values) - 1 for values in choices) <= LIMIT
    return (_single_deviations(choices) if singly else _joint_deviations(choices)), False


def _single_deviations(choices: list[list[object]]) -> Iterator[tuple[object, ...]]:
    default = tuple(values[0] for values in choices)
    yield default
    for position, values in enumerate(choices):
        for value in values[1:]:
            yield (*default[:position], value, *default[position + 1 :])


def _joint_deviations(choices: list[list[object]]) -> Iterator[tuple[object, ...]]:
    """Return the defaults, then for each binary digit of a choice's number those that have it, and those that have it not.

    Any two numbers differ in a digit, so that of any two choices each deviates without the other. ``round_`` goes through
    the values of choices that have several. There are at most LIMIT.
    """
    default = tuple(values[0] for values in choices)
    digits = max(1, (len(choices) - 1).bit_length())
    rounds = max(len(values) - 1 for values in choices)
    deviating = (
        tuple(
            values[1 + round_ % (len(values) - 1)] if len(values) > 1 and (position >> digit & 1) == chosen else values[0]
            for position, values in enumerate(choices)
        )
        for round_ in range(rounds)
        for digit in range(digits)
        for chosen in (0, 1)
    )
    everything = tuple(values[-1] for values in choices)
    tried = itertools.islice(itertools.chain((default, everything), deviating), LIMIT)
    return iter(dict.fromkeys(tried))


def _replaced(known: Mapping[str, Value], chosen: Mapping[str, object]) -> dict[str, Value]:
    """Return the known parameters with the chosen values; a value that is none of the named ones is not known."""
    left = {name: value for name, value in known.items() if chosen.get(name) is not _OTHER}
    return left | {name: value for name, value in chosen.items() if isinstance(value, PartialString)}
