"""Templates grown from nothing: buckets, policies, keys and trails, as people and chance write them."""

from __future__ import annotations

import random
from typing import Any

from tests.fuzzing import words


def grown(chance: random.Random) -> dict[str, Any]:
    """Return the data of a random template with one or two logging stacks."""
    template: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Parameters": {}, "Mappings": {}, "Conditions": {}}
    resources: dict[str, Any] = {}
    template["Resources"] = resources
    for number in ["", "2"][: chance.choice([1, 1, 1, 1, 2])]:
        _stack(template, resources, chance, number)
    if chance.random() < 0.3:
        resources["Topic"] = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}}
    if chance.random() < 0.3:
        template["Outputs"] = {"Logs": {"Value": {"Ref": "Bucket"}}}
    if chance.random() < 0.3:
        template["Resources"] = dict(chance.sample(list(resources.items()), len(resources)))
    return {name: section for name, section in template.items() if section}


def _stack(template: dict[str, Any], resources: dict[str, Any], chance: random.Random, number: str) -> None:
    bucket, key = f"Bucket{number}", f"Key{number}"
    resources[bucket] = {"Type": words.BUCKET}
    if chance.random() < 0.6:
        resources[bucket]["Properties"] = bucket_properties(template, chance, key)
    if chance.random() < 0.9:
        document = policy(template, chance, "bucket", bucket)
        resources[f"Policy{number}"] = {
            "Type": words.POLICY,
            "Properties": {"Bucket": {"Ref": bucket}, "PolicyDocument": document},
        }
    if chance.random() < 0.6:
        resources[key] = {"Type": words.KEY, "Properties": {"KeyPolicy": policy(template, chance, "key", bucket)}}
    for extra in ["", "B"][: chance.choice([0, 1, 1, 1, 1, 1, 1, 2])]:
        resources[f"Trail{number}{extra}"] = trail(template, chance, bucket, key if key in resources else None, number)
    for name in list(resources):
        if chance.random() < 0.05:
            resources[name]["Condition"] = words.condition(template, chance)


def bucket_properties(template: dict[str, Any], chance: random.Random, key: str) -> dict[str, Any]:
    """Return properties of a bucket that decide what its policy must hold."""
    found: dict[str, Any] = {}
    if chance.random() < 0.4:
        found["BucketName"] = words.any_of(chance, ["my-logs", {"Fn::Sub": "logs-${AWS::AccountId}"}, "a" * 24])
    if chance.random() < 0.5:
        ownership = chance.choice(["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"])
        value = words.varied(template, chance, ownership, "ObjectWriter") if chance.random() < 0.1 else ownership
        found["OwnershipControls"] = {"Rules": [{"ObjectOwnership": value}]}
    if chance.random() < 0.3:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]}}
        found["BucketEncryption"] = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]}
    return found or {"Tags": [{"Key": "a", "Value": "b"}]}


def policy(template: dict[str, Any], chance: random.Random, kind: str, bucket: str) -> Any:
    """Return a policy document of one to five statements."""
    listed = [words.statement(template, chance, kind, bucket) for _ in range(chance.choice([1, 1, 2, 2, 3, 3, 4, 5]))]
    if kind == "key" and chance.random() < 0.7:
        root = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
        admin = {"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
        listed.insert(0, admin)
    statements: Any = listed
    if len(listed) == 1 and chance.random() < 0.6:
        statements = listed[0]
    if chance.random() < 0.04:
        statements = {"Fn::If": [words.condition(template, chance), statements, listed[:1]]}
    found: Any = {
        "Version": chance.choice(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]),
        "Statement": statements,
    }
    if chance.random() < 0.15:
        del found["Version"]
    if chance.random() < 0.03:
        found = {"Fn::If": [words.condition(template, chance), found, {**found}]}
    return found


def trail(template: dict[str, Any], chance: random.Random, bucket: str, key: str | None, number: str) -> dict[str, Any]:
    """Return a trail that logs to the bucket."""
    about: dict[str, Any] = {"S3BucketName": {"Ref": bucket}, "IsLogging": True}
    if chance.random() < 0.4:
        about["TrailName"] = words.any_of(chance, ["main", {"Fn::Sub": "${AWS::StackName}-trail"}, "other"])
    if chance.random() < 0.3:
        about["S3KeyPrefix"] = prefix(template, chance)
    if chance.random() < 0.5 and key:
        about["KMSKeyId"] = words.any_of(chance, [{"Ref": key}, {"Fn::GetAtt": [key, "Arn"]}, "alias/logs"])
    if chance.random() < 0.2:
        about["IsMultiRegionTrail"] = True
    if chance.random() < 0.12:
        about["IsOrganizationTrail"] = chance.choice(
            [True, "true", {"Fn::If": [words.condition(template, chance), True, False]}]
        )
    found: dict[str, Any] = {"Type": words.TRAIL}
    if chance.random() < 0.5:
        found["DependsOn"] = words.any_of(chance, [f"Policy{number}", [f"Policy{number}"], [bucket], bucket, []])
    return {**found, "Properties": about} if chance.random() < 0.9 else {"Properties": about, **found}


def prefix(template: dict[str, Any], chance: random.Random) -> Any:
    """Return an S3KeyPrefix."""
    if chance.random() < 0.3:
        return words.varied(template, chance, "logs", "audit")
    return chance.choice(["logs", "AWSLogs", "a/b", "logs/", "", "lo gs", "*"])
