"""How work grows with a template, for shapes that make it grow: ``python benchmarks/bounds.py``.

Prints a table: the shape, its size, the seconds that each command takes, how many times as long `check` takes as on a
healthy template of 100 resources, and the most memory that one of the commands takes, in MB. Run it from a virtual
environment that has the project, on a machine that does nothing else. It is for Unix, which tells the memory of a process
that has ended.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import yaml

SCRIPT = str(Path(sysconfig.get_path("scripts")) / "remediate")
COMMANDS = {
    "check": ["check"],
    "fix": ["fix", "--dry-run"],
    "fix documented": ["fix", "--dry-run", "--review", "--patch-set", "cloudtrail-documented"],
    "simulate": ["simulate"],
}
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
Json = dict[str, Any]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only shapes whose name begins so")
    parser.add_argument("--limit", type=float, default=120, help="give a command up after so many seconds")
    chosen = parser.parse_args()
    say(f"{'shape':<24}{'size':>10}" + "".join(f"{name:>16}" for name in COMMANDS) + f"{'ratio':>8}{'memory':>8}")
    base = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in SHAPES:
            if name != "healthy 100" and not name.startswith(chosen.only):
                continue
            path = Path(folder) / f"{name.replace(' ', '-')}.yaml"
            # In a process of its own: what a child is told to have taken includes what this process had when it began.
            writer = multiprocessing.Process(target=write_shape, args=(name, path))
            writer.start()
            writer.join()
            taken = {command: measured([*words, str(path)], chosen.limit) for command, words in COMMANDS.items()}
            times = {command: seconds for command, (seconds, _) in taken.items()}
            base = base or times["check"]
            size = f"{path.stat().st_size / 1000:,.0f} KB"
            say(
                f"{name:<24}{size:>10}"
                + "".join(f"{one:>16.2f}" for one in times.values())
                + f"{times['check'] / base:>8.1f}{max(memory for _, memory in taken.values()):>8.0f}"
            )


def stack(statements: list[Any] | None = None, **more: Json) -> Json:
    """Return a template with a log bucket, its policy and a trail, and more resources."""
    policy = statements or [checks(), write()]
    resources: Json = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": policy},
            },
        },
        "Trail": trail(),
    }
    return {"Resources": resources | more}


def trail(**properties: Any) -> Json:
    """Return a trail that logs to the bucket."""
    return {
        "Type": "AWS::CloudTrail::Trail",
        "DependsOn": "Policy",
        "Properties": {"S3BucketName": {"Ref": "Bucket"}, "IsLogging": True, **properties},
    }


def checks() -> Json:
    """Return the statement for CloudTrail's requests for the bucket itself."""
    actions = ["s3:GetBucketAcl", "s3:GetBucketLocation"]
    return {"Effect": "Allow", "Principal": CLOUDTRAIL, "Action": actions, "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]}}


def write(folder: str = "AWSLogs/${AWS::AccountId}", **more: Any) -> Json:
    """Return a statement for log files."""
    resource = {"Fn::Sub": f"${{Bucket.Arn}}/{folder}/*"}
    return {"Effect": "Allow", "Principal": CLOUDTRAIL, "Action": "s3:PutObject", "Resource": resource, **more}


def healthy(count: int) -> Json:
    """Return a healthy stack among other resources."""
    return stack(
        **{
            f"Topic{number}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"t{number}"}}
            for number in range(count)
        }
    )


def trails(count: int, *, broken: bool) -> Json:
    """Return a stack with so many trails on one bucket."""
    more = {f"Trail{number}": trail(TrailName=f"trail-{number}") for number in range(count)}
    return stack([checks()] if broken else None, **more)


def prefixed_trails(count: int) -> Json:
    """Return a stack whose trails have a prefix each, none of which the policy allows."""
    return stack(**{f"Trail{number}": trail(S3KeyPrefix=f"prefix-{number}") for number in range(count)})


def separate_stacks(count: int) -> Json:
    """Return so many trails, each with a bucket of its own whose policy lacks the write."""
    resources: Json = {}
    for number in range(count):
        one = json.loads(json.dumps(stack([checks()])["Resources"]).replace('"Bucket', f'"Bucket{number}'))
        one["Policy"]["Properties"]["Bucket"] = one["Policy"]["Properties"].pop(f"Bucket{number}")
        one["Trail"]["DependsOn"] = f"Policy{number}"
        resources |= {name.removesuffix(str(number)) + str(number): value for name, value in one.items()}
    return {"Resources": resources}


def statements(count: int, **more: Any) -> Json:
    """Return a stack with so many statements for other folders, and none for the right one."""
    return stack([checks(), *(write(f"folder-{number}", **more) for number in range(count))])


def split(count: int) -> Json:
    """Return a trail whose log folder has statements for others too, each shared and with a source of its own."""
    services = {"Service": [CLOUDTRAIL["Service"], "config.amazonaws.com"]}
    each = [
        write(
            f"AWSLogs/${{AWS::AccountId}}/{number}",
            Principal=services,
            Condition={"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:111122223333:trail/t{number}"}},
        )
        for number in range(count)
    ]
    return stack([checks(), *each])


