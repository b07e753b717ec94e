"""Small YAML templates with every shape that editing has to cope with, for the tests that try operations at random."""

from __future__ import annotations

_POLICY = """\
# The file's own comment.

AWSTemplateFormatVersion: 2010-09-09   # plain date

# About the resources.
Resources:

  # The bucket.
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain  # keep

  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
        # first
        - Sid: Acl   # sid
          # effect
          Effect: Allow
          Principal: {Service: cloudtrail.amazonaws.com}
          Action: s3:GetBucketAcl   # one
          Resource: !Sub "arn:${AWS::Partition}:s3:::${Bucket}"
          # end of first
        # second
        - Effect: Deny
          Action:
            - s3:PutObject
            # between
            - s3:GetObject  # last
          Resource:
            - !GetAtt Bucket.Arn
            - Fn::Sub: ${Bucket.Arn}/*

        # after all

Outputs: {}
"""

_FLOW = """\
Lists:
  one: [a, 'b', "c" ]
  two: [ a, b, ]
  three: [
    a,   # first
    # above b
    b,
    c    # last
  ]
  four: [
    a,
    b,
  ]
  five: [a,
         b, c,
         d]
  pairs: [ isPublic, Ref: X, {a: 1}, b: ]
  empty: []
  commented: [ # nothing
  ]
Maps:
  one: {a: 1, "b":2, 'c': {d: e}}
  two: { a: 1, b: , c, }
  three: {
    a: 1,
    b: [x, y], # b
    c: 3
    }
  empty: {}
Short: !Join ["", [!Ref A, !Sub 'b', {Ref: C}]]
Nested: !If [On, {Key: !Ref V, list: [1, 2]}, !Ref AWS::NoValue]
"""

_SCALARS = """\
literal: |
  one
    two

  # no comment
strip: >-
  folded
  text
# about keep
keep: |+
  kept


after: x
indented: |2
    two more
  less
null:   # todo
tilde: ~
number: 012
time: 12:30:45
tagged: !!str 12
bare: !Bare
multi: one
  two
  # not part
quoted: "a
  # still text
  b"   # behind
list:
  - |
    item
  - >
    folded

  - plain
  -   # nothing
  -
    a: 1
    b: 2
  - # text
    - x
last: |-
  the end
"""

_LISTS = """\
zero:
- a
- b:  1
  c: 2
-   gap: 1
    more: 2
two:
  - - a
    - b
  - - - c
  -
    - d
tagged: !If
  - On
  - !Join
    - ''
    - - a
      - b
  - Fn::If:
    - Off
    - x: 1
    - !Ref AWS::NoValue
bare: !Transform
  Name: AWS::Include
  Parameters:
    Location: here
anchored: &anchor
  a: 1
used:
  - *anchor
  - b
merge:
  <<: *anchor
  c: 3
items:
  - &item x
  - *item
"""

_JSON_LIKE = """\
{
  # JSON with comments
  "Resources": {
    "A": {"Type": "X", "List": [1, "two", null]}, # a
    "B": {
      "Type": "Y"
    }
  },
  "Outputs": {},
}
"""

_DEEP_COMMENTS = """\
a:
  b: |
    text
  c: 1
      # deep

  d: 2
  # shallow
e:
  - |+
    kept

  - x

  - y
"""

SAMPLES: dict[str, str] = {
    "policy": _POLICY,
    "flow": _FLOW,
    "scalars": _SCALARS,
    "lists": _LISTS,
    "json-like": _JSON_LIKE,
    "crlf": _POLICY.replace("\n", "\r\n"),
    "crlf-scalars": _SCALARS.replace("\n", "\r\n"),
    "cr": _LISTS.replace("\n", "\r"),
    "no-final-newline": _POLICY[: _POLICY.index("\n        # after all")],
    "ends-in-literal": _SCALARS.rstrip("\n").removesuffix("|-\n  the end") + "|\n  the end",
    "ends-in-flow": _FLOW.rstrip("\n"),
    "ends-in-list": _LISTS.rstrip("\n"),
    "document-markers": f"%YAML 1.1\n---\n{_LISTS}...\n",
    "indented-root": "".join(f"  {line}" if line.strip() else line for line in _POLICY.splitlines(keepends=True)),
    "mixed-newlines": "a: 1\r\nb:\n  - x\r\n  - y\nc:\r\n  d: 2\n",
    "breaks-of-yaml-1.1": "a: 'x\u2028y'  # \u00e9\nb: \U0001f600\nc: {d: \"\\u2029\"}\n",
    "deep-comments": _DEEP_COMMENTS,
    "explicit-keys": "a: 1\n? b\n: 2\n? c\nd: {? e : f, g: 1}\n",
    "tabs": "a:\tx\nb: [1,\t2]\t# tab\nc:\n  - d:\tx\n",
}
