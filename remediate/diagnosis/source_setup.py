"""What AWS refuses of a source of logs: a property that does not go with its destination, a bucket that is no ARN."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.cloudformation.property_path import PropertyPath, place_of
from remediate.delivery.delivery import Delivery
from remediate.diagnosis.finding import Finding

_ARN = "arn:"


def source_findings(delivery: Delivery) -> Iterator[Finding]:
    """Yield each property with which AWS does not create the source of a delivery."""
    if delivery.source is None:
        return
    source, resolver, noun = delivery.source, delivery.resolver, delivery.service.source.noun
    for path in delivery.service.source.without:
        if resolver.value(resolver.at(source, path)) is not None:
            detail = f"{source} has {path}, which AWS refuses of a {noun} that logs to a bucket"
            place = _place(delivery, path)
            yield Finding("refused-property", source, place, detail, "bucket", advice=f"remove {path}")
    yield from _bucket_without_arn(delivery, source)


def _bucket_without_arn(delivery: Delivery, source: str) -> Iterator[Finding]:
    """Yield a bucket that is surely named by something else than its ARN; of an unknown text nothing is said."""
    path, resolver, bucket = delivery.service.source.bucket, delivery.resolver, delivery.own_bucket
    value = resolver.string(resolver.at(source, path)) if delivery.service.source.by_arn else None
    if value is None or not value.parts:
        return
    first = value.parts[0]
    own = resolver.string({"Ref": bucket}) if bucket else None
    is_name = own is not None and value.parts[: len(own.parts)] == own.parts
    if is_name or (isinstance(first, str) and len(first) >= len(_ARN) and not first.startswith(_ARN)):
        detail = f"the {path} of {source} is {value}, not the ARN of a bucket"
        advice = f"write !GetAtt {bucket}.Arn" if is_name else "write the ARN: arn:${AWS::Partition}:s3:::… with !Sub"
        advice += f", with ${{{bucket}.Arn}} in !Sub where a folder is behind it" if is_name and value != own else ""
        yield Finding("bucket-without-arn", source, _place(delivery, path), detail, "bucket", advice=advice)


def _place(delivery: Delivery, path: PropertyPath) -> tuple[str | int, ...]:
    source, resolver = str(delivery.source), delivery.resolver
    place = place_of(resolver.model.properties(source), path, resolver.scenario.conditions)
    return ("Resources", source, "Properties", *place)
