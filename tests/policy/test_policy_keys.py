from __future__ import annotations

import pytest

from remediate.iam.reference import never_present

# AWS KMS Developer Guide, Condition keys for AWS KMS; Service Authorization Reference, Amazon S3 and AWS KMS.
ROWS = [
    ("kms:GenerateDataKey", "kms:GrantIsForAWSResource", True),
    ("kms:DescribeKey", "kms:GrantIsForAWSResource", True),
    ("kms:Decrypt", "KMS:GRANTISFORAWSRESOURCE", True),
    ("kms:CreateGrant", "kms:GrantIsForAWSResource", False),
    ("kms:ListGrants", "kms:GrantIsForAWSResource", False),
    ("kms:RevokeGrant", "kms:GrantIsForAWSResource", False),
    ("kms:GenerateDataKey*", "kms:GrantIsForAWSResource", True),
    ("kms:*", "kms:GrantIsForAWSResource", False),
    ("kms:*Grant*", "kms:GrantIsForAWSResource", False),
    ("kms:DescribeKey", "kms:EncryptionContext:aws:cloudtrail:arn", True),
    ("kms:DescribeKey", "kms:EncryptionContextKeys", True),
    ("kms:DescribeKey", "\u212ams:EncryptionContextKeys", False),
    ("\u212ams:DescribeKey", "kms:EncryptionContextKeys", False),
    ("kms:Decrypt", "kms:EncryptionContext:aws:cloudtrail:arn", False),
    ("kms:GenerateDataKey", "kms:EncryptionContext:aws:s3:arn", False),
    ("kms:ReEncryptFrom", "kms:EncryptionContext:x", False),
    ("kms:CreateGrant", "kms:EncryptionContextKeys", False),
    ("kms:Describe*", "kms:EncryptionContext:x", True),
    ("kms:DescribeKey", "kms:EncryptionAlgorithm", True),
    ("kms:CreateGrant", "kms:GrantOperations", False),
    ("kms:Decrypt", "kms:GranteePrincipal", True),
    ("kms:Decrypt", "kms:ViaService", False),
    ("kms:Decrypt", "kms:CallerAccount", False),
    ("kms:Decrypt", "s3:x-amz-acl", True),
    ("s3:PutObject", "kms:ViaService", True),
    ("s3:PutObject", "s3:x-amz-acl", False),
    ("s3:GetBucketAcl", "s3:x-amz-acl", True),
    ("s3:GetBucketLocation", "s3:x-amz-acl", True),
    ("s3:PutBucketAcl", "s3:x-amz-acl", False),
    ("s3:Get*", "s3:x-amz-acl", True),
    ("s3:*", "s3:x-amz-acl", False),
    ("s3:GetBucketAcl", "s3:x-amz-server-side-encryption", True),
    ("s3:PutObject", "s3:x-amz-server-side-encryption-aws-kms-key-id", False),
    ("s3:GetObject", "s3:x-amz-server-side-encryption-customer-algorithm", False),
    ("s3:GetObject", "s3:x-amz-server-side-encryption", True),
    ("s3:BypassGovernanceRetention", "s3:x-amz-acl", False),
    ("s3:CreateAccessPoint", "s3:x-amz-acl", False),
    ("s3:UpdateObjectEncryption", "s3:x-amz-server-side-encryption", False),
    ("s3:CreateAccessPoint", "s3:x-amz-grant-read", True),
    ("s3:PutObject", "s3:x-amz-grant-of-tomorrow", False),
    ("s3:GetBucketAcl", "s3:x-amz-grant-of-tomorrow", True),
    ("s3:UpdateObjectEncryption", "s3:x-amz-server-side-encryption-customer-algorithm", True),
    ("s3:PutObject", "s3:prefix", True),
    ("s3:ListBucket", "s3:prefix", False),
    ("s3:PutObject", "s3:TlsVersion", False),
    ("s3:PutObject", "aws:SourceArn", False),
    ("kms:Decrypt", "aws:PrincipalOrgID", False),
    ("kms:ReEncrypt", "kms:ReEncryptOnSameKey", False),
    ("kms:ReEncrypt", "kms:GrantOperations", True),
    ("kms:ActionOfTomorrow", "kms:GrantOperations", False),
    ("kms:GenerateDatakeys*", "kms:EncryptionContextKeys", False),
    ("sns:Publish", "kms:GrantIsForAWSResource", False),
    ("sns:Publish", "sns:Protocol", False),
    ("*", "kms:GrantIsForAWSResource", False),
]


@pytest.mark.parametrize(("action", "key", "expected"), ROWS, ids=[f"{action} {key}" for action, key, _ in ROWS])
def test_never_present(action: str, key: str, expected: bool) -> None:
    assert never_present(action, key) is expected
