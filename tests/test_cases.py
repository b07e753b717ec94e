"""Every patch on small templates: ``tests/cases/<patch-id>/<case>/before.*`` becomes ``after.*``, byte for byte.

A case shows the patch of its folder alone, in ``all-patches/`` the whole set. Without ``after.*`` nothing may change.
``skipped.txt`` holds what stays unfixed, one ``why subject logical-id: reason`` a line; ``notes.txt`` what is said of the
changes. ``options.json`` holds what the user says: ``review``, ``precautions``, ``organization_id``, ``parameters``,
``select``, ``trail``, ``bucket`` and ``key``. ``pytest tests/test_cases.py --update`` rewrites the expected files; read the
difference before you commit it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from remediate.cloudformation.expression import as_list
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.delivery.locate import Given
from remediate.delivery.services import service_ids
from remediate.delivery.texts import principal_text
from remediate.engine import Report, remediate
from remediate.iam.holders import PolicyKind
from remediate.patch_set import PatchError, PatchSet, load, names, schema
from remediate.plan import Options
from remediate.template import Plain, read

CASES = Path(__file__).parent / "cases"
SHIPPED = Path(__file__).parent.parent / "patches"
ALL = "all-patches"
CHOICES: dict[str, Any] = {"select": (), "review": False, "precautions": False}


def befores() -> list[Path]:
    return sorted(CASES.glob("*/*/before.*"))


def name_of(file: Path) -> str:
    return str(file.parent.relative_to(CASES))


@lru_cache
def patch_set(service: str = "cloudtrail") -> PatchSet:
    return load("create", service=service)


def patch_set_of(folder: Path) -> PatchSet:
    """Return the set that has the patch that a case is for."""
    sets = [patch_set(service) for service in service_ids()]
    return next((one for one in sets if one.patch(folder.parent.name)), patch_set())


def options_of(folder: Path) -> Options:
    file = folder / "options.json"
    said: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    select, review, precautions = (said.pop(name, default) for name, default in CHOICES.items())
    others = {patch.id for patch in patch_set_of(folder).patches} - {folder.parent.name}
    ignored = frozenset() if folder.parent.name == ALL or select else frozenset(others)
    return Options(Given(**said), frozenset(select), ignored, review=review, precautions=precautions)


def run(raw: bytes, folder: Path) -> Report:
    return remediate(raw, "template", patch_set_of(folder), options_of(folder))


def unfixed(report: Report) -> str:
    return "".join(f"{one.why} {one.subject} {one.logical_id}: {one.reason}\n" for one in report.unfixed)


def said(report: Report) -> str:
    """Return what was said of the changes and of what is kept, for the tests a text of its own."""
    notes = [f"{one.patch.id} {one.logical_id}: {note}\n" for one in report.applied for note in one.notes]
    others = [f"{one.why} {one.subject} {one.logical_id}: {one.reason}\n" for one in report.skipped if not one.unfixed]
    return "".join(notes + others)


def expect(file: Path, found: bytes, *, absent: bytes, update: bool) -> None:
    """Compare with an expected file, whose absence stands for ``absent``; with ``update`` write it instead."""
    if update:
        file.unlink(missing_ok=True)
        if found != absent:
            file.write_bytes(found)
    expected = file.read_bytes() if file.exists() else absent
    # As lines, so that a failure shows where they differ.
    assert found.decode("utf-8").splitlines(keepends=True) == expected.decode("utf-8").splitlines(keepends=True)


@pytest.mark.parametrize("before", befores(), ids=name_of)
def test_a_template_becomes_what_is_expected(before: Path, request: pytest.FixtureRequest) -> None:
    update = bool(request.config.getoption("--update"))
    raw = before.read_bytes()
    report = run(raw, before.parent)
    expect(before.with_stem("after"), report.to_bytes(), absent=raw, update=update)
    expect(before.with_name("skipped.txt"), unfixed(report).encode(), absent=b"", update=update)
    expect(before.with_name("notes.txt"), said(report).encode(), absent=b"", update=update)


@pytest.mark.parametrize("before", befores(), ids=name_of)
def test_a_second_run_changes_nothing(before: Path) -> None:
    after = before.with_stem("after")
    raw = (after if after.exists() else before).read_bytes()
    report = run(raw, before.parent)
    assert report.operations == ()
    assert report.to_bytes() == raw


@pytest.mark.parametrize(
    "folder", sorted({file.parent for file in befores()}), ids=lambda folder: str(folder.relative_to(CASES))
)
def test_a_case_is_complete(folder: Path) -> None:
    known = {"options.json", "skipped.txt", "notes.txt"}
    templates = sorted(file.stem for file in folder.iterdir() if file.name not in known)
    assert templates in (["before"], ["after", "before"])
    assert len({file.suffix for file in folder.iterdir() if file.name not in known}) == 1


@pytest.mark.parametrize("before", befores(), ids=name_of)
def test_what_others_may_or_may_not_do_stays(before: Path) -> None:
    report = run(before.read_bytes(), before.parent)
    old, new = (TemplateModel(read(text.encode(), "template").data) for text in (report.before, report.after))
    for logical_id, kind in policies(old):
        own = patch_set_of(before.parent).service.principal
        assert rights_of_others(new, logical_id, kind, own) == rights_of_others(old, logical_id, kind, own)


def policies(model: TemplateModel) -> Iterator[tuple[str, PolicyKind]]:
    """Yield every policy document that a template has."""
    for name in model.of_type("AWS::S3::BucketPolicy"):
        yield name, "bucket"
    for name in model.of_type("AWS::SNS::TopicPolicy"):
        yield name, "topic"
    for name in model.of_type("AWS::KMS::Key"):
        if "KeyPolicy" in model.properties(name):
            yield name, "key"


def rights_of_others(model: TemplateModel, logical_id: str, kind: PolicyKind, own: str) -> list[str]:
    """Return what each principal but the service ``own``, and for keys S3, is allowed, and every Deny as a whole."""
    cloudtrail: list[Plain] = [own, {"Fn::Sub": principal_text(own)}, {"Fn::Sub": "cloudtrail.${AWS::URLSuffix}"}]
    s3: list[Plain] = ["s3.amazonaws.com", {"Fn::Sub": "s3.${AWS::URLSuffix}"}]
    mended = [*cloudtrail, *(s3 if kind == "key" else [])]
    found = []
    for document in documents(model, logical_id, kind):
        for one in document.statements:
            rest = {name: value for name, value in one.data.items() if name != "Principal"}
            principal = one.data.get("Principal")
            if one.data["Effect"] == "Allow" and isinstance(principal, dict):
                named = [
                    (key, name)
                    for key, names in principal.items()
                    for name in (names if isinstance(names, list) else [names])
                ]
                others = [(key, name) for key, name in named if name not in mended]
                found += [json.dumps([key, name, one.guard, rest]) for key, name in others]
            else:
                found.append(json.dumps([principal, one.guard, rest]))
    return found


PATCHES = [patch.id for service in service_ids() for patch in patch_set(service).patches]


@pytest.mark.parametrize("patch", PATCHES)
def test_every_patch_has_a_firing_and_a_silent_case(patch: str) -> None:
    folders = [file.parent for file in befores() if file.parent.parent.name == patch]
    firing = [folder.name for folder in folders if list(folder.glob("after.*"))]
    silent = [folder.name for folder in folders if folder.name not in firing]
    assert firing
    assert silent


def test_no_cases_are_for_a_patch_that_does_not_exist() -> None:
    assert {folder.name for folder in CASES.iterdir()} == {ALL, *PATCHES}


def shipped_files() -> list[Path]:
    return sorted(SHIPPED.glob("*/*/*.yaml"))


@pytest.mark.parametrize("file", shipped_files(), ids=lambda file: file.name)
def test_a_shipped_patch_fits_the_schema(file: Path) -> None:
    raw = read(file.read_bytes(), file.name).data
    jsonschema.Draft202012Validator(schema()).validate(raw)
    assert raw["id"] == file.stem.partition("-")[2]
    mended = as_list(raw.get("mends", []))
    assert len(mended) == len({*map(str, mended)})


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*/service.yaml")), ids=lambda file: file.parent.name)
def test_a_shipped_service_fits_the_schema(file: Path) -> None:
    raw = read(file.read_bytes(), file.name).data
    jsonschema.Draft202012Validator(schema("service")).validate(raw)
    assert raw["id"] == file.parent.name


def test_a_rule_for_a_request_that_the_service_does_not_make_is_refused(tmp_path: Path) -> None:
    shipped = (SHIPPED / "cloudtrail" / "create" / "40-bucket-checks.yaml").read_text("utf-8")
    file = tmp_path / "cloudtrail" / "create" / "40-bucket-checks.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(shipped.replace("[get-bucket-acl]", "[get-buckets-acl]"), "utf-8")
    with pytest.raises(PatchError, match="'get-buckets-acl' is not a request of cloudtrail"):
        load("create", tmp_path)


@pytest.mark.parametrize("name", names())
def test_a_shipped_patch_refers_to_the_documentation_of_aws(name: str) -> None:
    for patch in load(name).patches:
        assert patch.references
        assert all(one.startswith("https://docs.aws.amazon.com/") for one in patch.references)


def test_the_schema_itself_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


PATCH = """\
id: trail-order
title: The trail is created after the bucket policy
why: It fails whenever it comes first.
references:
  - https://example.com/why
