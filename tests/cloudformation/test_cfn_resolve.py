from __future__ import annotations

import pytest
from cfn_templates import expression, resolver

from remediate.partial_string import PartialString, UnknownPart

TEMPLATE = """
Parameters:
  Plain: {Type: String}
  Named: {Type: String, Default: logs}
  Number: {Type: Number, Default: 14}
  Flag: {Type: String, Default: true}
  List: {Type: CommaDelimitedList, Default: "a, b,c"}
  OpenList: {Type: CommaDelimitedList}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path/of/entry}
  StoreName: {Type: "AWS::SSM::Parameter::Name", Default: /path/of/entry}
  KeyArn: {Type: String}
  OrganizationId: {Type: String}
  AorB: {Type: String, AllowedValues: [a, b]}
  Unit: {Type: String, AllowedPattern: "^o-[a-z0-9]{10,32}$"}
  Master: {Type: String, AllowedPattern: '^\\d{12}$'}
Mappings:
  Map:
    eu-west-1: {Name: map-ireland, List: [x, y], Same: logs, Number: 1, Rare: once}
    logs: {Name: map-logs, List: [x, y], Same: logs, Number: "1", Function: !Ref Named}
  Partitions:
    a: {Service: cloudtrail.amazonaws.com, Only: x}
    b: {Service: cloudtrail.amazonaws.com, Only: y}
    c: {Service: config.amazonaws.com}
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  NamedBucket: {Type: AWS::S3::Bucket, Properties: {BucketName: my-logs}}
  ParameterBucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Named}}
  MaybeNamed: {Type: AWS::S3::Bucket, Properties: {BucketName: !If [C, my-logs, !Ref AWS::NoValue]}}
  Circular: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Circular}}
  One: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${Other}-x"}}
  Other: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${One}-y"}}
  Trail: {Type: AWS::CloudTrail::Trail}
  NamedTrail: {Type: AWS::CloudTrail::Trail, Properties: {TrailName: audit}}
  Key: {Type: AWS::KMS::Key}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/trail, TargetKeyId: !Ref Key}}
  Topic: {Type: AWS::SNS::Topic}
"""

