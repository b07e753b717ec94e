"""How fast a folder of many templates is checked, as ratios taken in one run: ``python benchmarks/many.py``.

It writes 10,000 templates, one in a hundred of them with a trail, and checks them with one process and with one for each
core. ``cfn-lint`` and a parse by libyaml get a sample of the same templates, for 10,000 take them too long; their time is
that of the sample without the start of the program, for each file. Run it from a virtual environment that has the
project and its test dependencies.
"""

from __future__ import annotations

import argparse
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from timing import command, measure, say

SCRIPTS = Path(sysconfig.get_path("scripts"))
EXAMPLES = Path(__file__).parent.parent / "examples"
PER_TRAIL = 100
FOLDER = 100
"""So many templates are in a folder."""
Json = dict[str, Any]


def main() -> None:
    """Measure and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=100, help="so many files for the slow ones; a multiple of 100")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        everything, sample = Path(folder) / "all", Path(folder) / "sample"
        size = write_templates(everything, chosen.files)
        write_templates(sample, chosen.sample)
        one = next(sample.rglob("*.yaml"))
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        files = [str(file) for file in sorted(sample.rglob("*.yaml"))]
        remediate, lint = [str(SCRIPTS / "remediate"), "check", "--isolated"], [str(SCRIPTS / "cfn-lint")]
        times = measure(
            {
                "all": command([*remediate, "-j", "1", str(everything)]),
                "all cores": command([*remediate, "-j", str(cores), str(everything)]),
                "every one read": command([*remediate, "-j", "1", *files]),
                "start": command([*remediate, str(one)]),
                "lint": command([*lint, *files]),
                "lint start": command([*lint, "--version"]),
                "events": lambda: [libyaml_events(Path(file)) for file in files],
            },
            chosen.rounds,
        )
    report(times, chosen.files, chosen.sample, size, cores)


def report(times: dict[str, float], files: int, sample: int, size: int, cores: int) -> None:
    """Print the table."""
    each = times["all"] / files
    read = (times["every one read"] - times["start"]) / sample
    lint = (times["lint"] - times["lint start"]) / sample
    say(f"{files:,} templates, {size / 1e6:.0f} MB, 1 in {PER_TRAIL} with a trail, in {times['all']:.1f} s")
    say(f"  files a second, one process, with the start: {1 / each:,.0f}")
    say(f"  with {cores} processes: {times['all'] / times['all cores']:.2f} times as fast")
    say(f"time for each file, as a multiple of that (of a sample of {sample} files)")
    say(f"  remediate, where every file is named and so is read: {read / each:.1f}")
    say(f"  one libyaml parse to events: {times['events'] / sample / each:.1f}")
    say(f"  cfn-lint: {lint / each:.0f}")


def write_templates(folder: Path, count: int) -> int:
    """Write so many templates, and return how many bytes they have."""
    trail = (EXAMPLES / "minimal.yaml").read_text("utf-8")
    texts = [written(resources) for resources in mixtures()]
    size = 0
    for number in range(count):
        text = texts[number % len(texts)].replace("Example", f"Example{number}")
        if number % PER_TRAIL == PER_TRAIL // 2:
            text = trail
        file = folder / f"team-{number // FOLDER}" / f"stack-{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        size += file.write_bytes(text.encode())
    return size


def mixtures() -> Iterator[Json]:
    """Yield the resources of templates with one to six kinds of them: 8 KB on average, as public templates often have."""
    kinds = [network(), function(), queue(), table(), bucket(), service()]
    for first in range(len(kinds)):
        for count in range(1, len(kinds) + 1):
            found: Json = {}
            for kind in range(count):
                found |= kinds[(first + kind) % len(kinds)]
            yield found


def network() -> Json:
    """Return a network with subnets."""
    subnets = {
        f"Subnet{number}": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "CidrBlock": f"10.0.{number}.0/24",
                "AvailabilityZone": {"Fn::Select": [number % 2, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]},
                "Tags": [{"Key": "Name", "Value": {"Fn::Sub": f"${{AWS::StackName}}-subnet-{number}"}}],
            },
        }
        for number in range(8)
    }
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": True}},
        **subnets,
    }


def function() -> Json:
    """Return a function with its role."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    code = "\n".join(f"    value_{number} = event.get('key-{number}')" for number in range(40))
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": f"def handler(event, context):\n{code}\n    return event\n"},
            },
        },
    }


def queue() -> Json:
    """Return queues with alarms."""
    found: Json = {}
    for number in range(6):
        found[f"Queue{number}"] = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30 + number}}
        found[f"Alarm{number}"] = {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [f"Queue{number}", "QueueName"]}}],
                "Statistic": "Maximum",
                "Period": 300,
                "EvaluationPeriods": 2,
                "Threshold": 600,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        }
    return found


def table() -> Json:
    """Return tables."""
    return {
        f"Table{number}": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
        for number in range(10)
    }


def bucket() -> Json:
    """Return buckets with policies that deny what comes without TLS."""
    found: Json = {}
    for number in range(5):
        name = f"Bucket{number}"
        deny = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": False}},
        }
        found[name] = {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}
        found[f"Policy{number}"] = {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": name},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [deny]},
            },
        }
    return found


def service() -> Json:
    """Return a key and topics."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": {"Ref": "Key"}}}
    own = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    statement = {"Effect": "Allow", "Principal": own, "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    key = {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True, "KeyPolicy": policy}}
    return {"Key": key, **{f"Topic{number}": topic for number in range(12)}}


def written(resources: Json) -> str:
    """Return resources as a template in YAML, without anchors."""

    class Plain(yaml.CSafeDumper):
        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the signature is PyYAML's
            return True

    head = {"AWSTemplateFormatVersion": "2010-09-09", "Description": "Example", "Resources": resources}
    return yaml.dump(head, Dumper=Plain, sort_keys=False)


def libyaml_events(file: Path) -> None:
    """Parse to events with libyaml and drop them."""
    for _ in yaml.parse(file.read_text("utf-8"), Loader=yaml.CSafeLoader):
        pass


if __name__ == "__main__":
    main()
