"""The names that patch files use for things of the template at hand, as template expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from remediate.cloudformation.creation_order import Dependencies
from remediate.cloudformation.existence import Deployments
from remediate.cloudformation.expression import HERE, NO_VALUE, alternatives, distribute, function, policy_text, sub
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resource_types import BUCKET
from remediate.delivery.delivery import Delivery
from remediate.delivery.destinations import Destination
from remediate.delivery.locate import Given
from remediate.delivery.organization import find_organization_id
from remediate.delivery.roles import ALL_STREAMS
from remediate.delivery.service import LogService
from remediate.template import Plain

ACCOUNT: Plain = {"Ref": "AWS::AccountId"}
PARTITION: Plain = {"Ref": "AWS::Partition"}
REGION: Plain = {"Ref": "AWS::Region"}


def service_principal(form: str) -> Plain:
    """Return a service principal by its form; one that has a Region is that of the stack's."""
    return sub(*_filled(form, {"region": REGION}))


def bucket_arn(model: TemplateModel, bucket: Plain) -> Plain:
    """Return the ARN of a bucket that is given as ``Ref`` of a bucket resource or as any expression for its name."""
    match function(bucket):
        case ("Ref", str(name)) if model.type_of(name) == BUCKET:
            return {"Fn::GetAtt": [name, "Arn"]}
        case ("Fn::If", [condition, yes, no]):
            return {"Fn::If": [condition, bucket_arn(model, yes), bucket_arn(model, no)]}
    return sub("arn:", PARTITION, ":s3:::", bucket)


def topic_arns(deliveries: tuple[Delivery, ...]) -> list[Plain]:
    """Return the ARNs of the topics that sources notify, each once: a topic of the template by ``Ref``."""
    found: list[Plain] = []
    for one, topic in ((one, one.topic) for one in deliveries if one.topic):
        arn = _topic_arn(one, topic)
        found += [] if arn in found else [arn]
    return found


def _topic_arn(delivery: Delivery, topic: Destination) -> Plain:
    if topic.logical_id:
        return {"Ref": topic.logical_id}
    if delivery.resolver.string(topic.expression) == topic.name:
        return topic.expression
    return distribute(topic.expression, "arn:", PARTITION, ":sns:", REGION, ":", ACCOUNT, ":", HERE)  # it is a name


def log_objects(model: TemplateModel, arn: Plain, deliveries: tuple[Delivery, ...], given: Given) -> dict[str, Plain]:
    """Return the paths that sources write to, by kind: plain, with the source's prefix, and with the organization's id."""
    service, organization = given.service, organization_id(model, given)
    belonging = organization is not None and any(delivery.facts.organization_id for delivery in deliveries)
    facts = {"account": ACCOUNT, "region": REGION, **({"organization": organization} if belonging else {})}
    ends = {kind: _filled(form, facts) for kind, form in service.paths.items() if facts.keys() >= {*_NAME.findall(form)}}
    paths = {kind: sub(arn, f"/{service.below}", *end) for kind, end in ends.items()}
    if not service.below and all(one.facts.prefix for one in deliveries):
        paths = {}  # it would be the whole bucket
    prefixed = {(one.source, one.service): one for one in deliveries if one.source and one.facts.prefix}
    for number, delivery in enumerate(prefixed.values()):
        for name, form, before in _folders(model, arn, delivery):
            for kind, end in ends.items():
                behind = (f"{service.slash}{service.below}", *end)
                paths[f"{number} {name} {kind}"] = distribute(form, *before, HERE, *behind)
    return paths


def _folders(model: TemplateModel, arn: Plain, delivery: Delivery) -> Iterator[tuple[str, Plain, tuple[Plain, ...]]]:
    """Yield the folders in which a source with a prefix writes, each without the slash behind it, and what is before it."""
    source = delivery.service.source
    if source.by_arn:
        yield "folder", _bare(policy_text(model.at(str(delivery.source), source.bucket))), ()
        return
    prefix = policy_text(model.at(str(delivery.source), source.prefix))
    bare = _without_slash(prefix) if delivery.service.slash else NO_VALUE
    for name, form in (("prefix without its slash", bare), ("prefix", prefix)):
        if any(alternatives(form, ())):
            yield name, form, (arn, "/")


def log_streams(model: TemplateModel, deliveries: tuple[Delivery, ...], given: Given) -> list[Plain]:
    """Return the log streams that sources write to, of each log group whose ARN can be written without its streams."""
    service, organization = given.service, organization_id(model, given)
    found: list[Plain] = []
    for delivery in deliveries:
        base = _group_arn(delivery.log_group) if delivery.log_group else NO_VALUE
        belonging = organization is not None and delivery.facts.organization_id is not None
        for kind in ("account", *(["organization"] if belonging else [])) if any(alternatives(base, ())) else ():
            end = _filled(
                service.streams.get(kind, "*"), {"account": ACCOUNT, "region": REGION, "organization": organization}
            )
            resource = distribute(base, HERE, ":log-stream:", *end)
            found += [resource] if resource not in found else []
    return found


