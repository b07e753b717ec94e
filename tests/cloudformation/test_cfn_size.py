"""The size of a policy: a lower bound that is exact where everything is known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfn_templates import expression, resolver

from remediate.cloudformation.size import policy_size, policy_too_large

TEMPLATE = "Parameters: {Name: {Type: String}, Known: {Type: String, Default: abc}}\nResources: {}"
SIZES: dict[str, Any] = {
    "plain": ("{Statement: [{Effect: Allow, Action: ['s3:*']}]}", '{"Statement":[{"Effect":"Allow","Action":["s3:*"]}]}'),
    "a boolean and a number": ("{A: true, B: 12}", '{"A":true,"B":12}'),
    "no value": ("{A: !Ref AWS::NoValue, B: b}", '{"B":"b"}'),
    "more than ASCII": ("{A: Protokolle f\u00fcr}", '{"A":"Protokolle f\u00fcr"}'),
    "an account": ("{A: !Ref AWS::AccountId}", '{"A":"111122223333"}'),
    "a Region": ("{A: !Ref AWS::Region}", '{"A":"us-east-1"}'),
    "a parameter": ("{A: !Sub 'x-${Name}'}", '{"A":"x-?"}'),
    "a default": ("{A: !Sub 'x-${Known}'}", '{"A":"x-abc"}'),
}


@pytest.mark.parametrize(("written", "expected"), SIZES.values(), ids=SIZES)
def test_size(written: str, expected: str) -> None:
    assert policy_size(resolver(TEMPLATE), expression(written)) == len(expected.encode())


@pytest.mark.parametrize(
    ("kind", "service", "limit"), [("bucket", "S3", 20_480), ("key", "KMS", 32_768), ("topic", "SNS", 30_720)]
)
def test_a_policy_of_just_the_limit_is_taken(kind: Any, service: str, limit: int) -> None:
    rest = limit - len(json.dumps({"A": ""}, separators=(",", ":")))
    assert policy_too_large(resolver(TEMPLATE), {"A": "x" * rest}, kind) is None
    too_large = policy_too_large(resolver(TEMPLATE), {"A": "x" * (rest + 1)}, kind)
    assert too_large == f"the policy has at least {limit + 1:,} bytes, and {service} takes no more than {limit:,}"
