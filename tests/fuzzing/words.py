"""What templates with logging are made of: random principals, actions, resources, conditions and statements.

A word that needs a parameter, a mapping or a condition puts it into the template.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

TRAIL, KEY, BUCKET, POLICY = "AWS::CloudTrail::Trail", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
SERVICES = [
    *(CLOUDTRAIL, CLOUDTRAIL, CLOUDTRAIL, "config.amazonaws.com", "s3.amazonaws.com", "delivery.logs.amazonaws.com"),
    *("logging.s3.amazonaws.com", "CloudTrail.amazonaws.com", "cloudtrail.us-east-1.amazonaws.com", "cloudtrail"),
    *("cloudtrail.amazonaws.com.cn", "logs.eu-west-1.amazonaws.com", "*"),
]
AWS_PRINCIPALS: list[Any] = [
    *("*", "111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::999988887777:role/Auditor"),
    {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"},
    {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/admin"},
    {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]},
    {"Ref": "AWS::AccountId"},
]
BUCKET_ACTIONS = [
    *("s3:GetBucketAcl", "s3:GetBucketAcl", "s3:PutObject", "s3:PutObject", "s3:PutObject", "s3:GetBucketLocation"),
    *(
        "s3:*",
        "s3:Put*",
        "s3:Get*",
        "s3:GetObject",
        "s3:PutObjectAcl",
        "s3:putobject",
        "s3:ListBucket",
        "*",
        "S3:GetBucketACL",
    ),
    *("s3:PutObjects", "s3:Get?ucketAcl", "s3:DeleteObject"),
]
KEY_ACTIONS = [
    *(
        "kms:GenerateDataKey*",
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:*",
        "kms:CreateGrant",
    ),
    *(
        "kms:ListGrants",
        "kms:RevokeGrant",
        "kms:ReEncrypt*",
        "kms:ReEncrypt",
        "kms:GenerateDataKey",
        "kms:Decrypt*",
        "kms:List*",
    ),
    *("kms:DescribeKeys", "KMS:decrypt", "kms:GenerateDataKeyWithoutPlaintext"),
]
OPERATORS = [
    *("StringEquals", "StringEquals", "StringLike", "ArnLike", "ArnEquals", "StringNotEquals", "Bool", "Null", "IpAddress"),
    *(
        "StringEqualsIfExists",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringLike",
        "StringEqualsIgnoreCase",
        "stringequals",
    ),
    *("ArnNotLike", "StringNotLike", "DateLessThan", "NumericEquals"),
]
CONDITION_KEYS = [
    *(
        "aws:SourceArn",
        "aws:SourceArn",
        "AWS:SourceArn",
        "aws:sourcearn",
        "aws:SourceAccount",
        "s3:x-amz-acl",
        "s3:x-amz-acl",
    ),
    *("aws:SecureTransport", "aws:SourceIp", "aws:PrincipalOrgID", "aws:SourceOrgID", "s3:x-amz-server-side-encryption"),
    *("s3:x-amz-server-side-encryption-aws-kms-key-id", "kms:EncryptionContext:aws:cloudtrail:arn", "kms:ViaService"),
    *("kms:EncryptionContext:aws:cloudtrail:arn", "kms:GrantIsForAWSResource", "kms:CallerAccount", "S3:X-Amz-Acl"),
    *("s3:x-amz-server-side-encryption-customer-algorithm", "aws:PrincipalArn"),
]
VALUES: list[Any] = [
    *("bucket-owner-full-control", "AES256", "aws:kms", "true", "false", True, "10.0.0.0/8", "o-a1b2c3d4e5", "111122223333"),
    *("999988887777", "*", "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "arn:aws:cloudtrail:*:*:trail/*"),
    {"Ref": "AWS::AccountId"},
    {"Fn::Sub": "arn:aws:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/main"},
    {"Fn::Sub": "arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*"},
    {"Fn::Sub": "arn:aws:cloudtrail:eu-west-1:${AWS::AccountId}:trail/other"},
    {"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"},
    {"Fn::Sub": "cloudtrail.${AWS::Region}.amazonaws.com"},
    "arn:aws:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/main",
    {"Fn::Join": [":", ["arn:aws:cloudtrail", {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}, "trail/main"]]},
]


def any_of(chance: random.Random, values: list[Any]) -> Any:
    """Return a copy of one of the values, so that no two parts of a template are the same object."""
    return copy.deepcopy(chance.choice(values))


def seeded(seed: str | int) -> random.Random:
    """Return a source of chance that is the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - nothing is secret here


def one_or_more(chance: random.Random, make: Callable[[], Any]) -> Any:
    """Return one value, a list of one, or a list of several."""
    number = chance.choice([0, 0, 0, 1, 2, 2, 3])
    return [make() for _ in range(number)] if number else make()


