"""Ways into the properties of a resource: through mappings, items of lists, and ``Fn::If``."""

from __future__ import annotations

import pytest

from remediate.cloudformation.property_path import expression_at, place_of, property_path
from remediate.template import Plain

NO_VALUE: Plain = {"Ref": "AWS::NoValue"}
BUCKET = "Attributes[Key=logs.bucket].Value"


def if_(condition: str, yes: Plain, no: Plain) -> Plain:
    return {"Fn::If": [condition, yes, no]}


def item(key: str, value: Plain) -> Plain:
    return {"Key": key, "Value": value}


ROWS: list[tuple[str, dict[str, Plain], Plain]] = [
    ("Name", {"Name": "a"}, "a"),
    ("Name", {}, None),
    ("Logging.Bucket", {"Logging": {"Bucket": {"Ref": "B"}}}, {"Ref": "B"}),
    ("Logging.Bucket", {"Logging": {"Prefix": "x"}}, None),
    ("Logging.Bucket", {"Logging": "text"}, None),
    ("Logging.Bucket", {"Logging": {"Ref": "Bucket"}}, None),
    ("Logging.Bucket", {"Logging": if_("C", {"Bucket": "a"}, NO_VALUE)}, if_("C", "a", NO_VALUE)),
    ("Logging.Bucket", {"Logging": if_("C", {"Bucket": "a"}, {"Bucket": "b"})}, if_("C", "a", "b")),
    ("Logging.Bucket", {"Logging": if_("C", {"Prefix": "a"}, NO_VALUE)}, None),
    (BUCKET, {"Attributes": [item("other", "x"), item("logs.bucket", "b")]}, "b"),
    (BUCKET, {"Attributes": [item("logs.bucket", "first"), item("logs.bucket", "second")]}, "first"),
    (BUCKET, {"Attributes": [item("other", "x")]}, None),
    (BUCKET, {"Attributes": item("logs.bucket", "b")}, None),
    (BUCKET, {"Attributes": [if_("C", item("logs.bucket", "b"), NO_VALUE)]}, if_("C", "b", NO_VALUE)),
    (BUCKET, {"Attributes": [if_("C", item("logs.bucket", "b"), NO_VALUE), item("logs.bucket", "c")]}, if_("C", "b", "c")),
    ("List[0]", {"List": ["a", "b"]}, "a"),
    ("List[1]", {"List": ["a"]}, None),
    (BUCKET, {"Attributes": if_("C", [item("logs.bucket", "b")], [item("logs.bucket", "b")])}, "b"),
]


@pytest.mark.parametrize(("path", "properties", "expected"), ROWS)
def test_expression_at_a_path(path: str, properties: dict[str, Plain], expected: Plain) -> None:
    assert expression_at(properties, property_path(path)) == expected


def test_no_path_leads_nowhere() -> None:
    assert not property_path("")
    assert expression_at({"Name": "a"}, property_path("")) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Logging.Bucket", ("Logging", "Fn::If", 1, "Bucket")),
        ("Logging.Prefix", ("Logging",)),
        (BUCKET, ("Attributes", 1, "Value")),
        ("Other", ()),
    ],
)
def test_place_of_a_path(path: str, expected: tuple[str | int, ...]) -> None:
    properties: dict[str, Plain] = {
        "Logging": if_("C", {"Bucket": "b"}, NO_VALUE),
        "Attributes": [item("other", "x"), item("logs.bucket", "b")],
    }
    assert place_of(properties, property_path(path), {"C": True}) == expected


@pytest.mark.parametrize(("path", "name"), [("A.B", "A.B"), (BUCKET, "logs.bucket"), ("List[Type=X].Name", "List.X.Name")])
def test_name_of_a_path(path: str, name: str) -> None:
    assert str(property_path(path)) == name
