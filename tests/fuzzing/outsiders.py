"""Who was surely kept out and is surely let in, by a small evaluator of policies as deployed.

Source: IAM User Guide, Policy evaluation logic; IAM JSON policy elements: Condition operators. What this does not model,
or only the deployment knows, may be so or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fuzzing import words
from tests.fuzzing.deployed import ACCOUNT, Environment, principals

YES, NO, MAYBE = "yes", "no", "maybe"
OTHER = "999988887777"
_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_PARTITIONS = {"aws", "aws-cn", "aws-us-gov"}
_PUT = {"s3:x-amz-acl": "bucket-owner-full-control"}


@dataclass(frozen=True)
class Request:
    """Somebody's request. ``who`` is a principal as :func:`principals` returns it, None for anybody."""

    who: tuple[str, str] | None
    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return who does what."""
        return f"{self.who[1] if self.who else 'anybody'} {self.action} {self.resource} {self.context}"


def let_in(old: list[dict[str, Any]], new: list[dict[str, Any]], policy: dict[str, Any], where: Environment) -> list[str]:
    """Return the requests that the statements surely allow now and surely did not before."""
    condition = policy.get("Condition")
    if isinstance(condition, str) and not where.holds(condition):
        return []  # it is not created
    kind = "bucket" if policy.get("Type") == words.POLICY else "key"
    written = policy["Properties"].get("Bucket")
    bucket = where.put_in(written) if isinstance(written, str | dict) else None
    if kind == "bucket" and not (isinstance(bucket, str) and _is_bucket(written, where)):
        return []
    arn = f"arn:{where.put_in({'Ref': 'AWS::Partition'})}:s3:::{bucket}"
    if any(f"arn:{other}:s3:::" in str(one.get("Resource")) for one in old for other in _PARTITIONS - {arn.split(":")[1]}):
        return []  # S3 refuses such a policy, so nothing has been deployed there: "Policy has invalid resource"
    found = []
    for request in _requests(kind, arn, where.region, _examples(new, arn, bucket)):
        if _allowed(new, request, arn, bucket) == YES and _allowed(old, request, arn, bucket) == NO:
            told = request.action == "s3:GetBucketLocation"
            if told and _allowed(old, Request(request.who, "s3:GetBucketAcl", arn, request.context), arn, bucket) != NO:
                continue
            found.append(str(request))
    return found


def _is_bucket(written: Any, where: Environment) -> bool:
    """Tell whether what a policy is for is no resource of another type, which has no policy."""
    target = written.get("Ref") if isinstance(written, dict) else None
    named = where.template["Resources"].get(target) if isinstance(target, str) else None
    return not isinstance(named, dict) or named.get("Type") == words.BUCKET


def _examples(statements: list[dict[str, Any]], arn: str, bucket: Any) -> list[str]:
    """Return an object for each resource that statements name, where it is known."""
    written = [one.get("Resource") for one in statements]
    patterns = [one for many in written for one in (many if isinstance(many, list) else [many]) if isinstance(one, str)]
    named = (_named(one, arn, bucket) for one in patterns)
    paths = (one.removeprefix(f"{arn}/") for one in named if one.startswith(f"{arn}/"))
    known = (one for one in paths if "${" not in one and "«" not in one)
    return [f"{arn}/{one}" for one in dict.fromkeys(re.sub(r"[*?]+", "x", one) for one in known)]


def _requests(kind: str, arn: str, region: str, examples: list[str]) -> Iterator[Request]:
    trail = f"{arn.partition(':s3:')[0]}:cloudtrail:{region}:{OTHER}:trail/somebody"
    deputy = {"aws:sourcearn": trail, "aws:sourceaccount": OTHER, "aws:securetransport": "true"}
    config = {"aws:sourceaccount": OTHER, "aws:securetransport": "true"}
    callers: list[tuple[tuple[str, str] | None, dict[str, str]]] = [
        (("Service", words.CLOUDTRAIL), deputy),
        (("Service", "config.amazonaws.com"), config),
    ]
    callers += [(None, {"aws:securetransport": "true"})]
    for who, context in callers:
        if kind == "key":
            for action in ("GenerateDataKey", "Decrypt", "DescribeKey", "CreateGrant", "Encrypt"):
                yield Request(who, f"kms:{action}", "*", context)
            continue
        for action in ("GetBucketAcl", "GetBucketLocation", "ListBucket"):
            yield Request(who, f"s3:{action}", arn, context)
        files = [f"{arn}/AWSLogs/{account}/CloudTrail/a.json.gz" for account in (ACCOUNT, OTHER)]
        for file in (*files, *examples):
            yield Request(who, "s3:PutObject", file, {**context, **_PUT})
            yield Request(who, "s3:GetObject", file, context)  # a read carries no ACL


def _allowed(statements: list[dict[str, Any]], request: Request, arn: str, bucket: Any) -> str:
    answers = {"Allow": [NO], "Deny": [NO]}
    for statement in statements:
        effect = statement.get("Effect")
        matched = _matches(statement, request, arn, bucket)
        if effect in ("Allow", "Deny"):
            answers[effect].append(matched)
        elif matched != NO:
            answers["Allow"].append(MAYBE)
            answers["Deny"].append(MAYBE)
    denied, allowed = _any(answers["Deny"]), _any(answers["Allow"])
    if denied == YES or allowed == NO:
        return NO
    return MAYBE if denied == MAYBE else allowed


def _matches(statement: dict[str, Any], request: Request, arn: str, bucket: Any) -> str:
    odd = MAYBE if set(statement) - _ELEMENTS or "Principal" not in statement else YES
    parts = [odd, _principal(statement, request), _element(statement, "Action", [request.action], None)]
    parts.append(_element(statement, "Resource", [request.resource], (arn, bucket)))
    written = statement.get("Condition", {})
    if not isinstance(written, dict):
        return NO if NO in parts else MAYBE
    for operator, keys in written.items():
        if not isinstance(keys, dict):
            parts.append(MAYBE)
            continue
        parts += [_condition(str(operator).lower(), str(key).lower(), value, request) for key, value in keys.items()]
    return NO if NO in parts else MAYBE if MAYBE in parts else YES


def _principal(statement: dict[str, Any], request: Request) -> str:
    answers = []
    for kind, name in principals(statement):
        if (kind, name) in (("AWS", "*"), ("text", '"*"')) or (kind, name) == request.who:
            answers.append(YES)
        elif "«" in name or kind in ("text", "not") or "*" in name:
            answers.append(MAYBE)
        else:
            answers.append(NO)
    return _any(answers)


def _element(statement: dict[str, Any], name: str, wanted: list[str], names: tuple[str, Any] | None) -> str:
    """Match an action (``names`` is None, case does not count) or a resource, whose bucket has one of two names."""
    present = [one for one in (name, f"Not{name}") if one in statement]
    if len(present) != 1:
        return MAYBE
    written = statement[present[0]]
    answers = []
    for pattern in written if isinstance(written, list) else [written]:
        if not isinstance(pattern, str):
            answers.append(MAYBE)
            continue
        text = _named(pattern, *names) if names else pattern.lower()
        answers.append(_like(text, wanted[0] if names else wanted[0].lower()))
    found = _any(answers)
    return found if present[0] == name else {YES: NO, NO: YES, MAYBE: MAYBE}[found]


def _named(pattern: str, arn: str, bucket: Any) -> str:
    """Write a bucket's ARN with its name, however the template came to it."""
    if isinstance(bucket, str) and bucket.startswith("«"):
        return pattern.replace(f"{bucket[:-1]}.Arn»", arn)
    return pattern


