"""AWS's own validator finds nothing new in what was patched; cfn-lint is asked of the examples in ``test_examples.py``."""

from __future__ import annotations

import pytest

from tests.corpus import PATCH_SETS, cloudformation_validate
from tests.outside.inputs import Input, shipped
from tests.outside.tool import fixed

INPUTS = list(shipped())


@pytest.mark.parametrize("patch_set", PATCH_SETS)
@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_cloudformation_validate_finds_nothing_new(one: Input, patch_set: str) -> None:
    result = fixed(one.raw, one.name, patch_set, one.told)
    if result is not None and result.before != result.after:
        new = cloudformation_validate(result.after) - cloudformation_validate(result.before)
        assert list(new.elements()) == []


def test_it_would_find_something() -> None:
    wrong = "Resources: {Logs: {Type: 'AWS::S3::Bucket', Properties: {NoSuchProperty: 1}}}"
    assert any("NoSuchProperty" in finding for finding in cloudformation_validate(wrong))
