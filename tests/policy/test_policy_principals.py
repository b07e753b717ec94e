"""Service principals that depend on the Region, and names of which AWS does not say whose they are."""

from __future__ import annotations

import pytest

from remediate.iam.principals import service_truth
from remediate.iam.request import ServiceName
from remediate.iam.truth import Truth
from tests.policy.policy_notation import t

OPEN = ServiceName(
    t("logs.${AWS::Region}.amazonaws.com"), (t("logs.amazonaws.com"), t("logs.${AWS::Region}.amazonaws.com.cn"))
)
KNOWN = ServiceName(t("logs.us-east-1.amazonaws.com"), (t("logs.amazonaws.com"), t("logs.us-east-1.amazonaws.com.cn")))


@pytest.mark.parametrize(
    ("written", "where_open", "where_known"),
    [
        pytest.param("logs.${AWS::Region}.amazonaws.com", Truth.YES, Truth.UNKNOWN, id="the Region of the stack"),
        pytest.param("Logs.${AWS::Region}.AmazonAWS.com", Truth.YES, Truth.UNKNOWN, id="case does not matter"),
        pytest.param("logs.us-east-1.amazonaws.com", Truth.UNKNOWN, Truth.YES, id="a Region that is written out"),
        pytest.param("logs.eu-west-1.amazonaws.com", Truth.UNKNOWN, Truth.NO, id="another Region"),
        pytest.param("logs.amazonaws.com", Truth.UNKNOWN, Truth.UNKNOWN, id="without a Region, which is not documented"),
        pytest.param("logs.${AWS::Region}.amazonaws.com.cn", Truth.UNKNOWN, Truth.UNKNOWN, id="China's suffix"),
        pytest.param("logs.${Other}.amazonaws.com", Truth.UNKNOWN, Truth.UNKNOWN, id="a parameter for the Region"),
        pytest.param("delivery.logs.amazonaws.com", Truth.NO, Truth.NO, id="another service"),
        pytest.param("events.amazonaws.com", Truth.NO, Truth.NO, id="quite another service"),
        pytest.param("*", Truth.UNKNOWN, Truth.UNKNOWN, id="all services, which is not documented"),
    ],
)
def test_a_service_is_known_by_its_region(written: str, where_open: Truth, where_known: Truth) -> None:
    assert (service_truth(t(written), OPEN), service_truth(t(written), KNOWN)) == (where_open, where_known)
