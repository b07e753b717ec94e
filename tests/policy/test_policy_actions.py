from __future__ import annotations

import pytest

from remediate.iam.reference import misspelt


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("kms:DescribeKey", None),
        ("KMS:describekey", None),
        ("kms:*", None),
        ("kms:Re*", None),
        ("kms:ReEncrypt*", None),
        ("kms:ReEncryptTo", None),
        ("kms:ReEncrypt", "kms:ReEncrypt*"),
        ("KMS:reencrypt", "kms:ReEncrypt*"),
        ("kms:GenerateDatakeys*", "kms:GenerateDataKey*"),
        ("kms:DescribeKeys", "kms:DescribeKey"),
        ("\u212ams:DescribeKeys", None),
        ("kms:Describe\u212aey", "kms:DescribeKey"),
        ("GetBucketAcl", "s3:GetBucketAcl"),
        ("TagResource", None),
        ("*", None),
        ("sns:Publishh", "sns:Publish"),
        ("SNS:publish", None),
        ("logs:PutLogEvent", "logs:PutLogEvents"),
        ("sts:AssumeRoles", "sts:AssumeRole"),
        ("sqs:SendMessages", None),
        ("../kms:DescribeKeys", None),
        ("ListTagsForResource", "s3:ListTagsForResource"),
        ("Publish", None),
        ("kms:Encapsulate", None),
        ("kms:" + "DescribeKeys" * 2000, None),
    ],
)
def test_misspelt(written: str, meant: str | None) -> None:
    assert misspelt(written) == meant
