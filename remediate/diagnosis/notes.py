"""What stops no deployment by itself, and is good to know: each is a note."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from remediate.cloudformation.model import TemplateModel
from remediate.delivery.delivery import Delivery
from remediate.delivery.locate import Located
from remediate.diagnosis.finding import Finding

_WRITTEN = re.compile(r"arn:(aws[a-z-]*):")
_PARTITION = "AWS::Partition"


def notes(located: Located, model: TemplateModel, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the notes on a template in which ``found`` is wrong, each once."""
    known = [*found]
    failing, faulty = any(one.blocking for one in known), {one.logical_id for one in known}
    seen: set[str] = set()
    for delivery in located.deliveries:
        bucket = delivery.own_bucket
        if failing and delivery.source and bucket and bucket not in seen:
            seen.add(bucket)
            yield from _retained(model, bucket)
    sources = {one.source: one for one in reversed(located.deliveries) if one.source}
    for delivery in sources.values() if sources and _is_for_several(model) else ():
        yield from (one for one in _hard_coded(delivery, model) if one.logical_id not in faulty)


def _retained(model: TemplateModel, bucket: str) -> Iterator[Finding]:
    """Yield that a bucket whose stack has failed is still there when the stack is created again, by the same name."""
    name = model.properties(bucket).get("BucketName")
    if name is None or model.resource(bucket).get("DeletionPolicy") != "Retain":
        return
    detail = (
        f"{bucket} has a BucketName and DeletionPolicy: Retain: a stack that has failed leaves it behind, and the next "
        "attempt then finds the name taken"
    )
    advice = (
        "delete the empty bucket that is left before the next attempt, import it into the stack, or write "
        "DeletionPolicy: RetainExceptOnCreate"
    )
    path = ("Resources", bucket, "DeletionPolicy")
    yield Finding("retained-bucket", bucket, path, detail, "bucket", blocking=False, advice=advice)


def _is_for_several(model: TemplateModel) -> bool:
    """Tell whether a template is for more than one partition: it asks for the partition, or names others."""
    written = _text({**model.data})
    return _PARTITION in written or len({*_WRITTEN.findall(written)}) > 1


def _hard_coded(delivery: Delivery, model: TemplateModel) -> Iterator[Finding]:
    """Yield the first resource of a delivery that writes out a partition, where the template is for several."""
    source = str(delivery.source)
    for name in dict.fromkeys((source, *(policy for policy, _ in delivery.policies()))):
        written = _text(model.properties(name))
        if _WRITTEN.search(written) and len({*_WRITTEN.findall(written)}) == 1 and _PARTITION not in written:
            partition = _WRITTEN.findall(written)[0]
            detail = f"{name} writes out the partition {partition}, while the template is for others too"
            advice = "write arn:${AWS::Partition}: with Fn::Sub"
            path = ("Resources", name)
            yield Finding("hard-coded-partition", name, path, detail, "bucket", blocking=False, advice=advice)
            return


def _text(written: object) -> str:
    return json.dumps(written, default=str)
