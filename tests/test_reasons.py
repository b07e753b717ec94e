"""Every id that a report shows in brackets is known to `explain` and `--ignore`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from remediate import fix
from remediate.cli import main
from remediate.delivery.requests import SourceFacts, possible_requests, requests
from remediate.delivery.services import default_service
from remediate.diagnosis import Cause, catalogue
from remediate.engine import Report
from remediate.partial_string import partial
from remediate.patch_set import load, load_all, names
from remediate.reasons import described, reasons
from remediate.relevance import Look, Relevance
from remediate.report.annotations import annotate
from tests.templates import SOME

ROOT = Path(__file__).parent.parent
FACTS = SourceFacts(
    default_service(),
    name="t",
    arn=partial("arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"),
    account=partial("111122223333"),
    region=partial("eu-west-1"),
    partition=partial("aws"),
    bucket_arn=partial("arn:aws:s3:::b"),
    prefix=partial("p"),
    organization_id=partial("o-a1b2c3d4e5"),
    options=frozenset({"digests"}),
)
KEY = partial("arn:aws:kms:eu-west-1:111122223333:key/k")


def shown_in(report: Report) -> Iterator[str]:
    yield from (one.rule for one in annotate(report))
    yield from (one.subject for one in report.skipped)
    yield from (one.cause for one in report.causes())
    yield from (one.request.id for one in report.verdicts)


@pytest.mark.parametrize("patch_set", names())
def test_every_id_over_examples_and_cases_is_known(patch_set: str) -> None:
    sets = load_all(patch_set, ())
    known = described().keys() | {patch.id for one in sets for patch in one.patches}
    relevant = Relevance([sets[0].service])
    concerned = [path for path in SOME if relevant.look(path.read_bytes()) is Look.READ]
    found = {one for path in concerned for one in shown_in(fix(path, patch_set=patch_set))}
    assert len(found) > 5
    assert found <= known


def test_every_request_of_cloudtrail_is_known() -> None:
    with_key = replace(FACTS, key_arn=KEY, bucket_key_enabled=True)
    made = [*requests(with_key), *possible_requests(FACTS), *requests(replace(FACTS, bucket_key_arn=KEY))]
    assert {one.id for one in made} <= reasons().keys()


def test_no_id_means_two_things() -> None:
    patches = {patch.id for name in names() for patch in load(name).patches}
    assert not reasons().keys() & catalogue().keys()
    assert not patches & described().keys()


@pytest.mark.parametrize("told", reasons().values(), ids=lambda one: one.id)
def test_a_reason_is_told_with_its_references(told: Cause) -> None:
    assert told.references
    assert all(one.startswith("https://") for one in told.references)
    result = CliRunner().invoke(main, ["explain", told.id])
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, f"{told.id}: {told.title}")
    assert all(f"see:        {one}" in result.stdout for one in told.references)


@pytest.mark.parametrize(
    "ignored", ["bucket-outside", "put-object", "missing-action", "trail-order", "macro", "nested-stack", "stack-set"]
)
def test_ignore_takes_every_kind_of_id(ignored: str) -> None:
    result = CliRunner().invoke(main, ["check", "--ignore", ignored, str(ROOT / "examples" / "healthy.yaml")])
    assert result.exit_code == 0


def test_a_prefix_that_ends_in_a_slash_is_settled_without_it() -> None:
    before = Path(__file__).parent / "cases" / "log-delivery" / "prefix-with-slash-decided-by-half" / "before.yaml"
    (undecided,) = (one for one in fix(before).skipped if one.why == "undecidable")
    assert undecided.subject == "put-object"
    assert undecided.advice == "take the slash off the S3KeyPrefix"


def test_ignore_takes_the_patches_of_every_shipped_service() -> None:
    example = str(ROOT / "examples" / "healthy.yaml")
    for patch in {patch.id for name in names() for patch in load(name).patches}:
        assert CliRunner().invoke(main, ["check", "--ignore", patch, example]).exit_code == 0, patch
    assert CliRunner().invoke(main, ["check", "--ignore", "config-deliverie", example]).exit_code == 2