STRINGS = {
    "literal": ("logs", "logs"),
    "number": ("14", "14"),
    "ref-parameter-with-default": ("!Ref Named", "logs"),
    "ref-parameter-without-default": ("!Ref Plain", "${Plain}"),
    "ref-number-parameter": ("!Ref Number", "14"),
    "ref-boolean-default": ("!Ref Flag", "true"),
    "ref-stored-parameter-ignores-default": ("!Ref Stored", "${Stored}"),
    "ref-name-of-stored-parameter": ("!Ref StoreName", "/path/of/entry"),
    "ref-organization-id-by-name": ("!Ref OrganizationId", "${OrganizationId}"),
    "ref-organization-id-by-pattern": ("!Ref Unit", "${Unit}"),
    "ref-pseudo": ("!Ref AWS::Region", "${AWS::Region}"),
    "ref-partition": ("!Ref AWS::Partition", "aws"),
    "ref-url-suffix": ("!Ref AWS::URLSuffix", "amazonaws.com"),
    "ref-bucket-without-name": ("!Ref Bucket", "${Bucket}"),
    "ref-bucket-with-name": ("!Ref NamedBucket", "my-logs"),
    "ref-bucket-named-by-parameter": ("!Ref ParameterBucket", "logs"),
    "ref-bucket-named-by-itself": ("!Ref Circular", "${Circular}"),
    "ref-buckets-named-by-each-other": ("!Ref One", "${One}"),
    "ref-trail-without-name": ("!Ref Trail", "${Trail}"),
    "ref-trail-with-name": ("!Ref NamedTrail", "audit"),
    "ref-key": ("!Ref Key", "${Key}"),
    "ref-alias": ("!Ref Alias", "alias/trail"),
    "ref-nothing": ("!Ref Missing", "${Missing}"),
    "get-att-bucket-arn": ("!GetAtt Bucket.Arn", "arn:aws:s3:::${Bucket}"),
    "get-att-named-bucket-arn": ("!GetAtt NamedBucket.Arn", "arn:aws:s3:::my-logs"),
    "get-att-list": ("{Fn::GetAtt: [Bucket, Arn]}", "arn:aws:s3:::${Bucket}"),
    "get-att-long-string": ("{Fn::GetAtt: Bucket.Arn}", "arn:aws:s3:::${Bucket}"),
    "get-att-key-arn": ("!GetAtt Key.Arn", "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"),
    "get-att-key-id": ("!GetAtt Key.KeyId", "${Key}"),
    "get-att-trail-arn": ("!GetAtt NamedTrail.Arn", "arn:aws:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/audit"),
    "get-att-other": ("!GetAtt Bucket.DomainName", '${{"Fn::GetAtt": ["Bucket", "DomainName"]}}'),
    "get-att-nested-outputs": ("!GetAtt Stack.Outputs.Name", '${{"Fn::GetAtt": ["Stack", "Outputs.Name"]}}'),
    "sub": ('!Sub "arn:${AWS::Partition}:s3:::${Named}/*"', "arn:aws:s3:::logs/*"),
    "sub-unknown": ('!Sub "${Plain}-${AWS::AccountId}"', "${Plain}-${AWS::AccountId}"),
    "sub-attribute": ('!Sub "${Bucket.Arn}/AWSLogs"', "arn:aws:s3:::${Bucket}/AWSLogs"),
    "sub-spaces": ('!Sub "${ Named }"', "logs"),
    "sub-literal": ('!Sub "${!Named}-${Named}"', "${Named}-logs"),
    "sub-long": ('!Sub ["${Name}-${Named}", {Name: !Ref NamedBucket}]', "my-logs-logs"),
    "sub-long-shadows-parameter": ('!Sub ["${Named}", {Named: other}]', "other"),
    "sub-dotted-variable": ('!Sub ["${a.b}", {a.b: c}]', "c"),
    "sub-list-variable": ('!Sub ["${v}", {v: [a]}]', '${["a"]}'),
    "join": ('!Join ["-", [a, !Ref Named, b]]', "a-logs-b"),
    "join-empty-delimiter": ('!Join ["", ["arn:", !Ref AWS::Partition, ":s3:::", !Ref Bucket]]', "arn:aws:s3:::${Bucket}"),
    "join-nested": ('!Join ["/", [!Join ["-", [a, b]], c]]', "a-b/c"),
    "join-scalars": ('!Join ["-", [1, true, 1.5]]', "1-true-1.5"),
    "join-drops-no-value": ('!Join ["-", [a, !Ref AWS::NoValue, b]]', "a-b"),
    "join-list-parameter": ('!Join ["+", !Ref List]', "a+b+c"),
    "join-one": ('!Join [",", [a]]', "a"),
    "if-decided": ("!If [C, yes-it-is, no-it-is-not]", "yes-it-is"),
    "if-decided-otherwise": ("!If [D, yes-it-is, no-it-is-not]", "no-it-is-not"),
    "if-undecided": ("!If [U, a, b]", '${{"Fn::If": ["U", "a", "b"]}}'),
    "if-names-bucket": ("!Ref MaybeNamed", "my-logs"),
    "find-in-map": ("!FindInMap [Map, eu-west-1, Name]", "map-ireland"),
    "find-in-map-by-parameter": ("!FindInMap [Map, !Ref Named, Name]", "map-logs"),
    "find-in-map-rows-agree": ("!FindInMap [Map, !Ref AWS::Region, Same]", "logs"),
    "find-in-map-rows-that-have-it": ("!FindInMap [Map, !Ref AWS::Region, Rare]", "once"),
    "find-in-map-rows-of-other-types": (
        "!FindInMap [Map, !Ref AWS::Region, Number]",
        '${{"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Number"]}}',
    ),
    "find-in-map-columns-agree": ("!FindInMap [Partitions, c, !Ref Plain]", "config.amazonaws.com"),
    "find-in-map-allowed-rows-agree": ("!FindInMap [Partitions, !Ref AorB, Service]", "cloudtrail.amazonaws.com"),
    "find-in-map-allowed-rows-differ": (
        "!FindInMap [Partitions, !Ref AorB, Only]",
        '${{"Fn::FindInMap": ["Partitions", {"Ref": "AorB"}, "Only"]}}',
    ),
    "find-in-map-all-rows-differ": (
        "!FindInMap [Partitions, !Ref Plain, Service]",
        '${{"Fn::FindInMap": ["Partitions", {"Ref": "Plain"}, "Service"]}}',
    ),
    "find-in-map-default": ("!FindInMap [Map, x, Name, {DefaultValue: other}]", "other"),
    "find-in-map-default-not-needed": ("!FindInMap [Map, logs, Name, {DefaultValue: other}]", "map-logs"),
    "find-in-map-default-agrees": ("!FindInMap [Map, !Ref AWS::Region, Same, {DefaultValue: !Ref Named}]", "logs"),
    "find-in-map-default-differs": (
        "!FindInMap [Map, !Ref AWS::Region, Same, {DefaultValue: x}]",
        '${{"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Same", {"DefaultValue": "x"}]}}',
    ),
    "find-in-map-function": (
        "!FindInMap [Map, logs, Function]",
        '${{"Fn::FindInMap": ["Map", "logs", "Function"]}}',
    ),
    "find-in-map-by-unknown": (
        "!FindInMap [Map, !Ref AWS::Region, Name]",
        '${{"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Name"]}}',
    ),
    "find-in-map-missing": ("!FindInMap [Map, x, Name]", '${{"Fn::FindInMap": ["Map", "x", "Name"]}}'),
    "select": ("!Select [1, [a, b]]", "b"),
    "select-text-index": ('!Select ["0", !Ref List]', "a"),
    "select-out-of-range": ("!Select [2, [a, b]]", '${{"Fn::Select": [2, ["a", "b"]]}}'),
    "select-odd-index": ('!Select ["²", [a, b]]', '${{"Fn::Select": ["\\u00b2", ["a", "b"]]}}'),
    "select-split": ('!Select [1, !Split ["-", a-b-c]]', "b"),
    "select-split-arn": ('!Select [5, !Split [":", !GetAtt Bucket.Arn]]', "${Bucket}"),
    "select-split-key-arn": (
        '!Select [1, !Split ["/", !GetAtt Key.Arn]]',
        "${Key}",
    ),
    "select-split-unknown": (
        '!Select [0, !Split ["-", !Ref Plain]]',
        '${{"Fn::Select": [0, {"Fn::Split": ["-", {"Ref": "Plain"}]}]}}',
    ),
    "select-split-of-what-may-hold-it": (
        '!Select [0, !Split [":", !Ref KeyArn]]',
        '${{"Fn::Select": [0, {"Fn::Split": [":", {"Ref": "KeyArn"}]}]}}',
    ),
    "split-by-nothing": ('!Select [0, !Split ["", a]]', '${{"Fn::Select": [0, {"Fn::Split": ["", "a"]}]}}'),
    "import-value": ("!ImportValue shared-bucket", '${{"Fn::ImportValue": "shared-bucket"}}'),
    "dynamic-reference": ('"{{resolve:ssm:/logs/bucket}}"', "${{{resolve:ssm:/logs/bucket}}}"),
    "dynamic-reference-within": ('"arn:{{resolve:ssm:/x}}:end"', "arn:${{{resolve:ssm:/x}}}:end"),
    "dynamic-reference-in-sub": ('!Sub "${Named}-{{resolve:ssm:/x}}"', "logs-${{{resolve:ssm:/x}}}"),
    "dynamic-reference-of-pieces": (
        '!Join ["", ["{{resolve:ssm:/", !Ref Named, "}}"]]',
        '${{"Fn::Join": ["", ["{{resolve:ssm:/", {"Ref": "Named"}, "}}"]]}}',
    ),
}


