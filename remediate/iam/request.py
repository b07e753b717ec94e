"""A request as a resource policy sees it: who asks, for what action on what resource, with which condition keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from remediate.iam.reference import never_present
from remediate.partial_string import PartialString, UnknownPart, lowered, partial

if TYPE_CHECKING:
    from collections.abc import Mapping

ANONYMOUS: Final = "anonymous"
"""The ``principal`` of a request that nobody signed."""

SERVICE_ADDRESS: Final = partial(UnknownPart("the address of an AWS service", "any"))
"""The value of ``aws:SourceIp`` in a call that an AWS service makes: outside every range that a customer names."""


class ServiceName(Struct, frozen=True):
    """What policies call an AWS service. The name of a service with one for each Region is open as far as the Region is.

    ``perhaps`` are names of which AWS does not document whether they are the service's too.
    """

    name: PartialString
    perhaps: tuple[PartialString, ...] = ()


KeyValue: TypeAlias = "PartialString | tuple[PartialString, ...]"
"""The value of a single-valued condition key, or the values of a multivalued one."""


class Request(Struct, frozen=True, eq=False):
    """A request. All condition keys are in lower case. As a statement it equals only itself.

    ``principal``: a service principal (``sns.amazonaws.com``), an ARN, or :data:`ANONYMOUS`; ``service`` is the former as
    policies are compared with it, where there is more to say than one known name. ``context``: the keys that are present.
    ``possible``: keys of which only the possible values are known, None meaning absent. ``absent``: keys that are not
    present, or with a final ``*`` all keys that begin so. Any other key is not modelled: it may be present or not, with any
    value. ``notes``: why a key is absent or has its value, for people. ``alternatives``: other resources that the request
    may be for instead, and ``doubt`` says why nobody knows. ``fallback`` says who may make the request instead, or what
    else may allow it, so that no statement for it decides nothing. ``limit`` says what besides the policy may refuse it, so
    that a statement for it decides nothing. ``granted`` names what allows the request besides the
    policy, an ACL: then only a Deny refuses it.
    """

    principal: str
    action: str
    resource: PartialString
    context: Mapping[str, KeyValue] = field(default_factory=dict)
    possible: Mapping[str, tuple[KeyValue | None, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    notes: Mapping[str, str] = field(default_factory=dict)
    alternatives: tuple[PartialString, ...] = ()
    doubt: str = ""
    fallback: str = ""
    granted: str = ""
    service: ServiceName | None = None
    limit: str = ""

    def values_of(self, key: str) -> tuple[KeyValue | None, ...]:
        """Return every value that the condition key may have in this request, None for absent; key names ignore case."""
        name = lowered(key)
        if name in self.context:
            return (self.context[name],)
        if name in self.possible:
            return self.possible[name]
        if self._is_absent(name) or never_present(self.action, name):
            return (None,)
        return (None, partial(UnknownPart(name, "any")))

    def note_on(self, key: str) -> str | None:
        """Return why the condition key is absent or has its value, where that is worth saying."""
        name = lowered(key)
        if name in self.notes:
            return self.notes[name]
        if never_present(self.action, name):
            return f"{key} is never part of a {self.action} request"
        return None

    def _is_absent(self, name: str) -> bool:
        return name in self.absent or any(name.startswith(pattern[:-1]) for pattern in self.absent if pattern.endswith("*"))