def condition(template: dict[str, Any], chance: random.Random) -> str:
    """Return the name of a condition that the template has."""
    written = template.setdefault("Conditions", {})
    if not isinstance(written, dict):
        return "None"
    if written and chance.random() < 0.6:
        return str(chance.choice(list(written)))
    name = f"Is{chance.choice('ABC')}"
    if chance.random() < 0.5:
        test: Any = {"Fn::Equals": [{"Ref": parameter(template, chance, ["true", "false"], "true")}, "true"]}
    else:
        test = {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
    written.setdefault(name, {"Fn::Not": [test]} if chance.random() < 0.2 else test)
    return name


def parameter(template: dict[str, Any], chance: random.Random, values: list[str], default: str) -> str:
    """Return the name of a parameter for one of the values."""
    written = template.setdefault("Parameters", {})
    if not isinstance(written, dict):
        return "None"
    name = f"P{abs(hash_of(values)) % 97}{chance.choice('xy')}"
    about: dict[str, Any] = {"Type": "String", "Default": default}
    if chance.random() < 0.7:
        about["AllowedValues"] = list(dict.fromkeys([default, *values]))
    if chance.random() < 0.1:
        del about["Default"]
    written.setdefault(name, about)
    return name


def hash_of(values: list[str]) -> int:
    """Return the same number in every process, unlike Python's own hash of strings."""
    return sum(index * ord(letter) for index, letter in enumerate("".join(values), 1))


def row(template: dict[str, Any], chance: random.Random, first: str, second: str) -> Any:
    """Return an Fn::FindInMap whose rows are two values."""
    written = template.setdefault("Mappings", {})
    if not isinstance(written, dict):
        return first
    name = f"Book{abs(hash_of([first, second])) % 97}"
    written.setdefault(name, {"us-east-1": {"It": first}, "eu-west-1": {"It": second}, "cn-north-1": {"It": second}})
    top = chance.choice([{"Ref": "AWS::Region"}, {"Ref": "AWS::Region"}, "us-east-1"])
    return {"Fn::FindInMap": [name, top, "It"]}


def varied(template: dict[str, Any], chance: random.Random, first: str, second: str) -> Any:
    """Return an expression that is one of two texts, or ends in them."""
    match chance.randrange(8):
        case 0:
            return {"Ref": parameter(template, chance, [first, second], first)}
        case 1:
            return row(template, chance, first, second)
        case 2:
            other = any_of(chance, [second, {"Ref": "AWS::NoValue"}])
            return {"Fn::If": [condition(template, chance), *chance.sample([first, other], 2)]}
        case 3:
            return {"Fn::Sub": "${" + parameter(template, chance, [first, second], first) + "}"}
        case 4:
            head, _, tail = first.partition(".")
            names = {"p": {"Fn::If": [condition(template, chance), head, second.partition(".")[0]]}}
            return {"Fn::Sub": ["${p}." + tail, names]} if tail else first
        case 5:
            head, _, tail = first.partition(".")
            return {"Fn::Join": [".", [{"Ref": parameter(template, chance, [head, second.split(".")[0]], head)}, tail]]}
        case 6:
            return {"Fn::Select": [0, [{"Ref": parameter(template, chance, [first, second], first)}, second]]}
    return {"Fn::Sub": first.replace("amazonaws.com", "${AWS::URLSuffix}")}


def service(template: dict[str, Any], chance: random.Random) -> Any:
    """Return a service's name, in one of ten cases by an expression."""
    if chance.random() < 0.3:
        return varied(template, chance, *chance.sample([CLOUDTRAIL, chance.choice(SERVICES)], 2))
    return chance.choice(SERVICES)


def aws(template: dict[str, Any], chance: random.Random) -> Any:
    """Return an AWS principal."""
    if chance.random() < 0.15:
        return varied(template, chance, "111122223333", chance.choice(["*", "999988887777", CLOUDTRAIL]))
    return any_of(chance, AWS_PRINCIPALS)


def principal(template: dict[str, Any], chance: random.Random) -> Any:
    """Return what stands behind Principal."""
    match chance.choices(["service", "services", "aws", "mixed", "*", "if", "odd"], [8, 5, 4, 3, 1, 1, 0.5])[0]:
        case "service":
            return {"Service": service(template, chance)}
        case "services":
            return {"Service": [service(template, chance) for _ in range(chance.randint(1, 3))]}
        case "aws":
            return {"AWS": one_or_more(chance, lambda: aws(template, chance))}
        case "mixed":
            members = [
                ("AWS", one_or_more(chance, lambda: aws(template, chance))),
                ("Service", one_or_more(chance, lambda: service(template, chance))),
            ]
            return dict(chance.sample(members, 2))
        case "if":
            return {"Fn::If": [condition(template, chance), principal(template, chance), principal(template, chance)]}
        case "*":
            return "*"
    return any_of(
        chance, [{"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, {}, [], CLOUDTRAIL]
    )


def resource(template: dict[str, Any], chance: random.Random, bucket: str) -> Any:
    """Return a Resource of a bucket's policy."""
    paths = [
        *(
            "",
            "",
            "/*",
            "/AWSLogs/${AWS::AccountId}/*",
            "/AWSLogs/${AWS::AccountId}/*",
            "/AWSLogs/${AWS::AccountId}",
            "/AWSLogs/*",
        ),
        *(
            "/logs/AWSLogs/${AWS::AccountId}/*",
            "/AWSLogs/${aws:SourceAccount}/*",
            "/Config/*",
            "/team/*",
            "/team/AWSLogs/111122223333/*",
            "/AWSLogs/o-a1b2c3d4e5/*",
            "*",
        ),
        *("/AWSLogs/111122223333/*", "/AWSLogs/${AWS::AccountId}/CloudTrail/*", "/*a*b*c*d"),
    ]
    path = chance.choice(paths)
    match chance.randrange(9):
        case 0:
            return {"Fn::GetAtt": [bucket, "Arn"]}
        case 1:
            return {"Ref": bucket} if chance.random() < 0.3 else "*"
        case 2:
            return {"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, path.replace("${AWS::AccountId}", "111122223333")]]}
        case 3:
            return {"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": bucket}, "/AWSLogs/", {"Ref": "AWS::AccountId"}, "/*"]]}
        case 4:
            both = [
                {"Fn::Sub": "${" + bucket + ".Arn}" + path},
                any_of(chance, [{"Ref": "AWS::NoValue"}, {"Fn::GetAtt": [bucket, "Arn"]}]),
            ]
            return {"Fn::If": [condition(template, chance), *both]}
        case 5:
            return f"arn:aws:s3:::my-logs{path}"
        case 6:
            return {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::${{{bucket}}}{path}"}
    return {"Fn::Sub": "${" + bucket + ".Arn}" + path}


def actions(chance: random.Random, kind: str) -> Any:
    """Return what stands behind Action in a bucket's or a key's policy."""
    known = BUCKET_ACTIONS if kind == "bucket" else KEY_ACTIONS
    return one_or_more(chance, lambda: chance.choice(known))


def resources(template: dict[str, Any], chance: random.Random, kind: str, bucket: str) -> Any:
    """Return what stands behind Resource in a bucket's or a key's policy."""
    return "*" if kind == "key" else one_or_more(chance, lambda: resource(template, chance, bucket))


def conditions(template: dict[str, Any], chance: random.Random) -> Any:
    """Return what stands behind Condition."""
    found: dict[str, Any] = {}
    for _ in range(chance.choice([1, 1, 1, 2, 2, 3])):
        keys = found.setdefault(chance.choice(OPERATORS), {})
        keys[chance.choice(CONDITION_KEYS)] = one_or_more(chance, lambda: any_of(chance, VALUES))
    if chance.random() < 0.06:
        return {"Fn::If": [condition(template, chance), found, {"Ref": "AWS::NoValue"}]}
    return found


def statement(template: dict[str, Any], chance: random.Random, kind: str, bucket: str) -> Any:
    """Return a random statement of a bucket's or key's policy, its members in a random order."""
    negated = chance.random()
    members: list[tuple[str, Any]] = [
        ("Effect", chance.choices(["Allow", "Deny"], [6, 1])[0]),
        ("NotPrincipal" if negated < 0.02 else "Principal", principal(template, chance)),
        ("NotAction" if 0.02 < negated < 0.04 else "Action", actions(chance, kind)),
        ("NotResource" if 0.04 < negated < 0.06 else "Resource", resources(template, chance, kind, bucket)),
    ]
    if chance.random() < 0.5:
        members.append(("Condition", conditions(template, chance)))
    if chance.random() < 0.6:
        members.insert(0, ("Sid", sid(template, chance)))
    if chance.random() < 0.2:
        chance.shuffle(members)
    whole: Any = dict(members)
    if chance.random() < 0.08:
        other = {"Ref": "AWS::NoValue"} if chance.random() < 0.7 else statement(template, chance, kind, bucket)
        whole = {"Fn::If": [condition(template, chance), *chance.sample([whole, other], 2)]}
    return whole


def sid(template: dict[str, Any], chance: random.Random) -> Any:
    """Return a Sid, at times one that the tool itself would choose."""
    if chance.random() < 0.05:
        return {"Fn::Sub": "${AWS::StackName}Sid"}
    del template
    return chance.choice(
        ["AWSCloudTrailWrite", "AWSCloudTrailAclCheck", "A", "B", "Logs", "Allow CloudTrail", f"S{chance.randrange(99)}"]
    )
