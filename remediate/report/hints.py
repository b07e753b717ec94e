"""The command that fixes what a report tells: the patches that go together, with the options of the run that they need."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.delivery.services import DEFAULT, service_ids
from remediate.engine import Report
from remediate.patch_set import AddProperty, NotRequire, RemoveProperty, Separate
from remediate.plan import Applied
from remediate.template import Operation, tokens

_DEFAULT_SET = "create"


def fix_command(
    report: Report, patches: Iterable[str] = (), *, precautions: bool = False, patch_set: str | None = None
) -> str:
    """Return the command that fixes the template, with some patches if these are named; the file's name goes behind it.

    ``patch_set`` is the one of the run, unless another is named.
    """
    ids = [*patches]
    name = patch_set or next(iter(report.patch_sets), "").partition("/")[2] or _DEFAULT_SET
    flags = {"--review": report.options.review, "--generated": report.options.generated, "--precautions": precautions}
    words = [
        *(f"--service {one}" for one in _services(report, ids)),
        *([] if name == _DEFAULT_SET else [f"--patch-set {name}"]),
        *(flag for flag, given in flags.items() if given),
        *([f"--select {','.join(ids)}"] if ids else []),
    ]
    return " ".join(["remediate fix", *words])


def needed_together(report: Report, patches: Iterable[str], logical_id: str) -> list[str]:
    """Return the ids of patches that change a resource, with those of others without which they would leave it.

    Nothing is done beside or around a condition that another patch is about, where that one is left out. And some
    conditions follow from properties of the bucket.
    """
    own = {*patches}
    here = [one for one in report.applied if one.logical_id == logical_id]
    wanted = {*own}
    for changing in (ids for ids in _changed_statements(report, logical_id) if own & ids):
        wanted |= {one.patch.id for one in here if _removes(one) and one.patch.id in changing}
    for one in (one for one in here if one.patch.id in own):
        if any(_is_about_condition(operation) for operation in one.operations):
            wanted |= {other.patch.id for other in report.applied if _is_of_property(other) and _meet(report, one, other)}
        if any(_adds_statement(operation) for operation in one.operations):
            wanted |= {other.patch.id for other in here if _removes(other)}
            wanted |= {other.subject for other in report.skipped if other.why == "kept" and other.logical_id == logical_id}
    known = dict.fromkeys(name for ids in report.patch_sets.values() for name in ids)
    return [name for name in known if name in wanted]


def _services(report: Report, patches: Iterable[str]) -> list[str]:
    """Return the services of patches, all if none is named; for a leg, the one that has it, unless the leg was asked for."""
    chosen = report.chosen_services
    asked = [one.id for one in chosen]
    if asked == [DEFAULT]:
        return []
    ids = {*patches}
    if not ids:
        return ["all"] if {*service_ids()} <= {*asked} else asked
    owners = [name.partition("/")[0] for name, known in report.patch_sets.items() if ids.intersection(known)]
    return [one.id for one in chosen if {one.id, *(leg for leg in one.legs if leg not in asked)}.intersection(owners)]


def _changed_statements(report: Report, logical_id: str) -> list[set[str]]:
    """Return for the statements of a policy, some of them more than once, the ids of the patches that change them.

    The numbers of statements move while operations are applied one after another.
    """
    owner = {id(operation): one.patch.id for one in report.applied for operation in one.operations}
    found: dict[tuple[str, ...], list[set[str]]] = {}
    gone: list[set[str]] = []
    for operation in report.operations:
        path = tokens(operation.path)
        if operation.op == "test" or path[:2] != ["Resources", logical_id] or "Statement" not in path[:-1]:
            continue
        at = path.index("Statement") + 1
        listed = found.setdefault(tuple(path[:at]), [])
        number = len(listed) if path[at] == "-" else int(path[at]) if path[at].isdigit() else 0
        listed += [set() for _ in range(number + 1 - len(listed))]
        if operation.op == "add" and at + 1 == len(path):
            listed.insert(number, set())
        listed[number].add(owner.get(id(operation), ""))
        if operation.op == "remove" and at + 1 == len(path):
            gone.append(listed.pop(number))
    return [*gone, *(ids for listed in found.values() for ids in listed)]


def _removes(one: Applied) -> bool:
    rules = (NotRequire, Separate)
    return any(map(_is_about_condition, one.operations)) and any(isinstance(rule, rules) for rule in one.patch.ensure)


def _is_of_property(one: Applied) -> bool:
    rules = (AddProperty, RemoveProperty)
    return "source" not in one.patch.roles and any(isinstance(rule, rules) for rule in one.patch.ensure)


def _is_about_condition(operation: Operation) -> bool:
    return "Condition" in tokens(operation.path)


def _adds_statement(operation: Operation) -> bool:
    return operation.op == "add" and "Statement" in tokens(operation.path)[-2:]


def _meet(report: Report, one: Applied, other: Applied) -> bool:
    """Tell whether two resources are of one delivery."""
    return any({one.logical_id, other.logical_id} <= delivery.resources for delivery in report.deliveries)
