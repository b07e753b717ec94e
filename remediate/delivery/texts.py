"""The forms of a service as people read them, and as ``Fn::Sub`` writes them."""

from __future__ import annotations

from remediate.delivery.service import LogService


def any_arn(service: LogService) -> str:
    """Return the pattern of the ARN of every source of the stack's account, as ``Fn::Sub`` writes it."""
    return service.source.arn.format(**{**_PSEUDO, "region": "*", "name": "*"})


def principal_text(form: str) -> str:
    """Return a service principal as people read it, and as ``Fn::Sub`` writes it."""
    return form.format(**_PSEUDO)


_PSEUDO = {"partition": "${AWS::Partition}", "account": "${AWS::AccountId}", "region": "${AWS::Region}"}
