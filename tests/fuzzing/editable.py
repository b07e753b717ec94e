"""What of a template a fix may change at all, as the documentation of the patches says it: all else must stay."""

from __future__ import annotations

from typing import Any

from tests.fuzzing import words

NEW = frozenset({words.POLICY, "AWS::SNS::TopicPolicy"})
"""The types of resources that may be added."""
_ORDERED = frozenset(
    {
        *(words.TRAIL, "AWS::EC2::FlowLog", "AWS::Route53Resolver::ResolverQueryLoggingConfig"),
        *("AWS::NetworkFirewall::LoggingConfiguration", "AWS::WAFv2::LoggingConfiguration"),
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
    }
)
"""The types whose DependsOn may be changed."""
_PROPERTIES = {
    words.BUCKET: {"OwnershipControls", "AccessControl"},
    words.KEY: {"KeyPolicy"},
    words.POLICY: {"PolicyDocument"},
    "AWS::SNS::TopicPolicy": {"PolicyDocument"},
    "AWS::SNS::TopicInlinePolicy": {"PolicyDocument"},
    "AWS::IAM::Role": {"AssumeRolePolicyDocument", "Policies"},
    "AWS::Logs::LogGroup": {"KmsKeyId"},
}


def rest(resource: Any) -> Any:
    """Return a resource without the parts that may be changed."""
    if not isinstance(resource, dict):
        return resource
    kind, properties = resource.get("Type"), resource.get("Properties")
    if not isinstance(kind, str):
        return resource
    if kind in _ORDERED:
        resource = {key: value for key, value in resource.items() if key != "DependsOn"}
    if kind in _PROPERTIES and (isinstance(properties, dict) or properties is None):
        inner = {key: value for key, value in (properties or {}).items() if key not in _PROPERTIES[kind]}
        return {**{key: value for key, value in resource.items() if key != "Properties"}, "Properties": inner}
    return resource


def misplaced(was: Any, now: Any) -> str:
    """Return what was done to a bucket that is never done: an ownership is only added, an ACL only taken away."""
    if not isinstance(was, dict) or was.get("Type") != words.BUCKET:
        return ""
    old, new = (one.get("Properties") or {} for one in (was, now))
    if not isinstance(old, dict) or not isinstance(new, dict):
        return ""
    if "OwnershipControls" in old and old["OwnershipControls"] != new.get("OwnershipControls"):
        return "OwnershipControls"
    changed = "AccessControl" in new and old.get("AccessControl") != new["AccessControl"]
    return "AccessControl" if changed else ""
