"""The names that patch files use for things of the template at hand, as template expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from remediate.cloudformation.expression import HERE, NO_VALUE, alternatives, distribute, function, policy_text, sub
from remediate.cloudformation.resources import BUCKET, Data, properties, resource
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Given
from remediate.delivery.organization import find_organization_id
from remediate.template import Plain

ACCOUNT: Plain = {"Ref": "AWS::AccountId"}
PARTITION: Plain = {"Ref": "AWS::Partition"}
REGION: Plain = {"Ref": "AWS::Region"}


def bucket_arn(data: Data, bucket: Plain) -> Plain:
    """Return the ARN of a bucket that is given as ``Ref`` of a bucket resource or as any expression for its name."""
    match function(bucket):
        case ("Ref", str(name)) if resource(data, name).get("Type") == BUCKET:
            return {"Fn::GetAtt": [name, "Arn"]}
        case ("Fn::If", [condition, yes, no]):
            return {"Fn::If": [condition, bucket_arn(data, yes), bucket_arn(data, no)]}
    return sub("arn:", PARTITION, ":s3:::", bucket)


def log_objects(data: Data, arn: Plain, deliveries: tuple[Delivery, ...], given: Given) -> dict[str, Plain]:
    """Return the paths that trails write to, by kind: plain, with the trail's prefix, and with the organization's id.

    Source: AWS CloudTrail User Guide, Finding your CloudTrail log files.
    """
    paths: dict[str, Plain] = {"account": sub(arn, "/AWSLogs/", ACCOUNT, "/*")}
    organization = organization_id(data, given)
    if organization is not None and any(delivery.facts.organization_id for delivery in deliveries):
        paths["organization"] = sub(arn, "/AWSLogs/", organization, "/*")
    for trail in dict.fromkeys(delivery.trail for delivery in deliveries if delivery.trail and delivery.facts.prefix):
        prefix = policy_text(properties(data, str(trail)).get("S3KeyPrefix"))
        for kind, form in (("prefix without its slash", _without_slash(prefix)), ("prefix", prefix)):
            if not any(alternatives(form, ())):
                continue
            paths[f"{trail} {kind}"] = distribute(form, arn, "/", HERE, "/AWSLogs/", ACCOUNT, "/*")
            if "organization" in paths:
                paths[f"{trail} {kind} organization"] = distribute(form, arn, "/", HERE, "/AWSLogs/", organization, "/*")
    return paths


def _without_slash(prefix: Plain) -> Plain:
    """Return a prefix without the slash at its end, ``AWS::NoValue`` where none is written there.

    AWS does not say whether the path then has two slashes, so that both paths are allowed.
    """
    match function(prefix):
        case None if isinstance(prefix, str) and prefix.endswith("/"):
            return prefix[:-1]
        case ("Fn::Sub", str(text)) if text.endswith("/"):
            return {"Fn::Sub": text[:-1]}
        case ("Fn::Sub", [str(text), dict(variables)]) if text.endswith("/"):
            return {"Fn::Sub": [text[:-1], variables]}
        case ("Fn::If", [condition, yes, no]):
            return {"Fn::If": [condition, _without_slash(yes), _without_slash(no)]}
    return NO_VALUE


def is_escaped(path: Plain) -> bool:
    """Tell whether a path has a character of a prefix that policies of Version 2012-10-17 alone can escape."""
    return bool(_ESCAPED.search(json.dumps(path)))


_ESCAPED = re.compile(r"\$\{!?[*?$]\}")


def organization_id(data: Data, given: Given) -> Plain:
    """Return the expression for the organization's id, None where neither the user nor the template says it."""
    return given.organization_id or find_organization_id(data)


def decided(expression: Plain, guard: tuple[tuple[str, bool], ...]) -> Plain:
    """Return an expression without the ``Fn::If`` that a guard has decided already."""
    match function(expression):
        case ("Fn::If", [str(condition), yes, no]) if (condition, True) in guard or (condition, False) in guard:
            return decided(yes if (condition, True) in guard else no, guard)
    return expression


def condition(
    written: Mapping[str, Mapping[str, str]], deliveries: tuple[Delivery, ...]
) -> Iterator[tuple[str, str, Plain]]:
    """Yield operator, key and value of a patch's condition; a value that the template does not hold is None."""
    for operator, keys in written.items():
        for key, name in keys.items():
            if name not in _TRAILS or _TRAILS[name] == _are_named(deliveries):
                yield operator, key, _value(name, deliveries)


_TRAILS = {"named-trails": True, "unnamed-trails": False}
"""Two names for the trails of the template, and whether each is for trails that have a name: just one of them fits."""


def _are_named(deliveries: tuple[Delivery, ...]) -> bool:
    """Tell whether every trail surely gets the name that its TrailName says."""
    return all(
        delivery.trail and delivery.resolver.string(delivery.resolver.property(delivery.trail, "TrailName")) is not None
        for delivery in deliveries
    )


def _value(name: str, deliveries: tuple[Delivery, ...]) -> Plain:
    """Return the expression behind a name of the vocabulary, any other text as it is."""
    account_trails = sub("arn:", PARTITION, ":cloudtrail:*:", ACCOUNT, ":trail/*")
    match name:
        case "account":
            return ACCOUNT
        case "account-trails":
            return account_trails
        case "named-trails":
            return _trail_arns(deliveries)
        case "unnamed-trails":
            return account_trails if all(delivery.trail for delivery in deliveries) else None
    return name


def _trail_arns(deliveries: tuple[Delivery, ...]) -> Plain:
    """Return the ARN of the trail, a list of them where there are several."""
    trails = dict.fromkeys(str(delivery.trail) for delivery in deliveries)
    names = [properties(deliveries[0].resolver.data, trail).get("TrailName") for trail in trails]
    arns = [distribute(name, "arn:", PARTITION, ":cloudtrail:", REGION, ":", ACCOUNT, ":trail/", HERE) for name in names]
    return arns[0] if len(arns) == 1 else arns
