"""Which objects of a log bucket a resource names, and what is wrong with one that names them otherwise."""

from __future__ import annotations

import pytest
from policy_facts import BUCKET, PLAIN
from policy_notation import t

from remediate.delivery.object_keys import is_in_own_folder, object_key
from remediate.diagnosis.resource_paths import resource_fault

LOG = t(f"{BUCKET}/AWSLogs/${{A:digits}}/CloudTrail/a.json.gz")


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        (f"{BUCKET}/AWSLogs/1/*", "AWSLogs/1/*"),
        ("${Arn:any}/AWSLogs/1/*", "AWSLogs/1/*"),
        ("arn:aws:s3:::${Other}/AWSLogs/1/*", "AWSLogs/1/*"),
        (BUCKET, None),
        ("${Arn:any}", None),
        ("arn:aws:kms:us-east-1:1:key/AWSLogs/1", None),
    ],
)
def test_the_bucket_may_be_written_otherwise(resource: str, key: str | None) -> None:
    found = object_key(t(resource), PLAIN)
    assert (found and str(found)) == key


@pytest.mark.parametrize(
    ("resource", "own"),
    [
        (f"{BUCKET}/AWSLogs/${{A:digits}}/Config/*", True),
        ("${Arn:any}/AWSLogs/${A:digits}/Config/*", True),
        ("${Arn:any}/AWSLogs/444455556666/*", False),
        ("${Arn:any}/elsewhere/AWSLogs/${A:digits}/*", False),
    ],
)
def test_the_own_folder_is_below_the_number_of_the_account(resource: str, own: bool) -> None:
    assert is_in_own_folder(t(resource), PLAIN) == own


@pytest.mark.parametrize(
    ("resource", "fault"),
    [
        (f"{BUCKET}/AWSLogs/${{A:digits}}", "does not end in /*"),
        (f"{BUCKET}/AWSLogs/${{A:digits}}/*", None),
        (f"{BUCKET}/*", None),
    ],
)
def test_nothing_is_wrong_with_a_resource_that_matches(resource: str, fault: str | None) -> None:
    """Another spelling would match too, and so what is right would be replaced without end."""
    assert resource_fault(t(resource), LOG, PLAIN.bucket_arn) == fault
