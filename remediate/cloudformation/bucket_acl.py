"""Whether S3 accepts the canned ACL with which a template creates a bucket.

Sources: Amazon S3 User Guide, Access control list overview, Canned ACL, and Controlling ownership of objects and disabling
ACLs for your bucket; Amazon S3 API Reference, CreateBucket, Access control lists, and PublicAccessBlockConfiguration.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from msgspec import Struct

from remediate.cloudformation.existence import Deployments, existing
from remediate.cloudformation.members import Guard, members
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.parameters import known_parameters
from remediate.cloudformation.possible import possible_strings
from remediate.cloudformation.resolve import Resolver, Scenario
from remediate.partial_string import PartialString
from remediate.template import Plain

ALWAYS_ACCEPTED = frozenset({"Private", "BucketOwnerRead", "BucketOwnerFullControl"})
"""The first is the default, and the others S3 ignores when it creates a bucket."""
_MOST = 64
"""More ways in which conditions choose the ACL and the settings that decide about it are not looked at."""
PUBLIC = frozenset({"PublicRead", "PublicReadWrite", "AuthenticatedRead"})
"""What Block Public Access refuses: an ACL for everybody, or for everybody with an AWS account."""


class BucketAcl(Struct, frozen=True):
    """An ACL that a bucket may be created with, beside one setting of what decides about it.

    ``acl`` is its name, None where the template does not tell, ``possible`` all names that it may have, None where they
    cannot be listed. ``path`` leads to it from the property, ``guard`` are the conditions under which it is so. ``refusal``
    says why S3 refuses it, and is empty where S3 does not; of one that is not known it says why S3 would.
    """

    acl: str | None
    possible: frozenset[str] | None
    path: tuple[str | int, ...]
    guard: Guard
    refusal: str

    @property
    def matters(self) -> bool:
        """Whether it may be one that S3 does not accept always."""
        return self.possible is None or not self.possible <= ALWAYS_ACCEPTED

    @property
    def refused(self) -> bool:
        """Whether S3 refuses the bucket for it."""
        return self.acl is not None and bool(self.refusal)


def bucket_acls(model: TemplateModel, bucket: str, given: Mapping[str, str]) -> tuple[BucketAcl, ...]:
    """Return every ACL that a bucket of the template can have; ``given`` are parameter values, else defaults count.

    Where conditions have too many combinations to try all, the last one stands for the others, and is not known.
    """
    properties = model.properties(bucket)
    if "AccessControl" not in properties:
        return ()
    resolver, deployments = Resolver(model, Scenario(known_parameters(model, given), {})), Deployments(model, given)
    own = existing(model, bucket)
    found: dict[BucketAcl, None] = {}
    ways = (
        (one, setting)
        for one in members(properties["AccessControl"], (), own)
        for setting in _settings(resolver, bucket, one.guard)
    )
    for one, (why, only_public, guard) in itertools.islice(ways, _MOST):
        if one.value is not None and deployments.find(guard).possible:
            acl = _known(resolver, one.value)
            refused = acl not in ALWAYS_ACCEPTED and (acl in PUBLIC or not only_public)
            possible = possible_strings(resolver, one.value, given)
            besides = tuple(condition for condition in guard if condition not in own)
            found[BucketAcl(acl, possible, one.path, besides, why if refused else "")] = None
    if next(ways, None):
        found[BucketAcl(None, None, (), (), "")] = None
    return tuple(found)


def _settings(resolver: Resolver, bucket: str, guard: Guard) -> Iterator[tuple[str, bool, Guard]]:
    """Yield why a bucket refuses ACLs, "" where it does not or the template does not tell; and if only those for all.

    A bucket that sets no object ownership is BucketOwnerEnforced, and one that sets nothing of Block Public Access has it
    on (both since April 2023); one that sets a part of that has the rest off.
    """
    written = resolver.property(bucket, "OwnershipControls")
    for one in members(written, ("Rules", 0, "ObjectOwnership"), guard):
        if one.value is None:
            yield "has no OwnershipControls, so a new bucket is BucketOwnerEnforced", False, one.guard
        elif _known(resolver, one.value) == "BucketOwnerEnforced":
            yield "is BucketOwnerEnforced", False, one.guard
        else:
            yield from _public_access(resolver, bucket, one.guard)


def _public_access(resolver: Resolver, bucket: str, guard: Guard) -> Iterator[tuple[str, bool, Guard]]:
    written = resolver.property(bucket, "PublicAccessBlockConfiguration")
    for outer in members(written, (), guard):
        if outer.value is None:
            yield "has no PublicAccessBlockConfiguration, so a new bucket blocks public access", True, outer.guard
            continue
        for one in members(outer.value, ("BlockPublicAcls",), outer.guard):
            blocks = str(_known(resolver, one.value)).lower() == "true"
            yield "has BlockPublicAcls on" if blocks else "", True, one.guard


def _known(resolver: Resolver, expression: Plain) -> str | None:
    """Return the value of a text or a boolean, as far as the template tells."""
    value = resolver.value(expression)
    return value.known if isinstance(value, PartialString) else str(value) if isinstance(value, bool) else None
