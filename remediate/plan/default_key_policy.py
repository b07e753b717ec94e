"""The key policy that KMS gives a key without one, written out so that a statement can join it."""

from __future__ import annotations

from remediate.cloudformation.expression import function
from remediate.plan.draft import Draft
from remediate.template import Plain


def write_out_default_key_policy(draft: Draft, key: str, service: str) -> str | None:
    """Add the default policy to a key and return what to say of it; None where the key's properties cannot take one.

    Source: AWS KMS Developer Guide, Default key policy.
    """
    written = draft.model.resource(key).get("Properties")
    if written is not None and (not isinstance(written, dict) or function(written)):
        return None
    root: Plain = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    statement: Plain = {
        "Sid": "EnableIAMUserPermissions",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy: Plain = {"Version": "2012-10-17", "Statement": [statement]}
    if written:
        draft.add(("Resources", key, "Properties", "KeyPolicy"), policy)
    else:
        draft.add(("Resources", key, "Properties"), {"KeyPolicy": policy})
    return f"{key} had no KeyPolicy: the default one of KMS is written out, so that {service}'s statement can join it"