safety: safe
resource: source
ensure:
  - need: repair
    depend-on: bucket-policy
"""

BROKEN = {
    "unknown member": (
        PATCH + "severity: high\n",
        ":1:1: Additional properties are not allowed ('severity' was unexpected)",
    ),
    "reference without tls": (PATCH.replace("https:", "http:"), ":5:5: 'http://example.com/why' does not match '^https://'"),
    "unknown safety": (PATCH.replace("safety: safe", "safety: maybe"), ":6:9: 'maybe' is not one of ['safe', 'review']"),
    "unknown rule": (PATCH.replace("depend-on:", "depends:"), ":9:5: Additional properties are not allowed"),
    "title missing": (PATCH.replace("title: The", "# The"), ":1:1: 'title' is a required property"),
    "no list of rules": (
        PATCH.replace("ensure:\n  - need: repair\n    depend-on: bucket-policy", "ensure: []"),
        ":8:9: [] should be non-empty",
    ),
    "another id": (
        PATCH.replace("id: trail-order", "id: trail-later"),
        "its id is 'trail-later'; it must be the 'trail-order'",
    ),
    "no yaml": ("id: [\n", ":2:1: "),
    "twice the same key": (PATCH + "safety: review\n", ":11:1: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_patch_file_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    written, expected = BROKEN[name]
    file = tmp_path / "cloudtrail" / "create" / "80-trail-order.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(written, "utf-8")
    with pytest.raises(PatchError) as raised:
        load("cloudtrail-create", tmp_path)
    assert str(raised.value).startswith(str(file))
    assert expected in str(raised.value)


def test_a_patch_file_without_number_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "cloudtrail" / "create" / "trail-order.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(PATCH, "utf-8")
    with pytest.raises(PatchError, match=r"trail-order\.yaml: a patch file is named <number>-<id>\.yaml"):
        load("cloudtrail-create", tmp_path)


def test_a_patch_of_the_users_own_replaces_the_shipped_one_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "cloudtrail" / "create" / "80-trail-order.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(PATCH, "utf-8")
    found = load("cloudtrail-create", tmp_path)
    assert [patch.id for patch in found.patches] == [patch.id for patch in patch_set().patches]
    replaced = found.patch("trail-order")
    assert replaced
    assert replaced.why == "It fails whenever it comes first."
