"""The working copy of a template's data: what jsonpatch makes of its operations, and no more copied than they need."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import jsonpatch
import pytest

from remediate.cloudformation.model import TemplateModel
from remediate.plan.draft import Draft

LIST = ("Resources", "Policy", "Statement")
OPERATIONS: dict[str, Callable[[Draft], None]] = {
    "add an item": lambda draft: draft.add((*LIST, 1), {"Sid": "new"}),
    "add the last item": lambda draft: draft.add((*LIST, 3), {"Sid": "new"}),
    "add a member": lambda draft: draft.add((*LIST, 0, "Condition"), {}),
    "add a member that is there": lambda draft: draft.add((*LIST, 0, "Sid"), "other"),
    "add a resource": lambda draft: draft.add(("Resources", "a/b~c"), {"Type": "T"}),
    "replace an item": lambda draft: draft.replace((*LIST, 2), {"Sid": "new"}),
    "replace a member": lambda draft: draft.replace((*LIST, 0, "Action", 1), "s3:*"),
    "replace the list": lambda draft: draft.replace(LIST, [1, 2]),
    "remove an item": lambda draft: draft.remove((*LIST, 0)),
    "remove a member": lambda draft: draft.remove((*LIST, 0, "Action")),
}


def template() -> dict[str, Any]:
    statements = [{"Sid": "a", "Action": ["x", "y"]}, {"Sid": "b"}, {"Sid": "c"}]
    return {"Resources": {"Policy": {"Statement": statements}, "Other": {"Type": "T"}}}


@pytest.mark.parametrize("change", OPERATIONS.values(), ids=OPERATIONS)
def test_a_draft_is_what_jsonpatch_makes_of_its_operations(change: Callable[[Draft], None]) -> None:
    data = template()
    draft = Draft(TemplateModel(data))
    change(draft)
    assert draft.model.data == jsonpatch.apply_patch(template(), [one.to_json() for one in draft.operations])
    assert data == template()


@pytest.mark.parametrize("change", OPERATIONS.values(), ids=OPERATIONS)
def test_what_is_taken_back_leaves_nothing(change: Callable[[Draft], None]) -> None:
    draft = Draft(TemplateModel(template()))
    draft.replace((*LIST, 1, "Sid"), "first")
    before, done = copy.deepcopy(draft.model.data), list(draft.operations)
    snapshot = draft.snapshot()
    change(draft)
    draft.restore(snapshot)
    assert draft.model.data == before
    assert draft.operations == done


def test_a_statement_that_no_operation_reaches_stays_the_same_object() -> None:
    """What is remembered of a statement goes by the object."""
    data: Any = template()
    draft = Draft(TemplateModel(data))
    draft.add((*LIST, 0), {"Sid": "new"})
    draft.remove((*LIST, 1, "Action"))
    found: Any = draft.at(LIST)
    _, first, second, third = found
    old = data["Resources"]["Policy"]["Statement"]
    assert first is not old[0]
    assert second is old[1]
    assert third is old[2]


@pytest.mark.parametrize("path", [("Resources", "Policy", "Statement", 0, "Sid", "x"), ("Resources", "None", "x")])
def test_a_path_that_leads_nowhere_is_refused(path: tuple[str | int, ...]) -> None:
    with pytest.raises(LookupError):
        Draft(TemplateModel(template())).add(path, "value")


def test_a_mapping_in_the_place_of_a_removed_one_becomes_changes_in_it() -> None:
    draft = Draft(
        TemplateModel({"Resources": {"P": {"Condition": {"A": {"x": "1", "y": "2"}, "B": {"z": "3"}}, "Last": 1}}})
    )
    draft.remove(("Resources", "P", "Condition"))
    draft.add(("Resources", "P", "Condition"), {"A": {"x": "1", "y": "4"}, "C": {"z": "3"}})
    assert draft.at(("Resources", "P")) == {"Condition": {"A": {"x": "1", "y": "4"}, "C": {"z": "3"}}, "Last": 1}
    assert [*draft.at(("Resources", "P"))] == ["Condition", "Last"]
    assert [(one.op, one.path) for one in draft.operations if one.op != "test"] == [
        ("replace", "/Resources/P/Condition/A/y"),
        ("add", "/Resources/P/Condition/C"),
        ("remove", "/Resources/P/Condition/B"),
    ]


def test_what_is_removed_and_added_elsewhere_stays_so() -> None:
    draft = Draft(TemplateModel({"Resources": {"P": {"A": {"x": 1}, "B": {"y": 2}}}}))
    draft.remove(("Resources", "P", "A"))
    draft.add(("Resources", "P", "C"), {"x": 1})
    assert [one.op for one in draft.operations] == ["test", "remove", "add"]


def test_what_is_taken_back_is_no_removal() -> None:
    """An addition in the place of a removed mapping becomes changes in that, unless the removal was taken back."""
    draft = Draft(TemplateModel(template()))
    before = draft.snapshot()
    draft.remove((*LIST, 2))
    draft.restore(before)
    draft.add((*LIST, 0), {"Sid": "one"})
    draft.add((*LIST, 0), {"Sid": "two"})
    assert [(one.op, one.path) for one in draft.operations] == [("add", "/Resources/Policy/Statement/0")] * 2


def test_a_function_that_is_removed_does_not_become_another_one() -> None:
    data = template()
    data["Resources"]["Policy"]["Statement"][0]["Action"] = [{"Ref": "A"}]
    draft = Draft(TemplateModel(data))
    draft.remove((*LIST, 0, "Action", 0))
    draft.add((*LIST, 0, "Action", 0), {"Fn::If": ["C", "a", "b"]})
    assert [one.op for one in draft.operations] == ["test", "remove", "add"]