@pytest.mark.parametrize(("written", "expected"), STRINGS.values(), ids=STRINGS)
def test_string(written: str, expected: str) -> None:
    assert str(resolver(TEMPLATE, {"C": True, "D": False}).string(expression(written))) == expected


@pytest.mark.parametrize("name", ["OrganizationId", "Unit"])
def test_the_id_of_an_organization_is_known_to_begin_with_o(name: str) -> None:
    found = resolver(TEMPLATE, {"C": True, "D": False}).string({"Fn::Sub": f"a/${{{name}}}/b"})
    assert found is not None
    assert found.parts == ("a/o-", UnknownPart(name, begins="o-"), "/b")
    assert str(found) == f"a/${{{name}}}/b"


NO_STRINGS = {
    "no-value": "!Ref AWS::NoValue",
    "if-no-value": "!If [C, !Ref AWS::NoValue, x]",
    "boolean": "true",
    "list": "[a, b]",
    "list-parameter": "!Ref List",
    "mapping": "{a: b, c: d}",
    "null": "~",
    "find-in-map-list": "!FindInMap [Map, eu-west-1, List]",
}


@pytest.mark.parametrize("written", NO_STRINGS.values(), ids=NO_STRINGS)
def test_what_is_no_string(written: str) -> None:
    assert resolver(TEMPLATE, {"C": True}).string(expression(written)) is None


