"""A template's data as the rest of the program asks for it, whatever a malformed one holds in place of its sections."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Mapping
from typing import TypeAlias

from remediate.cloudformation.property_path import PropertyPath, expression_at
from remediate.template import Plain

Section: TypeAlias = Mapping[str, Plain]
"""A mapping in a template: a section, a resource, its properties."""


class TemplateModel:
    """One version of a template's data, which is never changed in place; what is found out about it is remembered here.

    Source: AWS CloudFormation User Guide, Template sections.
    """

    def __init__(self, data: Section, *, is_draft: bool = False) -> None:
        """Begin with a template's data; each section is read when it is first asked for.

        ``is_draft``: it is one of many that a run makes of a template on its way to the result.
        """
        self.data = data
        self._kept = _DRAFTS if is_draft else _TEMPLATES

    @functools.cached_property
    def memory(self) -> dict[object, object]:
        """What has been found out, by its question; it is dropped when some others of its kind were asked for.

        What is remembered refers back to the template, and a program that runs without the collector would keep it all.
        """
        self._kept.append(self)
        if len(self._kept) > _MOST:
            vars(self._kept.popleft()).pop("memory", None)
        return {}

    @functools.cached_property
    def resources(self) -> Section:
        """The resources by logical ID."""
        return self._section("Resources")

    @functools.cached_property
    def parameters(self) -> Section:
        """The declarations of the parameters by name."""
        return self._section("Parameters")

    @functools.cached_property
    def conditions(self) -> Section:
        """The conditions by name."""
        return self._section("Conditions")

    @functools.cached_property
    def mappings(self) -> Section:
        """The mappings by name."""
        return self._section("Mappings")

    @functools.cached_property
    def rules(self) -> Section:
        """The rules about parameters by name."""
        return self._section("Rules")

    @functools.cached_property
    def by_type(self) -> dict[str, list[str]]:
        """The logical IDs of all resources by their type, in the template's order."""
        grouped: dict[str, list[str]] = {}
        for name, one in self.resources.items():
            kind = one.get("Type") if isinstance(one, dict) else None
            if isinstance(kind, str):
                grouped.setdefault(kind, []).append(name)
        return grouped

    def of_type(self, kind: str) -> list[str]:
        """Return the logical IDs of all resources of a type, in the template's order."""
        return self.by_type.get(kind, [])

    def resource(self, logical_id: str) -> Section:
        """Return a resource, empty if the template does not have it."""
        found = self.resources.get(logical_id)
        return found if isinstance(found, dict) else {}

    def type_of(self, logical_id: str) -> Plain:
        """Return the type of a resource as it is written, None if the template does not have it."""
        return self.resource(logical_id).get("Type")

    def properties(self, logical_id: str) -> Section:
        """Return a resource's properties, empty where it has none."""
        found = self.resource(logical_id).get("Properties")
        return found if isinstance(found, dict) else {}

    def at(self, logical_id: str, path: PropertyPath) -> Plain:
        """Return the expression at a path in a resource's properties, None where there is none."""
        if len(path.steps) == 1:
            return self.properties(logical_id).get(path.property)
        name = (expression_at, logical_id, path)
        if name not in self.memory:  # an expression that is put together is to be the same object each time
            self.memory[name] = expression_at(self.properties(logical_id), path)
        return self.memory[name]  # type: ignore[return-value]  # put there above

    def _section(self, name: str) -> Section:
        found = self.data.get(name)
        return found if isinstance(found, dict) else {}


_MOST = 16
_TEMPLATES: deque[TemplateModel] = deque()
_DRAFTS: deque[TemplateModel] = deque()
"""Those that remember something. What a template's many drafts remember does not drive out what it does itself."""