def _group_arn(group: Destination) -> Plain:
    if group.logical_id:
        return sub("arn:", PARTITION, ":logs:", REGION, ":", ACCOUNT, ":log-group:", {"Ref": group.logical_id})
    return _without_streams(group.expression)


def _without_streams(written: Plain) -> Plain:
    """Return the expression for a log group's ARN without its streams, ``AWS::NoValue`` where it is not written so."""
    match function(written):
        case None if isinstance(written, str):
            return written.removesuffix(ALL_STREAMS)
        case ("Fn::Sub", str(text)) if text.endswith(ALL_STREAMS):
            return {"Fn::Sub": text.removesuffix(ALL_STREAMS)}
        case ("Fn::If", [condition, yes, no]):
            return {"Fn::If": [condition, _without_streams(yes), _without_streams(no)]}
    return NO_VALUE


def _filled(form: str, values: Mapping[str, Plain]) -> list[Plain]:
    """Return the parts of a path with the expressions of the facts that it names."""
    return [values[part] if number % 2 else part for number, part in enumerate(_NAME.split(form)) if part]


_NAME = re.compile(r"\{([a-z]+)\}")


def _bare(written: Plain) -> Plain:
    """Return an expression without the slash at its end, where one is written there."""
    match function(written):
        case ("Fn::If", [condition, yes, no]):
            return {"Fn::If": [condition, _bare(yes), _bare(no)]}
    bare = _without_slash(written)
    return written if bare == NO_VALUE else bare


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
        case ("Fn::Join", [str(delimiter), [*before, str(last)]]) if last.endswith("/"):
            return {"Fn::Join": [delimiter, [*before, last[:-1]]]}
    return NO_VALUE


def is_escaped(path: Plain) -> bool:
    """Tell whether a path has a character of a prefix that policies of Version 2012-10-17 alone can escape."""
    return bool(_ESCAPED.search(json.dumps(path)))


_ESCAPED = re.compile(r"\$\{!?[*?$]\}")


def organization_id(model: TemplateModel, given: Given) -> Plain:
    """Return the expression for the organization's id, None where neither the user nor the template says it."""
    return given.organization_id or find_organization_id(model, given.service)


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
            if name not in _SOURCES or _SOURCES[name] == _are_named(deliveries):
                yield operator, key, _value(name, deliveries)


_SOURCES = {"named-sources": True, "unnamed-sources": False}
"""Two names for the template's sources, and whether each is for sources that have a name: just one of them fits."""


def _are_named(deliveries: tuple[Delivery, ...]) -> bool:
    """Tell whether every source surely gets the name that its property for it says."""
    return all(delivery.source and _source_arn(delivery) is not None for delivery in deliveries)


def _value(name: str, deliveries: tuple[Delivery, ...]) -> Plain:
    """Return the expression behind a name of the vocabulary, any other text with the facts of the stack that it names."""
    match name:
        case "account":
            return ACCOUNT
        case "account-sources":
            return _arn(deliveries[0].service, "*", "*") if deliveries else None
        case "named-sources":
            return _source_arns(deliveries)
        case "unnamed-sources":
            return _arn(deliveries[0].service, "*", "*") if all(delivery.source for delivery in deliveries) else None
    return sub(*_filled(name, {"partition": PARTITION, "region": REGION, "account": ACCOUNT}))


def _source_arns(deliveries: tuple[Delivery, ...]) -> Plain:
    """Return the ARN of the source, a list of them where there are several."""
    sources = {delivery.source: delivery for delivery in reversed(deliveries)}
    arns = [_source_arn(delivery) for delivery in reversed(sources.values())]
    return arns[0] if len(arns) == 1 else arns


def _source_arn(delivery: Delivery) -> Plain:
    """Return the ARN of a source, None where it is not known: the attribute, or by the property for its name."""
    source, model, form = str(delivery.source), delivery.resolver.model, delivery.service.source
    if form.arn_attribute and _may_refer(delivery):
        return {"Fn::GetAtt": [source, form.arn_attribute]}
    named = form.name and delivery.resolver.string(delivery.resolver.at(source, form.name)) is not None
    return _arn(delivery.service, REGION, model.at(source, form.name)) if named else None


def _may_refer(delivery: Delivery) -> bool:
    """Tell whether the policies may refer to the source: it waits for none of them, and is there whenever they are."""
    source, model = str(delivery.source), delivery.resolver.model
    waiting, possible = Dependencies(model), Deployments(model, delivery.given)
    policies = delivery.attached_policies()
    return not any(waiting.waits_for(source, one) or possible.without(source, one).possible for one in policies)


def _arn(service: LogService, region: Plain, name: Plain) -> Plain:
    """Return the ARN of a source by its name, or with ``*`` a pattern of several."""
    values = {"partition": PARTITION, "account": ACCOUNT, "region": region, "name": HERE}
    return distribute(name, *_filled(service.source.arn, values))