def _like(pattern: str, text: str) -> str:
    if re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL):
        return YES
    unknown = re.sub(r"\\\$\\\{.*?\\\}|«.*?»", ".*", re.escape(pattern)).replace(r"\*", ".*").replace(r"\?", ".")
    return MAYBE if ("${" in pattern or "«" in pattern) and re.fullmatch(unknown, text, re.DOTALL) else NO


def _condition(operator: str, key: str, value: Any, request: Request) -> str:
    values = value if isinstance(value, list) else [value]
    if key not in request.context or not values or not all(isinstance(one, str | bool) for one in values):
        return MAYBE
    if operator == "null":
        return YES if all(str(one).lower() == "false" for one in values) else MAYBE
    name = operator.removesuffix("ifexists")
    here = request.context[key]
    texts = [str(one).lower() if isinstance(one, bool) else one for one in values]
    match name.replace("not", ""):
        case "stringequals" | "bool":
            answers = [YES if one == here else MAYBE if "«" in one or "${" in one else NO for one in texts]
        case "stringequalsignorecase":
            answers = [YES if one.lower() == here.lower() else MAYBE if "«" in one or "${" in one else NO for one in texts]
        case "stringlike":
            answers = [_like(one, here) for one in texts]
        case "arnlike" | "arnequals" if all(one.count(":") == 5 for one in texts):
            answers = [_all(_like(*pair) for pair in zip(one.split(":"), here.split(":"), strict=False)) for one in texts]
        case _:
            return MAYBE
    found = _any(answers)
    return {YES: NO, NO: YES, MAYBE: MAYBE}[found] if "not" in name else found


def _any(answers: Iterable[str]) -> str:
    listed = list(answers)
    return YES if YES in listed else MAYBE if MAYBE in listed else NO


def _all(answers: Iterable[str]) -> str:
    listed = list(answers)
    return NO if NO in listed else MAYBE if MAYBE in listed else YES
