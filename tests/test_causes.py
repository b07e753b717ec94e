"""Root causes: each one is found where it is, at its line, and not where it is not.

Every row changes a healthy template in one way. What the change must bring to light stands beside it, and nothing else may
come to light.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remediate import check, fix
from remediate.delivery.services import shipped_services
from remediate.diagnosis import catalogue
from remediate.diagnosis.finding import slug
from remediate.patch_set import load, names
from remediate.report.annotations import annotate
from remediate.report.source_map import SourceMap

HEALTHY = """\
Parameters:
  Prefix: { Type: String, Default: audit }
Resources:
  LogBucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: { Status: Enabled }
  OtherBucket:
    Type: AWS::S3::Bucket
  LogBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref LogBucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Tls
            Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: !Sub ${LogBucket.Arn}/*
            Condition: { Bool: { "aws:SecureTransport": "false" } }
          - Sid: Checks
            Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: [s3:GetBucketAcl, s3:GetBucketLocation]
            Resource: !GetAtt LogBucket.Arn
          - Sid: Write
            Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: s3:PutObject
            Resource: !Sub ${LogBucket.Arn}/AWSLogs/${AWS::AccountId}/*
            Condition:
              StringEquals: { "s3:x-amz-acl": bucket-owner-full-control }
              ArnLike: { "aws:SourceArn": !Sub "arn:aws:cloudtrail:*:${AWS::AccountId}:trail/*" }
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Root
            Effect: Allow
            Principal: { AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root" }
            Action: kms:*
            Resource: "*"
          - Sid: Trail
            Effect: Allow
            Principal: { Service: cloudtrail.amazonaws.com }
            Action: [kms:GenerateDataKey*, kms:DescribeKey, kms:Decrypt]
            Resource: "*"
            Condition: { StringEquals: { "aws:SourceAccount": !Ref AWS::AccountId } }
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: LogBucketPolicy
    Properties:
      S3BucketName: !Ref LogBucket
      KMSKeyId: !GetAtt Key.Arn
      IsLogging: true
"""
KEY_CONDITION = '{ StringEquals: { "aws:SourceAccount": !Ref AWS::AccountId } }'
SOURCE = '!Sub "arn:aws:cloudtrail:*:${AWS::AccountId}:trail/*"'
OBJECTS = "!Sub ${LogBucket.Arn}/AWSLogs/${AWS::AccountId}/*"
CHECKS = "[s3:GetBucketAcl, s3:GetBucketLocation]"
ACL = '{ "s3:x-amz-acl": bucket-owner-full-control }'
FOLDERS = "[" + ", ".join(f"!Sub '${{LogBucket.Arn}}/{number:04}-{'x' * 60}/*'" for number in range(300)) + "]"
ACCOUNTS = "[" + ", ".join(f"'arn:aws:iam::{number:012}:root'" for number in range(1000)) + "]"
WITHOUT_KEY = ("      KMSKeyId: !GetAtt Key.Arn\n", "")
FULL_TRAIL = ("IsLogging: true", "IsLogging: true\n      IsOrganizationTrail: true")
OWNER = "VersioningConfiguration: { Status: Enabled }"
LOG_DELIVERY = "AccessControl: LogDeliveryWrite"
ENFORCED = "OwnershipControls: { Rules: [ { ObjectOwnership: BucketOwnerEnforced } ] }"
NAMED = ("IsLogging: true", "IsLogging: true\n      TrailName: main")
SERVICE = "Principal: { Service: cloudtrail.amazonaws.com }\n            Action: "
LEGACY = 'Principal: { AWS: ["arn:aws:iam::086441151436:root", "arn:aws:iam::859597730677:root"] }\n            Action: '
TLS = '{ Bool: { "aws:SecureTransport": "false" } }'
SSE = "s3:x-amz-server-side-encryption"
CREATE_PARAMETER = "  Create: { Type: String, AllowedValues: ['yes', 'no'] }\n"
CREATE = ("Resources:\n", f"{CREATE_PARAMETER}Conditions:\n  Create: !Equals [!Ref Create, 'yes']\nResources:\n")
SECOND = """\
  Second:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref LogBucket
      PolicyDocument:
        Statement: []
"""

FLOWS = """\
  Flows:
    Type: AWS::EC2::FlowLog
    Properties: { LogDestinationType: s3, LogDestination: !GetAtt LogBucket.Arn }
"""
LOGS = """\
  LogGroup:
    Type: AWS::Logs::LogGroup
  LogRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: { Service: cloudtrail.amazonaws.com }, Action: sts:AssumeRole }
      Policies:
        - PolicyName: logs
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - { Effect: Allow, Action: [logs:CreateLogStream, logs:PutLogEvents], Resource: !GetAtt LogGroup.Arn }
"""
WITH_ROLE = ("  Trail:\n", f"{LOGS}  Trail:\n")
ROLE = "      CloudWatchLogsRoleArn: !GetAtt LogRole.Arn\n"
WITH_LOGS = ("      IsLogging", f"      CloudWatchLogsLogGroupArn: !GetAtt LogGroup.Arn\n{ROLE}      IsLogging")
APART = """\
  RolePolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: logs
      Roles: [!Ref LogRole]
      PolicyDocument:
"""
BY_ITSELF = ("      Policies:\n        - PolicyName: logs\n          PolicyDocument:\n", APART)
ACCESS = "LoggingConfiguration: { DestinationBucketName: !Ref OtherBucket }"
OTHER = "  OtherBucket:\n    Type: AWS::S3::Bucket\n"
PREFERRED = ENFORCED.replace("Enforced", "Preferred")
ACL_THAT_WORKS = f"{LOG_DELIVERY}\n      {PREFERRED}"
DEFAULT_ENCRYPTION = "{ ServerSideEncryptionByDefault: { SSEAlgorithm: aws:kms } }"
ENCRYPTED = f"BucketEncryption: {{ ServerSideEncryptionConfiguration: [ {DEFAULT_ENCRYPTION} ] }}"

Row = tuple[str, list[tuple[str, str]], list[tuple[str, str, str]]]
# name, changes, [(cause, a part of the line that it points at, a part of what is said)]
OTHER_NOUNS = {
    slug(kind.source.noun) for service in shipped_services() for kind in service.kinds if service.id != "cloudtrail"
}
OF_OTHER_SOURCES = {
    one for one in {*catalogue()} - {"log-group-arn"} if any(noun in one for noun in ("topic", *OTHER_NOUNS))
} | {
    *("key-without-arn", "bucket-without-arn", "bucket-key-without-arn", "refused-property"),
    "bucket-name",
    *("other-account", "other-principal", "hyphenated-account"),
}
"""They have tests of their own."""
ROWS: list[Row] = [
    (
        "no DependsOn",
        [("    DependsOn: LogBucketPolicy\n", "")],
        [("trail-before-policy", "  Trail:", "Trail may be created before")],
    ),
    (
        "a flow log to the same bucket that does not wait",
        [("  Trail:\n    Type: AWS::CloudTrail::Trail\n", f"{FLOWS}  Trail:\n    Type: AWS::CloudTrail::Trail\n")],
        [("policy-exists-already", "  Flows:", "Flows may be created before LogBucketPolicy, and then has a policy")],
    ),
    (
        "a policy that does not refer to its bucket",
        [
            ("      VersioningConfiguration: { Status: Enabled }", "      BucketName: our-logs"),
            ("Bucket: !Ref LogBucket\n      P", "Bucket: our-logs\n      P"),
            ("${LogBucket.Arn}/*\n", "arn:aws:s3:::our-logs/*\n"),
            ("!GetAtt LogBucket.Arn", "arn:aws:s3:::our-logs"),
            (OBJECTS, '!Sub "arn:aws:s3:::our-logs/AWSLogs/${AWS::AccountId}/*"'),
        ],
        [("policy-before-bucket", "  LogBucketPolicy:", "LogBucketPolicy may be created before LogBucket")],
    ),
    (
        "a policy that refers to its trail",
        [(SOURCE, "!GetAtt Trail.Arn")],
        [("policy-waits-for-trail", "  LogBucketPolicy:", "Trail waits for itself (Trail → LogBucketPolicy → Trail)")],
    ),
    (
        "a policy that refers to its trail, which does not wait for it",
        [(SOURCE, "!GetAtt Trail.Arn"), ("    DependsOn: LogBucketPolicy\n", "")],
        [("policy-waits-for-trail", "  LogBucketPolicy:", "LogBucketPolicy waits for Trail, which must come after it")],
    ),
    (
        "a policy that is attached to another bucket",
        [("Bucket: !Ref LogBucket", "Bucket: !Ref OtherBucket")],
        [
            ("bucket-without-policy", "  LogBucket:", "LogBucket, where Trail logs, has no policy"),
            ("policy-for-another-bucket", "Bucket: !Ref OtherBucket", "but not in LogBucket"),
        ],
    ),
    (
        "two policies for one bucket",
        [
            ("  Key:\n    Type: AWS::KMS::Key\n", f"{SECOND}  Key:\n    Type: AWS::KMS::Key\n"),
        ],
        [
            ("two-bucket-policies", "  Second:", "LogBucketPolicy and Second are policies of one bucket"),
        ],
    ),
    (
        "a DependsOn on a policy with a condition that the trail does not have",
        [CREATE, ("    Type: AWS::S3::BucketPolicy\n", "    Type: AWS::S3::BucketPolicy\n    Condition: Create\n")],
        [
            (
                "absent-dependency",
                "DependsOn: LogBucketPolicy",
                "does not exist where Create is false",
            ),
            ("bucket-without-policy", "  LogBucket:", "has a policy under some conditions only"),
        ],
    ),
    (
        "a reference to a bucket with a condition that the trail and the policy do not have",
        [CREATE, (f"    Properties:\n      {OWNER}", f"    Condition: Create\n    Properties:\n      {OWNER}")],
        [
            (
                "absent-reference",
                "S3BucketName: !Ref LogBucket",
                "Trail refers to LogBucket, which does not exist",
            ),
            ("absent-reference", "Bucket: !Ref LogBucket", "LogBucketPolicy refers to LogBucket, which does not exist"),
        ],
    ),
    (
        "a reference to a key of the other branch",
        [
            CREATE,
            ("    Type: AWS::KMS::Key\n", "    Type: AWS::KMS::Key\n    Condition: Create\n"),
            ("!GetAtt Key.Arn", "!If [Create, !Ref AWS::NoValue, !GetAtt Key.Arn]"),
        ],
        [("absent-reference", "KMSKeyId: !If", "Trail refers to Key, which does not exist where Create is false")],
    ),
    (
        "no S3BucketName",
        [("      S3BucketName: !Ref LogBucket\n", "")],
        [("trail-without-bucket", "  Trail:", "Trail has no S3BucketName")],
    ),
    (
        "no S3BucketName under a condition",
        [CREATE, ("S3BucketName: !Ref LogBucket", "S3BucketName: !If [Create, !Ref LogBucket, !Ref AWS::NoValue]")],
        [("trail-without-bucket", "S3BucketName: !If", "Trail has no S3BucketName where Create is false")],
    ),
    (
        "an empty S3BucketName where a condition asks for one",
        [
            ("Resources:\n", "Conditions:\n  Named: !Not [!Equals [!Ref Name, '']]\nResources:\n"),
            ("Parameters:\n", "Parameters:\n  Name: { Type: String, Default: '' }\n"),
            ("S3BucketName: !Ref LogBucket", "S3BucketName: !Ref Name"),
            ("KMSKeyId: !GetAtt Key.Arn", "KMSKeyId: !If [Named, !GetAtt Key.Arn, !GetAtt Key.Arn]"),
        ],
        [("trail-without-bucket", "S3BucketName: !Ref Name", "the S3BucketName of Trail is empty where Named is false")],
    ),
    (
        "a list as S3BucketName",
        [("S3BucketName: !Ref LogBucket", "S3BucketName: [logs]")],
        [("trail-without-bucket", "S3BucketName: [logs]", "the S3BucketName of Trail is not a name")],
    ),
    (
        "an ACL without OwnershipControls",
        [(OWNER, LOG_DELIVERY)],
        [("bucket-acl", LOG_DELIVERY, "LogBucket has no OwnershipControls")],
    ),
    (
        "an ACL under BucketOwnerEnforced",
        [
            (OWNER, f"{LOG_DELIVERY}\n      {ENFORCED}"),
        ],
        [("bucket-acl", LOG_DELIVERY, "LogBucket is BucketOwnerEnforced")],
    ),
    (
        "a disabled key",
        [("      KeyPolicy:", "      Enabled: false\n      KeyPolicy:")],
        [("unusable-key", "Enabled: false", "Key has Enabled: false; CloudTrail needs true")],
    ),
    (
        "an asymmetric key",
        [("      KeyPolicy:", "      KeySpec: RSA_2048\n      KeyUsage: SIGN_VERIFY\n      KeyPolicy:")],
        [
            ("unusable-key", "KeySpec: RSA_2048", "Key has KeySpec: RSA_2048"),
            ("unusable-key", "KeyUsage: SIGN_VERIFY", "Key has KeyUsage: SIGN_VERIFY"),
        ],
    ),
    (
        "a key policy without CloudTrail",
        [
            (f"{SERVICE}[kms:", f"{SERVICE}[kms:".replace("cloudtrail", "config")),
        ],
        [("no-statement", "Statement:", "the key policy has no statement for cloudtrail.amazonaws.com")],
    ),
    (
        "no DescribeKey",
        [("kms:GenerateDataKey*, kms:DescribeKey, kms:Decrypt", "kms:GenerateDataKey*")],
        [("missing-action", "Action: [kms:GenerateDataKey*]", "kms:DescribeKey (look up the key)")],
    ),
    (
        "a misspelt action of KMS",
        [("kms:DescribeKey,", "kms:DescribeKeys,")],
        [
            (
                "misspelt-action",
                "kms:DescribeKeys",
                "`Trail` names kms:DescribeKeys, which is not an action; kms:DescribeKey is",
            )
        ],
    ),
    (
        "a misspelt action of S3",
        [(CHECKS, "[s3:GetBucketAcls, s3:GetBucketLocation]")],
        [("misspelt-action", "s3:GetBucketAcls", "s3:GetBucketAcl is")],
    ),
    (
        "accounts from before 2015",
        [
            (f"{SERVICE}[s3:", f"{LEGACY}[s3:"),
            (f"{SERVICE}s3:PutObject", f"{LEGACY}s3:PutObject"),
        ],
        [
            ("legacy-principal", 'AWS: ["arn:aws:iam::086441151436:root"', "`Checks` names accounts"),
            ("legacy-principal", 'AWS: ["arn:aws:iam::086441151436:root"', "`Write` names accounts"),
        ],
    ),
    (
        "S3KeyPrefix missing from the policy",
        [("IsLogging: true", "IsLogging: true\n      S3KeyPrefix: audit")],
        [("prefix-not-allowed", "Resource: !Sub ${LogBucket.Arn}/AWSLogs", "below audit/AWSLogs/${AWS::AccountId}/")],
    ),
    (
        "S3KeyPrefix by parameter missing from the policy",
        [("IsLogging: true", "IsLogging: true\n      S3KeyPrefix: !Ref Prefix")],
        [
            (
                "prefix-not-allowed",
                "Resource: !Sub ${LogBucket.Arn}/AWSLogs",
                "below <S3KeyPrefix>/AWSLogs/${AWS::AccountId}/",
            )
        ],
    ),
    (
        "the organization's path missing",
        [FULL_TRAIL],
        [("organization-path-not-allowed", "Resource: !Sub ${LogBucket.Arn}/AWSLogs", "the organization's path")],
    ),
    (
        "the management account's path missing",
        [FULL_TRAIL, (OBJECTS, "!Sub ${LogBucket.Arn}/AWSLogs/o-a1b2c3d4e5/*")],
        [("account-path-not-allowed", "o-a1b2c3d4e5/*", "the path of the trail's own account")],
    ),
    (
        "no star at the end",
        [(OBJECTS, "!Sub ${LogBucket.Arn}/AWSLogs/${AWS::AccountId}")],
        [("malformed-resource", "Resource: !Sub ${LogBucket.Arn}/AWSLogs", "of `Write` does not end in /*")],
    ),
    (
        "a doubled slash",
        [(OBJECTS, "!Sub ${LogBucket.Arn}//AWSLogs/${AWS::AccountId}/*")],
        [("malformed-resource", "//AWSLogs", "of `Write` has a doubled slash")],
    ),
    (
        "a resource that is no ARN",
        [(OBJECTS, "!Sub ${LogBucket}/AWSLogs/${AWS::AccountId}/*")],
        [("foreign-resource", "!Sub ${LogBucket}/AWSLogs", "`Write` names ${LogBucket}/AWSLogs")],
    ),
    (
        "GetBucketAcl on the objects",
        [("!GetAtt LogBucket.Arn", "!Sub ${LogBucket.Arn}/*")],
        [
            (
                "inapplicable-resource",
                "Resource: !Sub ${LogBucket.Arn}/*",
                "`Checks` is about s3:GetBucketAcl, s3:GetBucketLocation but names only objects",
            )
        ],
    ),
    (
        "PutObject on the bucket",
        [(OBJECTS, "!GetAtt LogBucket.Arn")],
        [
            (
                "inapplicable-resource",
                "Resource: !GetAtt LogBucket.Arn",
                "`Write` is about s3:PutObject but names only the bucket",
            )
        ],
    ),
    (
        "a bucket policy that S3 does not take for its size",
        [
            (
                f"Resource: !Sub ${{LogBucket.Arn}}/*\n            Condition: {TLS}",
                f"Resource: {FOLDERS}\n            Condition: {TLS}",
            )
        ],
        [("policy-too-large", "PolicyDocument:", "more than the 20,480 bytes that S3 takes")],
    ),
    (
        "a key policy that KMS does not take for its size",
        [('Principal: { AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root" }', f"Principal: {{ AWS: {ACCOUNTS} }}")],
        [("policy-too-large", "KeyPolicy:", "more than the 32,768 bytes that KMS takes")],
    ),
    (
        "a statement about another bucket",
        [(OBJECTS, "!Sub ${OtherBucket.Arn}/AWSLogs/${AWS::AccountId}/*")],
        [("foreign-resource", "Resource: !Sub ${OtherBucket.Arn}", "which is not in arn:aws:s3:::${LogBucket}")],
    ),
    (
        "a second resource in another bucket",
        [(OBJECTS, "[!Sub '${LogBucket.Arn}/AWSLogs/${AWS::AccountId}/*', !Sub '${OtherBucket.Arn}/*']")],
        [("foreign-resource", "OtherBucket.Arn", "`Write` names arn:aws:s3:::${OtherBucket}/*")],
    ),
    (
        "a statement about another key",
        [
            (
                'Resource: "*"\n            Condition',
                "Resource: arn:aws:kms:us-east-1:111122223333:alias/x\n            Condition",
            )
        ],
        [("wrong-resource", "alias/x", "not about the key")],
    ),
    (
        "no Fn::Sub",
        [(OBJECTS, "${LogBucket.Arn}/AWSLogs/${AWS::AccountId}/*")],
        [("missing-sub", "Resource: ${LogBucket.Arn}", "${LogBucket.Arn}, ${AWS::AccountId} but no Fn::Sub")],
    ),
    (
        "no Fn::Sub in a prefix",
        [("IsLogging: true", 'IsLogging: true\n      S3KeyPrefix: "${Prefix}"'), (OBJECTS, "!Sub ${LogBucket.Arn}/*")],
        [("missing-sub", "S3KeyPrefix:", "S3KeyPrefix of Trail has ${Prefix} but no Fn::Sub")],
    ),
    (
        "no Fn::Sub in a guard",
        [(SOURCE, '"arn:aws:cloudtrail:*:${AWS::AccountId}:trail/*"')],
        [("missing-sub", "aws:SourceArn", "`Write` has ${AWS::AccountId} but no Fn::Sub")],
    ),
    (
        "a misspelt action of another service",
        [("Action: s3:*", "Action: s3:GetObjects")],
        [("misspelt-action", "s3:GetObjects", "`Tls` names s3:GetObjects, which is not an action; s3:GetObject is")],
    ),
    (
        "another principal that is none",
        [(f"{SERVICE}s3:PutObject", f"{SERVICE}s3:PutObject".replace("amazonaws", "amazon"))],
        [("wrong-principal", "cloudtrail.amazon.com", "`Write` names the principal Service: cloudtrail.amazon.com")],
    ),
    (
        "a service as an AWS principal",
        [(f"{SERVICE}[kms:", f"{SERVICE}[kms:".replace("Service", "AWS"))],
        [("wrong-principal", "AWS: cloudtrail", "`Trail` names the principal AWS: cloudtrail.amazonaws.com")],
    ),
    (
        "a principal that AWS does not document",
        [(f"{SERVICE}[kms:", f"{SERVICE}[kms:".replace("cloudtrail.amazonaws.com", '"*"'))],
        [("uncertain-principal", 'Service: "*"', "`Trail` names *, which AWS does not document; CloudTrail is")],
    ),
    (
        "a key that refers to itself",
        [('Resource: "*"\n            Condition', "Resource: !GetAtt Key.Arn\n            Condition")],
        [("circular-dependency", "  Key:", "Key waits for itself (Key → Key)")],
    ),
    (
        "a prefix that is CloudTrail's own",
        [("IsLogging: true", "IsLogging: true\n      S3KeyPrefix: AWSLogs")],
        [
            ("reserved-prefix", "S3KeyPrefix: AWSLogs", "CloudTrail refuses a prefix that holds AWSLogs"),
            ("prefix-not-allowed", "Resource: !Sub ${LogBucket.Arn}", "below AWSLogs/AWSLogs/"),
        ],
    ),
    (
        "a key that AWS manages",
        [("!GetAtt Key.Arn", "alias/aws/s3")],
        [("unusable-key", "KMSKeyId: alias/aws/s3", "the key of Trail is alias/aws/s3, which AWS manages")],
    ),
    (
        "a wildcard under an exact operator",
        [("ArnLike: {", "StringLike: { s3:signatureversion: '*' }\n              StringEqualsIgnoreCase: {")],
        [("wrong-source-arn", "StringEqualsIgnoreCase", "contains `*`, which StringEqualsIgnoreCase compares")],
    ),
    (
        "another account's trail",
        [
            (SOURCE, "arn:aws:cloudtrail:us-east-1:111122223333:trail/*"),
            NAMED,
        ],
        [("wrong-source-arn", "111122223333", "cannot be shown to match the ARN of Trail")],
    ),
    (
        "another partition's trail",
        [(SOURCE, '!Sub "arn:aws-cn:cloudtrail:*:${AWS::AccountId}:trail/*"')],
        [("wrong-source-arn", "aws-cn", "names a different partition than that of Trail: aws-cn")],
    ),
    (
        "another trail's name",
        [
            (SOURCE, '!Sub "arn:aws:cloudtrail:*:${AWS::AccountId}:trail/side"'),
            NAMED,
        ],
        [("wrong-source-arn", "trail/side", "names a different trail than that of Trail: trail/side")],
    ),
    (
        "the name of a trail that gets a generated one",
        [(SOURCE, '!Sub "arn:aws:cloudtrail:*:${AWS::AccountId}:trail/main"')],
        [("wrong-source-arn", "trail/main", "without TrailName")],
    ),
    (
        "another trail's encryption context",
        [
            ("kms:GenerateDataKey*, kms:DescribeKey, kms:Decrypt", "kms:GenerateDataKey*"),
            (
                KEY_CONDITION,
                '{ StringEquals: { "kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:x:y:trail/z" } }',
            ),
        ],
        [
            ("wrong-encryption-context", "kms:EncryptionContext", "names a different"),
            ("missing-action", "Action: [kms:GenerateDataKey*]", "kms:DescribeKey"),
        ],
    ),
    (
        "an Allow for the other encryption",
        [(ACL, '{ "s3:x-amz-acl": bucket-owner-full-control, "s3:x-amz-server-side-encryption": AES256 }')],
        [("encryption-header", "s3:x-amz-server-side-encryption", "CloudTrail sends aws:kms, for the trail has a key")],
    ),
    (
        "conditions for grants on everything",
        [(KEY_CONDITION, '{ Bool: { "kms:GrantIsForAWSResource": "true" } }')],
        [("dead-condition", "kms:GrantIsForAWSResource", "CloudTrail's requests for kms:GenerateDataKey*, kms:DescribeKey")],
    ),
    (
        "the caller's organization",
        [(KEY_CONDITION, '{ StringEquals: { "aws:PrincipalOrgID": o-a1b2c3d4e5 } }')],
        [("organization-condition", "aws:PrincipalOrgID", "belongs to no account of a customer")],
    ),
    (
        "the trail's organization",
        [(KEY_CONDITION, '{ StringEquals: { "aws:SourceOrgID": o-a1b2c3d4e5 } }')],
        [("organization-condition", "aws:SourceOrgID", "AWS does not say that CloudTrail sends it")],
    ),
    (
        "another account",
        [(ACL, '{ "s3:x-amz-acl": public-read }')],
        [("unmet-condition", "s3:x-amz-acl", "CloudTrail's s3:PutObject request has bucket-owner-full-control")],
    ),
    (
        "a Deny on encryption for a trail without key",
        [
            WITHOUT_KEY,
            (
                '{ Bool: { "aws:SecureTransport": "false" } }',
                "{ StringNotEquals: { 's3:x-amz-server-side-encryption': aws:kms } }",
            ),
            ("Action: s3:*", "Action: s3:PutObject"),
        ],
        [
            (
                "blocking-deny",
                "Sid: Tls",
                f"`Tls` denies s3:PutObject (StringNotEquals {SSE}: CloudTrail's request has AES256)",
            )
        ],
    ),
    (
        "a log bucket whose access logs get lost, for the other bucket has no policy",
        [(OWNER, ACCESS)],
        [("bucket-without-policy", "  OtherBucket:", "OtherBucket, where LogBucket logs, has no policy")],
    ),
    (
        "a log bucket that logs its access to itself, which its policy does not allow",
        [(OWNER, "LoggingConfiguration: { LogFilePrefix: access/ }")],
        [("no-statement", "Statement:", "no statement for logging.s3.amazonaws.com; the stack deploys, but no access logs")],
    ),
    (
        "access logs for a bucket that encrypts with a key",
        [(OWNER, ACCESS), (OTHER, f"{OTHER}    Properties:\n      {ACL_THAT_WORKS}\n      {ENCRYPTED}\n")],
        [("bucket-encryption", "SSEAlgorithm", "OtherBucket, where LogBucket logs, encrypts by default with aws:kms")],
    ),
    (
        "access logs for a bucket with Object Lock",
        [(OWNER, ACCESS), (OTHER, f"{OTHER}    Properties:\n      {ACL_THAT_WORKS}\n      ObjectLockEnabled: true\n")],
        [("bucket-object-lock", "ObjectLockEnabled", "OtherBucket, where LogBucket logs, has Object Lock")],
    ),
    (
        "a Deny on the network",
        [(TLS, "{ StringNotEquals: { 'aws:SourceVpce': vpce-1a2b3c4d } }")],
        [("blocking-deny", "Sid: Tls", "does not call through a VPC endpoint of a customer")],
    ),
    (
        "a role that another service assumes",
        [
            WITH_ROLE,
            WITH_LOGS,
            ("{ Service: cloudtrail.amazonaws.com }, Action: sts", "{ Service: ec2.amazonaws.com }, Action: sts"),
        ],
        [("logs-role-trust", "AssumeRolePolicyDocument:", "LogRole does not let cloudtrail.amazonaws.com sts:AssumeRole")],
    ),
    (
        "a role that may do half of it",
        [WITH_ROLE, WITH_LOGS, ("[logs:CreateLogStream, logs:PutLogEvents]", "logs:PutLogEvents")],
        [("logs-role-denied", "PolicyDocument:", "LogRole may not logs:CreateLogStream on arn:aws:logs:")],
    ),
    (
        "a role that may write to another log group",
        [
            WITH_ROLE,
            WITH_LOGS,
            ("Resource: !GetAtt LogGroup.Arn", "Resource: arn:aws:logs:*:*:log-group:other:*"),
            ("    Type: AWS::Logs::LogGroup\n", "    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: trail }\n"),
        ],
        [
            (
                "logs-role-denied",
                "{ Effect: Allow, Action: [logs:CreateLogStream",
                "statement 1 of LogRole: its resource is not arn:aws:logs:",
            )
        ],
    ),
    (
        "a role whose permissions come later",
        [WITH_ROLE, WITH_LOGS, BY_ITSELF],
        [("logs-role-late", "  Trail:", "Trail may be created before RolePolicy, which gives LogRole its permissions")],
    ),
    (
        "a log group without a role",
        [WITH_ROLE, WITH_LOGS, (ROLE, "")],
        [
            (
                "logs-half-configured",
                "CloudWatchLogsLogGroupArn",
                "Trail has CloudWatchLogsLogGroupArn but no CloudWatchLogsRoleArn",
            )
        ],
    ),
    (
        "a role without a log group",
        [WITH_ROLE, WITH_LOGS, ("      CloudWatchLogsLogGroupArn: !GetAtt LogGroup.Arn\n", "")],
        [
            (
                "logs-half-configured",
                "CloudWatchLogsRoleArn",
                "Trail has CloudWatchLogsRoleArn but no CloudWatchLogsLogGroupArn",
            )
        ],
    ),
    (
        "the name of a log group",
        [WITH_ROLE, WITH_LOGS, ("LogGroupArn: !GetAtt LogGroup.Arn", "LogGroupArn: !Ref LogGroup")],
        [("log-group-arn", "CloudWatchLogsLogGroupArn", "is ${LogGroup}, which is no ARN")],
    ),
    (
        "the ARN of a log group without its streams",
        [
            WITH_ROLE,
            WITH_LOGS,
            (
                "LogGroupArn: !GetAtt LogGroup.Arn",
                'LogGroupArn: !Sub "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${LogGroup}"',
            ),
        ],
        [("log-group-arn", "CloudWatchLogsLogGroupArn", "which does not end in :*")],
    ),
    (
        "a bucket that a failed stack leaves behind",
        [
            ("    DependsOn: LogBucketPolicy\n", ""),
            ("  LogBucket:\n", "  LogBucket:\n    DeletionPolicy: Retain\n"),
            (OWNER, "BucketName: our-logs"),
        ],
        [
            ("retained-bucket", "DeletionPolicy", "a stack that has failed leaves it behind"),
            ("trail-before-policy", "  Trail:", "Trail may be created before"),
        ],
    ),
    (
        "a partition in a template for several",
        [(OWNER, "BucketName: !Sub logs-${AWS::Partition}")],
        [("hard-coded-partition", "  LogBucketPolicy:", "LogBucketPolicy writes out the partition aws")],
    ),
]


def changed(changes: list[tuple[str, str]]) -> str:
    template = HEALTHY
    for old, new in changes:
        assert template.count(old) == 1, f"{old!r} stands there {template.count(old)} times"
        template = template.replace(old, new)
    return template


@pytest.mark.parametrize(
    "changes",
    [
        [(OWNER, ACCESS), (OTHER, f"{OTHER}    Properties:\n      {ACL_THAT_WORKS}\n")],
        [(OWNER, "AccessControl: BucketOwnerFullControl")],
        [(OWNER, f"AccessControl: BucketOwnerRead\n      {ENFORCED}")],
        [("DependsOn: LogBucketPolicy", "DependsOn: [LogBucketPolicy, MadeByAMacro]")],
    ],
    ids=[
        "access logs by an ACL that works",
        "an ACL that S3 ignores",
        "another one",
        "a DependsOn on what a macro may make",
    ],
)
def test_what_does_no_harm_is_no_cause(changes: list[tuple[str, str]]) -> None:
    assert fix(changed(changes)).causes() == ()


def test_a_healthy_template_has_no_cause() -> None:
    report = fix(HEALTHY)
    assert report.causes() == ()
    assert not report.changed
    assert report.skipped == () or {one.why for one in report.skipped} == {"kept"}


@pytest.mark.parametrize(("changes", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_cause_is_found_at_its_place(changes: list[tuple[str, str]], expected: list[tuple[str, str, str]]) -> None:
    report = fix(changed(changes))
    places = SourceMap(report)
    lines = report.before.splitlines()
    left = [(one.cause, lines[places.of(one.path)[0] - 1], one.detail) for one in report.causes()]
    for cause, line, detail in expected:
        found = [one for one in left if one[0] == cause and line in one[1] and detail in one[2]]
        assert found, f"{cause} at {line!r} with {detail!r} is not in {left}"
        left = [one for one in left if one not in found]
    # The same cause may hit several requests, but no other cause may come to light.
    assert {one[0] for one in left} <= {cause for cause, _, _ in expected}


def test_every_cause_has_a_row() -> None:
    assert {cause for _, _, expected in ROWS for cause, _, _ in expected} == set(catalogue()) - OF_OTHER_SOURCES


@pytest.mark.parametrize("name", names())
def test_every_cause_that_a_patch_fixes_is_one(name: str) -> None:
    for patch in load(name).patches:
        assert set(patch.mends) <= catalogue().keys()


def test_the_catalogue_describes_every_cause() -> None:
    for cause in catalogue().values():
        assert cause.title
        assert cause.why
        assert cause.references
        assert all(one.startswith("https://") for one in cause.references)


@pytest.mark.parametrize("changes", [row[1] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_blocking_is_mended_or_left_with_a_reason(changes: list[tuple[str, str]]) -> None:
    report = fix(changed(changes), review=True)
    blocking = [one for one in report.causes() if one.blocking]
    assert not blocking or report.changed or report.unfixed
    if not report.unfixed:
        assert [one for one in fix(report.after, review=True).causes() if one.blocking] == []


def test_a_key_in_another_region_is_told_where_the_region_is() -> None:
    template = changed([("!GetAtt Key.Arn", "arn:aws:kms:eu-west-1:111122223333:key/0a1b")])
    assert "unusable-key" not in {one.cause for one in fix(template).causes()}
    report = fix(template, parameters={"AWS::Region": "us-east-1"})
    assert [one.detail for one in report.causes() if one.cause == "unusable-key"] == [
        "the key of Trail is in eu-west-1, the bucket LogBucket in us-east-1"
    ]
    assert "unusable-key" in {one.subject for one in report.unfixed}
    assert "unusable-key" not in {one.cause for one in fix(template, parameters={"AWS::Region": "eu-west-1"}).causes()}


def test_what_does_no_harm_is_said_and_counts_for_nothing() -> None:
    report = fix(changed([("kms:DescribeKey,", "kms:DescribeKeys, kms:DescribeKey,")]))
    assert not report.changed
    assert [(one.subject, one.why) for one in report.skipped if one.why != "kept"] == [("misspelt-action", "harmless")]
    assert report.unfixed == ()


def test_a_misspelt_action_of_s3_is_left_to_the_user() -> None:
    report = fix(changed([(CHECKS, "[s3:GetBucketAcls, s3:GetBucketLocation]")]))
    assert report.changed
    left: Any = report.unfixed
    assert [(one.subject, one.why, one.advice) for one in left] == [
        ("misspelt-action", "obstacle", "write s3:GetBucketAcl instead of s3:GetBucketAcls")
    ]


def test_causes_speak_for_the_patches_that_mend_them() -> None:
    report = fix(changed([("    DependsOn: LogBucketPolicy\n", "")]))
    assert [(one.rule, one.level, one.remedy) for one in annotate(report)] == [
        ("trail-before-policy", "warning", "fixable: `remediate fix --select trail-order`")
    ]


def test_what_is_left_is_not_said_to_be_mended() -> None:
    report = fix(changed([(OBJECTS, "!Sub ${OtherBucket.Arn}/AWSLogs/${AWS::AccountId}/*")]))
    assert report.changed
    assert [(one.subject, one.why) for one in report.unfixed] == [("foreign-resource", "obstacle")]
    advice = "take arn:aws:s3:::${OtherBucket}/AWSLogs/${AWS::AccountId}/* out of `Write`"
    assert [(one.rule, one.level, one.remedy) for one in annotate(report) if one.rule == "foreign-resource"] == [
        ("foreign-resource", "error", advice)
    ]


@pytest.mark.parametrize(
    ("changes", "ignored"),
    [
        ([("    DependsOn: LogBucketPolicy\n", "")], "trail-order"),
        ([("    DependsOn: LogBucketPolicy\n", "")], "trail-before-policy"),
        ([(OWNER, LOG_DELIVERY)], "bucket-acl"),
        ([(TLS, "{ StringNotEquals: { 'aws:SourceVpce': vpce-1a2b3c4d } }")], "blocking-deny"),
    ],
    ids=["by its patch", "by its id", "without a patch", "a Deny"],
)
def test_a_cause_can_be_ignored(changes: list[tuple[str, str]], ignored: str) -> None:
    assert fix(changed(changes)).causes() != ()
    report = fix(changed(changes), ignore=[ignored])
    assert report.causes() == ()
    assert report.unfixed == ()


def test_a_request_that_is_still_denied_is_not_said_to_be_mended() -> None:
    report = fix(changed([FULL_TRAIL, (OBJECTS, "!Sub ${LogBucket.Arn}/AWSLogs/${AWS::AccountId}")]))
    found = {one.rule: one for one in annotate(report)}
    assert found["malformed-resource"].remedy == "fixable: `remediate fix --select log-delivery`"
    assert found["organization-path-not-allowed"].remedy == "give the organization's id with --organization-id"


def test_the_organizations_path_is_named_as_it_is_written() -> None:
    example = Path(__file__).parent.parent / "examples" / "organization.yaml"
    text = example.read_text("utf-8").replace("${OrganizationId}/*", "other/*")
    (found,) = [one for one in check(text) if one.rule == "organization-path-not-allowed"]
    assert "/AWSLogs/${OrganizationId}/${AWS::AccountId}/, the organization's path" in found.message
