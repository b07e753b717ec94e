"""Each repair is missed: where one is left out, a request stays denied, an order wrong, or a resource refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.decide import current_requests, document_for, documented, judge
from remediate.delivery.locate import Given, locate
from remediate.diagnosis import diagnose
from remediate.engine import remediate
from remediate.iam.evaluate import Outcome
from remediate.patch_set import Patch, load, names
from remediate.plan import Options
from remediate.template import TemplateError, read
from tests.corpus import corpus_folder

ROOT = Path(__file__).parent.parent
CORPUS = corpus_folder()


def inputs() -> list[Path]:
    found = [*(ROOT / "examples").glob("stack.*"), *(ROOT / "examples").glob("[!s]*.yaml"), ROOT / "examples" / "sam.yaml"]
    found += (ROOT / "tests" / "cases").glob("*/*/before.*")
    found += (CORPUS / "templates").iterdir() if CORPUS else []
    return sorted(found)


def options_of(file: Path) -> Options:
    said: dict[str, Any] = {}
    if file.stem == "before" and (written := file.with_name("options.json")).exists():
        said = json.loads(written.read_text("utf-8"))
    review = said.pop("review", False)
    for name in ("select", "precautions"):
        said.pop(name, None)
    return Options(Given(**said), review=review)


def faults(raw: bytes, given: Given) -> set[tuple[str, ...]]:
    """Return what stops, or may stop, a template's deployment: denied documented requests and blocking root causes."""
    model = TemplateModel(read(raw, "template").data)
    located = locate(model, given)
    found = {(one.cause, one.logical_id, one.detail) for one in diagnose(located, model) if one.blocking}
    for delivery in located.deliveries:
        for logical_id, kind in delivery.policies():
            document = document_for(model, logical_id, kind, delivery)
            for one in (
                documented(current_requests(delivery, kind, document.logical_id))
                if document and not document.obstacle
                else ()
            ):
                if document and judge(document, delivery, one.request).outcome is Outcome.DENIED:
                    found.add((one.id, logical_id, delivery.facts.name))
    return found


def pairs() -> list[tuple[Path, str]]:
    """Return each input with the sets to try: of a case those of the services that have its patch, else all of them."""
    of_patch = {patch.id: {name.partition("/")[0] for name in names() if load(name).patch(patch.id)} for patch in every()}
    found = []
    for file in inputs():
        services = of_patch.get(file.parent.parent.name) if file.stem == "before" else None
        found += [(file, name) for name in names() if services is None or name.partition("/")[0] in services]
    return found


def every() -> list[Patch]:
    return [patch for name in names() for patch in load(name).patches]


@pytest.mark.parametrize(
    ("file", "name"), pairs(), ids=lambda one: f"{one.parent.name}-{one.name}" if isinstance(one, Path) else one
)
def test_a_repair_that_is_left_out_is_missed(file: Path, name: str) -> None:
    patch_set = load(name)
    options = options_of(file).for_service(patch_set.service)
    raw = file.read_bytes()
    try:
        report = remediate(raw, file.name, patch_set, options)
    except TemplateError:
        return  # what cannot be read is not repaired
    repairs = {one.patch.id for one in report.applied if one.need == "repair"}
    left = faults(report.to_bytes(), options.given)
    for repair in repairs:
        without = Options(options.given, ignore=frozenset({repair}), review=options.review)
        other = remediate(raw, file.name, patch_set, without)
        # Another patch may do in its place what both would: one key for two purposes, an ACL that goes or that works.
        instead = {one.patch.id for one in other.applied} - {one.patch.id for one in report.applied}
        assert faults(other.to_bytes(), options.given) - left or instead, f"nothing misses {repair}"
