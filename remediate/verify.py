"""The six guarantees, checked on every run before anything is written.

Nothing here trusts what it checks: the new text is read from its bytes, the data is compared with what the jsonpatch
library makes of the operations, the rest of the text with the original, and the policies are judged again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import jsonpatch

from remediate.cloudformation.expression import as_list, function
from remediate.cloudformation.model import TemplateModel
from remediate.cloudformation.policies import documents
from remediate.cloudformation.possible import possible_strings
from remediate.cloudformation.resolve import Resolver
from remediate.cloudformation.resource_types import BUCKET_POLICY, TOPIC_POLICY
from remediate.delivery.access import Outsider
from remediate.delivery.comparison import Verdict, prove
from remediate.delivery.locate import Located
from remediate.delivery.new_access import NewAccesses
from remediate.errors import RemediateError
from remediate.iam.evaluate import Outcome
from remediate.iam.holders import HOLDERS, PolicyKind
from remediate.patch_set import AddPolicy, DependOn
from remediate.plan import Plan
from remediate.template import Edit, Operation, Plain, Template, TemplateError, identical, read_data, tokens, unshared

_EDITED = {holder.type: holder.property for holder in HOLDERS.values()}
PROMISES = {
    1: "the new text holds the data that the patch describes",
    2: "every byte outside the edits is the same",
    3: "only the planned resources differ",
    4: "the service's requests are allowed, Deny statements are unchanged, and no other principal lost permissions",
    5: "a second run plans nothing",
    6: "no other principal gains access",
}


class Broken(RemediateError):
    """A guarantee does not hold, so nothing is written: a fault of this tool, not of the template."""

    def __init__(self, number: int, detail: str) -> None:
        """Name a guarantee by its number, and what contradicts it."""
        found = f"internal check {number} failed ({PROMISES[number]}): {detail.rstrip('.')}"
        super().__init__(f"{found}; please report this, with the template")
        self.number = number


def verify_text(before: Template, operations: Sequence[Operation], edits: Sequence[Edit], after: str) -> dict[str, Plain]:
    """Check guarantees 1 and 2 and return the new template's data as read from its text. Raises Broken."""
    if not operations and after == before.text:
        return before.data
    try:
        found = read_data(after.encode().decode(), before.format)
    except (TemplateError, UnicodeEncodeError) as error:
        raise Broken(1, f"it cannot be read: {error}") from error
    expected = _patched(before.data, operations)
    if not identical(expected, found):
        raise Broken(1, _difference(expected, found))
    _check_untouched(before.text, edits, after)
    return found if isinstance(found, dict) else {}


