"""How work grows with a template: counted, for seconds hang on the machine. ``benchmarks/bounds.py`` has the shapes."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remediate import fix
from remediate.cloudformation.functions import LONGEST
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.delivery.decide import judge, statements_of
from remediate.delivery.locate import Given, locate
from remediate.iam.evaluate import statement_truth

_FILE = Path(__file__).parent.parent / "benchmarks" / "bounds.py"
_SPEC = importlib.util.spec_from_file_location("bounds", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
bounds: Any = importlib.util.module_from_spec(_SPEC)
sys.modules["bounds"] = bounds
_SPEC.loader.exec_module(bounds)

SHAPES: dict[str, Callable[[int], Any]] = {
    "trails": lambda count: bounds.trails(count, broken=False),
    "trails without a statement": lambda count: bounds.trails(count, broken=True),
    "trails with prefixes": bounds.prefixed_trails,
    "trails with buckets of their own": bounds.separate_stacks,
    "statements": bounds.statements,
    "conditions": bounds.conditions,
}


def work(template: Any) -> dict[str, int]:
    """Return how many judgements are made for a template that nothing is remembered of."""
    for remembered in (judge, statement_truth, statements_of):
        remembered.cache_clear()
    fix(bounds.written(template)).causes()
    return {one.__name__: one.cache_info().misses for one in (judge, statement_truth, statements_of)}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_judgements_grow_with_the_template(shape: Callable[[int], Any]) -> None:
    small, large = work(shape(20)), work(shape(40))
    assert {name: count for name, count in large.items() if count > 2.2 * small[name] + 20} == {}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_calls_grow_with_the_template(shape: Callable[[int], Any]) -> None:
    calls(shape(5))  # what is loaded and compiled once
    small, middle, large = (calls(shape(count)) for count in (10, 20, 40))
    assert large - middle <= 2.8 * (middle - small)  # twice, and a part for the conditions that are tried together


def calls(template: Any) -> int:
    """Return how many functions are called for a template that nothing is remembered of."""
    text, count = bounds.written(template), 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    work(template)
    for remembered in (judge, statement_truth, statements_of):
        remembered.cache_clear()
    sys.setprofile(called)
    try:
        fix(text)
    finally:
        sys.setprofile(None)
    return count


def test_views_that_do_not_differ_share_their_judgements() -> None:
    """Each statement is read once and not once for each of many scenarios, most of which are about others."""
    template = TemplateModel(bounds.conditions(30))
    found = locate(template, Given())
    (document,) = documents(template, "Policy", "bucket")
    read = {id(statement) for delivery in found.deliveries for _, statement in statements_of(document, delivery)}
    assert len(found.deliveries) > 30
    assert len(read) == 31


@pytest.mark.parametrize("count", [3, 25, 60])
def test_names_that_double_are_not_spelled_out(count: int) -> None:
    (delivery,) = locate(TemplateModel(bounds.doubling(count)), Given()).deliveries
    assert delivery.bucket is not None
    assert len(delivery.bucket.name.parts) <= LONGEST


@pytest.mark.parametrize("count", [3, 9, 10, 11, 12, 13, 14, 25, 60])
def test_what_is_written_for_a_name_that_doubles_is_what_is_asked_for(count: int) -> None:
    """A name that none can be is an unknown of its own, so that what stands around it is still read."""
    template = bounds.doubling(count)
    del template["Resources"]["Policy"]
    template["Resources"]["Trail"].pop("DependsOn", None)
    report = fix(json.dumps(template), review=True)
    assert "bucket-policy-missing" in [one.patch.id for one in report.applied]
    assert report.unfixed == ()
    assert not [one for one in report.new_access().found if "folders" in one.who]