def conditions(count: int) -> Json:
    """Return a stack with so many statements under a condition each, which parameters decide."""
    names = [f"Use{number}" for number in range(count)]
    guarded = [{"Fn::If": [name, write(f"folder-{name}"), {"Ref": "AWS::NoValue"}]} for name in names]
    return {
        "Parameters": {f"P{name}": {"Type": "String", "Default": "no"} for name in names},
        "Conditions": {name: {"Fn::Equals": [{"Ref": f"P{name}"}, "yes"]} for name in names},
        **stack([checks(), *guarded]),
    }


def doubling(count: int) -> Json:
    """Return buckets each of which is called twice as the next."""
    chain = {
        f"B{number}": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": f"${{B{number + 1}}}" * 2}}}
        for number in range(count)
    }
    template = stack(**chain, **{f"B{count}": {"Type": "AWS::S3::Bucket"}})
    template["Resources"]["Bucket"]["Properties"] = {"BucketName": {"Ref": "B0"}}
    return template


def large(size: int) -> Json:
    """Return a broken stack in a template of about so many bytes."""
    topic = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"DisplayName": "x" * 60, "KmsMasterKeyId": {"Fn::Sub": "alias/${AWS::StackName}"}},
    }
    return trails(0, broken=True) | {
        "Resources": stack([checks()], **{f"Topic{n}": topic | {} for n in range(size // 210)})["Resources"]
    }


SHAPES = {
    "healthy 100": lambda: healthy(97),
    "trails 100": lambda: trails(100, broken=False),
    "trails 100 broken": lambda: trails(100, broken=True),
    "trails 100 prefixes": lambda: prefixed_trails(100),
    "trails 500": lambda: trails(500, broken=False),
    "stacks 100": lambda: separate_stacks(100),
    "statements 500": lambda: statements(500),
    "statements 500 acl": lambda: statements(500, Condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),
    "statements 500 shared": lambda: statements(
        500, Principal={"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]}
    ),
    "statements 100 split": lambda: split(100),
    "conditions 6": lambda: conditions(6),
    "conditions 40": lambda: conditions(40),
    "conditions 300": lambda: conditions(300),
    "names doubled 25": lambda: doubling(25),
    "names doubled 400": lambda: doubling(400),
    "wildcards 1000": lambda: stack([checks(), *(write("*a" * 500) for _ in range(100))]),
    "action of 20 KB": lambda: stack([checks(), write(Action="s3:Put" + "Object" * 3500)]),
    "1 MB": lambda: large(1_000_000),
}


def written(template: Json) -> str:
    """Return a template as YAML without anchors."""

    class Plain(yaml.CSafeDumper):
        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the signature is PyYAML's
            return True

    return yaml.dump(template, Dumper=Plain, sort_keys=False)


def write_shape(name: str, path: Path) -> None:
    """Write the template of a shape."""
    path.write_text(written(SHAPES[name]()), "utf-8")


def measured(command: list[str], limit: float) -> tuple[float, float]:
    """Return how many seconds a command takes, infinity where it is given up, and how many MB of memory at most."""
    begun = time.perf_counter()
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen([SCRIPT, *command], stdout=nowhere, stderr=nowhere)  # noqa: S603  # our own command
    end = threading.Timer(limit, process.kill)
    end.start()
    _, status, usage = os.wait4(process.pid, 0)
    end.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun if process.returncode >= 0 else float("inf")
    return seconds, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)  # macOS counts bytes, others KB


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
