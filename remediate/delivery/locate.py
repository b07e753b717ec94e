"""Finding what each source of logs logs through: its bucket, the bucket's policies, the key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from remediate.cloudformation.expression import mentions
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import BUCKET, KEY
from remediate.cloudformation.scenario import scenarios
from remediate.delivery.candidates import (
    bucket_names,
    decisive_conditions,
    logging_resources,
    sources_of,
    used_sources,
)
from remediate.delivery.delivery import Delivery
from remediate.delivery.finder import Finder, Given, Sources
from remediate.delivery.organization import find_organization_id
from remediate.delivery.service import LogService
from remediate.template import Plain, TemplateError

__all__ = ["Given", "Located", "locate"]

_PARTITION = re.compile(r"arn:(aws[a-z-]*):([a-z0-9-]+):")


class Located(Struct, frozen=True):
    """Every delivery of a template, which is ``model``.

    ``complete`` is False where conditions had too many combinations to try all. ``parameters`` are the values that the
    user gives, which have no other. ``idle`` are deliveries of sources under conditions under which they are not created:
    nobody asks for their requests, but the policies may be there for strangers. ``is_leg``: only what another service uses
    is looked at, whose own run looks at the buckets as such.
    """

    model: TemplateModel
    deliveries: tuple[Delivery, ...]
    complete: bool
    service: LogService
    parameters: Mapping[str, str] = field(default_factory=dict)
    idle: tuple[Delivery, ...] = ()
    is_leg: bool = False


def locate(model: TemplateModel, given: Given) -> Located:
    """Find the logging sets of a template.

    Raises TemplateError where ``given`` names a resource that the template does not have, and where conditions refer to one
    another in a chain of hundreds; both are faults of the template as a whole, so their place is its beginning.
    """
    _check(model, given)
    try:
        return _locate(model, given)
    except RecursionError as error:
        message = "conditions of the template refer to one another in too long a chain: shorten it"
        raise TemplateError(message, 1, 1) from error


def _locate(model: TemplateModel, given: Given) -> Located:
    service = given.service
    used = None if given.used_by is None else used_sources(model, service, given.used_by)
    if used is not None and not used:
        return Located(model, (), complete=True, service=service, parameters=given.parameters)
    relevant = logging_resources(model, service, given.parameters, {one for one in (given.bucket, given.key) if one})
    if not relevant:
        return Located(model, (), complete=True, service=service, parameters=given.parameters)
    given = _with_partition(model, given, relevant)
    conditions: set[str] = set()
    prefixes: set[str] = set()
    for logical_id in relevant:
        conditions |= decisive_conditions(model, service, logical_id)
    sources = {kind: [name for name in sources_of(model, kind) if used is None or name in used] for kind in service.kinds}
    for kind, names in sources.items():
        prefixes = prefixes.union(*(mentions(model.at(name, kind.source.prefix)) for name in names))
    types = {kind: [name for name in names if name in relevant] for kind, names in model.by_type.items()}
    replaceable = prefixes & model.parameters.keys()
    found = scenarios(model, sorted(conditions), given.parameters, replaceable, bucket_names(model, service, relevant))
    organization = _organization(model, given, sources)
    finders = [Finder(Resolver(model, one, types), given, organization) for one in found.all]
    deliveries = tuple(delivery for finder in finders for delivery in finder.deliveries(sources))
    idle = tuple(delivery for finder in finders for delivery in finder.idle(sources))
    return Located(model, deliveries, found.complete, service, given.parameters, idle, given.used_by is not None)


def _with_partition(model: TemplateModel, given: Given, relevant: Iterable[str]) -> Given:
    """Take the partition from the ARNs of S3 in the logging resources, else from all, where those written out have one."""
    if {"AWS::Partition", "AWS::Region"} & given.parameters.keys():
        return given
    texts = (json.dumps(model.resource(name), default=str) for name in relevant)
    written = {one for text in texts for one in _PARTITION.findall(text)}
    found = {partition for partition, service in written if service == "s3"}
    if not found:  # that of most templates is the one that is assumed anyway
        others = {partition for partition, _ in written}
        found = others - {"aws"} if len(others) == 1 else set()
    return replace(given, parameters={**given.parameters, "AWS::Partition": found.pop()}) if len(found) == 1 else given


def _organization(model: TemplateModel, given: Given, sources: Sources) -> Plain:
    """Return the expression for the organization's id where a source may need it."""
    paths = ((name, kind.source.organization) for kind, names in sources.items() for name in names)
    asked = any(model.at(name, path) is not None for name, path in paths)
    return (given.organization_id or find_organization_id(model, given.service)) if asked else None


def _check(model: TemplateModel, given: Given) -> None:
    types, noun = given.service.source_types, given.service.source.noun
    chosen = ((noun, types, given.source), ("bucket", (BUCKET,), given.bucket), ("key", (KEY,), given.key))
    for role, kinds, logical_id in chosen:
        there = [name for kind in kinds for name in model.of_type(kind)]
        if logical_id is not None and logical_id not in there:
            known = ", ".join(there) or "none"
            raise TemplateError(
                f"--{role} {logical_id}: the template has no such {' or '.join(kinds)}; it has: {known}", 1, 1
            )