def verify_plan(before: TemplateModel, after: TemplateModel, planned: Plan, given: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Check guarantees 3 and 4 and return the verdicts that the latter rests on; ``given`` are parameters. Raises Broken."""
    _check_resources(before, after, planned)
    _check_denies(before, after, planned.located)
    _check_others(before, after, planned, given)
    verdicts = prove(planned.located, before, after)
    for verdict in verdicts:
        _check_verdict(verdict, _promised_ids(planned, verdict.logical_id))
    return verdicts


def verify_settled(again: Sequence[Operation]) -> None:
    """Check guarantee 5 on the operations that a second run plans. Raises Broken."""
    if again:
        paths = ", ".join(dict.fromkeys(operation.path for operation in again))
        raise Broken(5, f"it would change {paths}")


def verify_outsiders(found: NewAccesses, planned: Plan) -> None:
    """Check guarantee 6: who got in came in with a change that the user has reviewed. Raises Broken."""
    reviewed = {_door(outsider) for one in planned.applied for outsider in one.let_in}
    for opening in found.found:
        who, action, resource = _door(opening.outsider)
        # Who may read the access control list learns nothing new from the Region.
        alike = "s3:GetBucketAcl" if action == "s3:GetBucketLocation" else action
        if not opening.told_only and not reviewed & {(who, action, resource), (who, alike, resource)}:
            raise Broken(6, f"{who} may {action} on {resource} by the policy of {opening.logical_id}")


def _door(outsider: Outsider) -> tuple[str, str, str]:
    return outsider.who, outsider.request.action, str(outsider.request.resource)


def _patched(data: dict[str, Plain], operations: Sequence[Operation]) -> Plain:
    """Return jsonpatch's result, with new members where the operations want them to stand.

    What no operation leads into is shared with the old data, for copying a large template takes longer than the rest.
    """
    reached = {tuple(tokens(path)[:2]) for operation in operations for path in (operation.path, operation.source)}
    result: Plain = _own_copy(data, reached)
    for operation in operations:
        result = jsonpatch.JsonPatch([operation.to_json()]).apply(result, in_place=True)
        if operation.before is not None:
            *parent_path, name = tokens(operation.path)
            parent: Plain = result
            for step in parent_path:
                parent = (
                    parent[int(step)] if isinstance(parent, list) else parent[step] if isinstance(parent, dict) else None
                )
            if isinstance(parent, dict) and operation.before in parent:
                _move_before(parent, name, operation.before)
    return result


def _own_copy(data: dict[str, Plain], reached: set[tuple[str, ...]]) -> dict[str, Plain]:
    own: dict[str, Plain] = {}
    for name, section_data in data.items():
        inside = {path[1] for path in reached if len(path) > 1 and path[0] == name}
        if isinstance(section_data, dict):
            own[name] = {key: unshared(one) if key in inside else one for key, one in section_data.items()}
        else:
            own[name] = unshared(section_data)
    return own


def _move_before(parent: dict[str, Plain], name: str, before: str) -> None:
    members = [(key, value) for key, value in parent.items() if key != name]
    index = [key for key, _ in members].index(before)
    members.insert(index, (name, parent[name]))
    parent.clear()
    parent.update(members)


def _difference(expected: Plain, found: Plain) -> str:
    import deepdiff  # slow to import, and needed only to explain a failure

    explained = deepdiff.DeepDiff(expected, found).pretty()
    return explained.splitlines()[0] if explained else "the members are in another order"


def _check_untouched(before: str, edits: Sequence[Edit], after: str) -> None:
    """Walk both texts side by side: between edits they are the same, and at each edit the new text has what it says."""
    ordered = sorted(edits, key=lambda edit: edit.span)
    for first, second in pairwise(ordered):
        if first.span.end > second.span.start:
            raise Broken(2, f"two edits overlap at {second.span.start}")
    position = done = 0
    for edit in ordered:
        kept = before[done : edit.span.start]
        if after[position : position + len(kept)] != kept:
            raise Broken(2, f"the text before offset {edit.span.start} changed")
        position += len(kept)
        if after[position : position + len(edit.text)] != edit.text:
            raise Broken(2, f"the edit at offset {edit.span.start} is not in the text")
        position += len(edit.text)
        done = edit.span.end
    if before[done:] != after[position:]:
        raise Broken(2, f"the text after offset {done} changed")


def _check_resources(before: TemplateModel, after: TemplateModel, planned: Plan) -> None:
    old, new = before.resources, after.resources
    for name in before.data.keys() | after.data.keys():
        if name != "Resources" and not identical(before.data.get(name), after.data.get(name)):
            raise Broken(3, f"the section {name} differs")
    changed = {name for name in old.keys() & new.keys() if not identical(old[name], new[name])}
    removed = old.keys() - new.keys()
    added = new.keys() - old.keys()
    logging = set(_logging_resources(planned.located))
    planned_ids = {one.logical_id for one in planned.applied}
    strays = (changed - (planned_ids & logging)) | removed | {name for name in added if not _is_policy(new[name])}
    if strays:
        raise Broken(3, f"{', '.join(sorted(strays))} differs without being planned")
    for name in sorted(changed):
        differing = _differing(old[name], new[name], planned.located.service.source.type)
        if differing:
            raise Broken(3, f"{', '.join(differing)} of {name} differs without being planned")


def _differing(old: Plain, new: Plain, source: str) -> list[str]:
    """Return the parts of a planned resource that no plan edits, and that differ: all but a policy and an order."""
    before, after = _parts(old, source), _parts(new, source)
    return [name for name in {**before, **after} if not identical(before.get(name), after.get(name))]


def _parts(written: Plain, source: str) -> dict[str, Plain]:
    """Return attributes and properties by name without what a plan edits; Properties that are not a mapping are one part.

    ``source`` is the type of the sources of logs, of which the order is edited.
    """
    if not isinstance(written, dict):
        return {"it": written}
    edited = {source: "DependsOn", **_EDITED}.get(str(written.get("Type")))
    parts = {**written}
    inside = parts.pop("Properties", None)
    if isinstance(inside, dict):
        # What is in a call of a function is none of the resource's properties, and no plan edits it.
        parts |= {"Properties": inside} if function(inside) else {f"Properties/{name}": one for name, one in inside.items()}
    elif inside is not None:
        parts["Properties"] = inside
    if edited:
        parts.pop(edited if edited == "DependsOn" else f"Properties/{edited}", None)
    return parts


def _logging_resources(located: Located) -> Iterable[str]:
    for delivery in located.deliveries:
        yield from (
            place.logical_id for place in (delivery.bucket, delivery.key, delivery.bucket_key) if place and place.logical_id
        )
        yield from delivery.needed_policies()
        yield from (delivery.topic.logical_id,) if delivery.topic and delivery.topic.logical_id else ()
        if delivery.source:
            yield delivery.source


def _is_policy(resource: Plain) -> bool:
    return isinstance(resource, dict) and resource.get("Type") in {BUCKET_POLICY, TOPIC_POLICY}


def _check_denies(before: TemplateModel, after: TemplateModel, located: Located) -> None:
    for delivery in located.deliveries:
        for logical_id, kind in delivery.policies():
            missing = [deny for deny in _denies(before, logical_id, kind) if deny not in _denies(after, logical_id, kind)]
            if missing:
                raise Broken(4, f"a Deny statement of {logical_id} changed: {missing[0].get('Sid', missing[0])}")


def _denies(model: TemplateModel, logical_id: str, kind: PolicyKind) -> list[dict[str, Plain]]:
    found = (statement.data for one in documents(model, logical_id, kind) for statement in one.statements)
    return [statement for statement in found if statement.get("Effect") != "Allow"]


def _check_others(before: TemplateModel, after: TemplateModel, planned: Plan, given: Mapping[str, str]) -> None:
    """Check that each principal that no applied patch names has the statements that it had, and no other."""
    meant = _services(planned)
    resolvers = {policy: delivery.resolver for delivery in planned.located.deliveries for policy in delivery.policies()}
    for (logical_id, kind), resolver in resolvers.items():
        old, new = (_others(model, logical_id, kind, meant, resolver, given) for model in (before, after))
        if old is not None and new is not None and old != new:
            changed = next(iter((old - new) + (new - old)))
            raise Broken(4, f"what {logical_id} says of {changed[0]} changed")


def _others(
    model: TemplateModel, logical_id: str, kind: PolicyKind, meant: set[str], resolver: Resolver, given: Mapping[str, str]
) -> Counter[tuple[str, ...]] | None:
    """Count the statements by principal, without those that patches are for; None for a policy that is not there."""
    found = documents(model, logical_id, kind)
    if not found:
        return None
    return Counter(
        (
            principal,
            str(one.guard),
            json.dumps({key: part for key, part in one.data.items() if key not in {"Sid", "Principal"}}),
        )
        for document in found
        for one in document.statements
        for principal in _principals(one.data.get("Principal", one.data.get("NotPrincipal")), resolver, given)
        if principal not in meant
    )


def _principals(written: Plain, resolver: Resolver, given: Mapping[str, str]) -> Iterator[str]:
    """Yield each principal: a service that has one name under every value by that name, anybody else as it is written."""
    for kind, names in written.items() if isinstance(written, dict) else [("", written)]:
        for name in as_list(names):
            service = possible_strings(resolver, name, given) if kind == "Service" else None
            yield next(iter(service)).lower() if service and len(service) == 1 else json.dumps([kind, name])


def _services(planned: Plan) -> set[str]:
    rules = [rule for one in planned.applied for rule in one.patch.ensure]
    return {rule.service for rule in rules if not isinstance(rule, DependOn | AddPolicy)}


def _promised_ids(planned: Plan, logical_id: str) -> frozenset[str]:
    """Return the ids of the requests that a patch has come to allow at a resource."""
    promised = [one.promised for one in planned.applied if one.logical_id == logical_id]
    return frozenset().union(*promised)


def _check_verdict(verdict: Verdict, promised: frozenset[str]) -> None:
    what = f"{verdict.request.request.action} on {verdict.logical_id}"
    if verdict.before.outcome is Outcome.ALLOWED and verdict.after.outcome is not Outcome.ALLOWED:
        raise Broken(4, f"{what} was allowed and is no longer: {verdict.after.reason}")
    if verdict.before.explicit and not verdict.after.explicit:
        raise Broken(4, f"{what} was denied and is no longer: {verdict.before.reason}")
    if verdict.alone and verdict.request.id in promised and verdict.unblocked.outcome is Outcome.DENIED:
        raise Broken(4, f"{what} is still denied: {verdict.unblocked.reason}")
