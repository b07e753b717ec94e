"""Each repair is missed: where one is left out, a request stays denied, an order wrong, or a resource refused."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.decide import current_requests, document_for, documented, judge
from remediate.delivery.locate import Given, locate
from remediate.diagnosis import diagnose
from remediate.engine import remediate
from remediate.iam.evaluate import Outcome
from remediate.patch_set import PatchSet, load, names
from remediate.plan import Options
from remediate.relevance import Look, Relevance
from remediate.template import TemplateError, read
from tests.corpus import corpus_folder

ROOT = Path(__file__).parent.parent
CORPUS = corpus_folder()
ALL = "all-patches"


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


def sets_for(file: Path) -> Iterator[PatchSet]:
    """Yield the sets to try on an input: of a case those of the service that has its patch, else all that it may concern."""
    case = file.parent.parent.name if file.stem == "before" else ALL
    for patch_set in map(load, names()):
        if case != ALL and not load("create", service=patch_set.service.id).patch(case):
            continue
        if Relevance([patch_set.service]).look(file.read_bytes()) is not Look.UNCONCERNED:
            yield patch_set


@pytest.mark.parametrize("file", inputs(), ids=lambda one: f"{one.parent.name}-{one.name}")
def test_a_repair_that_is_left_out_is_missed(file: Path) -> None:
    for patch_set in sets_for(file):
        options = options_of(file).for_service(patch_set.service)
        with contextlib.suppress(TemplateError):  # what cannot be read is not repaired
            assert list(idle_repairs(file, patch_set, options)) == []


def idle_repairs(file: Path, patch_set: PatchSet, options: Options) -> Iterator[str]:
    """Yield the repairs of a file that nothing misses where they are left out."""
    raw = file.read_bytes()
    report = remediate(raw, file.name, patch_set, options)
    left = faults(report.to_bytes(), options.given)
    for repair in {one.patch.id for one in report.applied if one.need == "repair"}:
        without = Options(options.given, ignore=frozenset({repair}), review=options.review)
        other = remediate(raw, file.name, patch_set, without)
        # Another patch may do in its place what both would: one key for two purposes, an ACL that goes or that works.
        instead = {one.patch.id for one in other.applied} - {one.patch.id for one in report.applied}
        if not faults(other.to_bytes(), options.given) - left and not instead:
            yield f"{patch_set.name}: {repair}"


def test_a_repair_that_nothing_misses_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    file, patch_set = ROOT / "examples" / "minimal.yaml", load("cloudtrail-create")
    assert list(idle_repairs(file, patch_set, Options())) == []
    monkeypatch.setitem(globals(), "faults", lambda *_: set())
    assert set(idle_repairs(file, patch_set, Options())) == {
        "cloudtrail/create: bucket-checks",
        "cloudtrail/create: trail-order",
    }