VALUES = {
    "no-value-in-list": ("[a, !Ref AWS::NoValue, !If [D, x, !Ref AWS::NoValue]]", ["a"]),
    "no-value-in-map": ("{a: !Ref AWS::NoValue, b: c}", {"b": "c"}),
    "list-parameter": ("!Ref List", ["a", "b", "c"]),
    "list-in-map": ("!FindInMap [Map, eu-west-1, List]", ["x", "y"]),
    "split": ('!Split [",", "a,b"]', ["a", "b"]),
    "split-arn": ('!Split ["/", !GetAtt Bucket.Arn]', ["arn:aws:s3:::${Bucket}"]),
    "nested": ("{a: [!Ref Named, {b: true, c: 1}]}", {"a": ["logs", {"b": True, "c": 1}]}),
    "branch-of-if": ("!If [C, {a: !Ref Named, z: 1}, {b: c}]", {"a": "logs", "z": 1}),
    "select-list": ("!Select [0, [[a, b], c]]", ["a", "b"]),
    "unknown-list-parameter": ("!Ref OpenList", "${OpenList}"),
}


def plain(value: object) -> object:
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, PartialString) else value


@pytest.mark.parametrize(("written", "expected"), VALUES.values(), ids=VALUES)
def test_value(written: str, expected: object) -> None:
    assert plain(resolver(TEMPLATE, {"C": True, "D": False}).value(expression(written))) == expected


PARTITIONS = [
    ("us-east-1", "aws", "amazonaws.com"),
    ("eu-central-1", "aws", "amazonaws.com"),
    ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
]


@pytest.mark.parametrize(("region", "partition", "suffix"), PARTITIONS, ids=[one[0] for one in PARTITIONS])
def test_partition_follows_a_known_region(region: str, partition: str, suffix: str) -> None:
    found = resolver(TEMPLATE, AWS_Region=region)
    assert str(found.string(expression("!Ref AWS::Partition"))) == partition
    assert str(found.string(expression("!Ref AWS::URLSuffix"))) == suffix
    assert str(found.string(expression("!GetAtt Bucket.Arn"))) == f"arn:{partition}:s3:::${{Bucket}}"


def test_a_given_partition_wins() -> None:
    found = resolver(TEMPLATE, AWS_Region="cn-north-1", AWS_Partition="aws-iso")
    assert str(found.string(expression("!Ref AWS::Partition"))) == "aws-iso"


@pytest.mark.parametrize(
    ("name", "alphabet"),
    [("Plain", "name"), ("KeyArn", "any"), ("Master", "digits"), ("AWS::AccountId", "digits"), ("AWS::StackId", "any")],
)
def test_what_an_unknown_can_hold(name: str, alphabet: str) -> None:
    found = resolver(TEMPLATE).string({"Ref": name})
    assert found is not None
    assert [part.alphabet for part in found.parts if isinstance(part, UnknownPart)] == [alphabet]


def test_same_unknown_expression_is_the_same_string() -> None:
    found = resolver(TEMPLATE)
    twice = [found.string(expression("!ImportValue shared")) for _ in range(2)]
    assert twice[0] == twice[1]
    assert twice[0] != found.string(expression("!ImportValue other"))


def test_given_parameter_replaces_the_default() -> None:
    found = resolver(TEMPLATE, Named="given", List="x,y", Stored="entry")
    assert str(found.string({"Ref": "ParameterBucket"})) == "given"
    assert plain(found.value({"Ref": "List"})) == ["x", "y"]
    assert str(found.string({"Ref": "Stored"})) == "entry"


def test_a_resource_exists_unless_its_condition_fails() -> None:
    template = """
    Resources:
      Always: {Type: T}
      Yes: {Type: T, Condition: C}
      No: {Type: T, Condition: D}
      Open: {Type: T, Condition: U}
    """
    found = resolver(template, {"C": True, "D": False})
    assert found.existing("T") == ["Always", "Yes", "Open"]
    assert not found.exists("Missing")


def test_scenario_admits_a_guard_that_is_not_contradicted() -> None:
    scenario = resolver(TEMPLATE, {"C": True, "D": False}).scenario
    assert scenario.admits((("C", True), ("D", False), ("U", True)))
    assert scenario.admits((("U", False),))
    assert not scenario.admits((("C", True), ("D", True)))


def test_a_text_that_is_too_long_is_one_unknown_part() -> None:
    found = resolver(TEMPLATE).string({"Fn::Join": ["", ["x" * 3000, "y" * 3000]]})
    assert found is not None
    assert len(found.parts) == 1
    assert "longer than 4,096 characters" in str(found)
