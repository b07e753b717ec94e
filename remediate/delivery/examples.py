"""Strangers who ask for an object that only a statement's own resources name, not the path of any source."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from remediate.delivery.decide import all_possible_requests
from remediate.delivery.delivery import Delivery
from remediate.delivery.object_keys import is_in_own_folder, object_key
from remediate.delivery.outsiders import Outsider
from remediate.delivery.requests import SourceFacts
from remediate.iam.beginnings import Beginnings
from remediate.iam.match import matches
from remediate.iam.statement import Statement
from remediate.iam.truth import Truth
from remediate.iam.variables import has_variables
from remediate.partial_string import PartialString, UnknownPart, partial

_WILDCARDS = re.compile(r"[*?]+")


class Examples:
    """Makes the requests of strangers for examples of what statements name."""

    def __init__(self, people: Iterable[Outsider], deliveries: Sequence[Delivery], logical_id: str) -> None:
        """Begin with the strangers, and the deliveries of one scenario that a bucket's policy is for."""
        self._facts = deliveries[0].facts
        self._askers = [*_askers(people, self._facts)]
        self._deliveries = deliveries
        self._logical_id = logical_id
        self._made: dict[PartialString, list[Outsider]] = {}  # what is judged of a request goes by the object

    def of(self, statements: Iterable[Statement]) -> Iterator[tuple[Outsider, list[Statement]]]:
        """Yield the strangers who ask for an example of a resource of statements, with those that have this resource.

        What a statement names is its own matter: it may be the folder of another team's source. The service of the
        template's own sources is no stranger to a resource in which one of them writes, for a wider one is enough.
        """
        having: dict[PartialString, list[Statement]] = {}
        for one in statements if self._askers else ():
            for pattern in dict.fromkeys(one.resources):
                having.setdefault(pattern, []).append(one)
        for pattern, those in having.items():
            if pattern not in self._made:
                self._made[pattern] = [*self._make(pattern)]
            yield from ((outsider, those) for outsider in self._made[pattern])

    def _make(self, pattern: PartialString) -> Iterator[Outsider]:
        example = _example(pattern, self._facts)
        at_home = example is not None and self._is_home(pattern)
        for outsider in self._askers if example is not None else ():
            if not (at_home and outsider.astray):
                request = replace(outsider.request, resource=example, alternatives=(), doubt="")
                yield replace(outsider, request=request, example=True)

    def _is_home(self, pattern: PartialString) -> bool:
        pattern = partial(*(one if isinstance(one, UnknownPart) else one.replace("//", "/") for one in pattern.parts))
        near = (self._homes[number] for number in self._beginnings.like(pattern))
        if any(matches(pattern, path) is not Truth.NO for path in near):
            return True
        return any(is_in_own_folder(pattern, one.facts) for one in self._deliveries)

    @functools.cached_property
    def _homes(self) -> list[PartialString]:
        """Where the sources write, or may come to write."""
        made = (one for each in self._deliveries for one in all_possible_requests(each, "bucket", self._logical_id))
        return list(dict.fromkeys(path for one in made for path in (one.request.resource, *one.request.alternatives)))

    @functools.cached_property
    def _beginnings(self) -> Beginnings:
        return Beginnings(self._homes)


def _askers(people: Iterable[Outsider], facts: SourceFacts) -> Iterator[Outsider]:
    """Yield one stranger of each kind who may ask for any object: some services write below the account's number only."""
    seen: set[tuple[object, ...]] = set()
    for one in people:
        asked = one.request
        kind = (one.who, asked.action, *map(asked.context.get, ("aws:sourcearn", "aws:sourceaccount")))
        anywhere = not one.insecure and not (one.deputy and facts.service.outsiders.own_path)
        if anywhere and asked.resource != facts.bucket_arn and kind not in seen:
            seen.add(kind)
            yield one


def _example(pattern: PartialString, facts: SourceFacts) -> PartialString | None:
    """Return an object that a resource names, None where it names none of the bucket, or variables make another of it."""
    if has_variables(pattern):
        return None
    made = partial(*(one if isinstance(one, UnknownPart) else _WILDCARDS.sub("x", one) for one in pattern.parts))
    return made if object_key(made, facts) is not None else None
