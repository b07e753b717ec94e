"""Reading a template, in YAML or JSON."""

from __future__ import annotations

from remediate.template.decode import decode
from remediate.template.errors import NotTemplate, Unreadable, line_and_column
from remediate.template.limits import check_expansion, has_aliases
from remediate.template.node import MappingNode, Node, Template
from remediate.template.tree import mapping_data


def read(raw: bytes, name: str) -> Template:
    """Return the template in the bytes of the file ``name``.

    What begins with ``{`` is read as JSON, and where that fails as YAML, whose flow style looks alike, unless the file is
    called .json. Raises Unreadable, with line and column, for what is neither and for what is not a mapping. Whether the
    mapping is a CloudFormation template is not asked here.
    """
    text, bom = decode(raw)
    root, is_json = _parse(text, name)
    if not isinstance(root, MappingNode):
        line, column = line_and_column(text, root.span.start)
        raise NotTemplate("not a CloudFormation template: the top level is not a mapping", line, column)
    if not is_json and has_aliases(text):
        check_expansion(root, text)
    return Template(name, text, bom, "json" if is_json else "yaml", root, mapping_data(root))


def _parse(text: str, name: str) -> tuple[Node, bool]:
    from remediate.template.yaml.reader import read_yaml

    begin = text.lstrip()[:2]
    if not begin.startswith("{") or begin in {"{%", "{{"}:
        return read_yaml(text), False
    from remediate.template.json.reader import read_json

    try:
        return read_json(text), True
    except Unreadable as json_error:
        if name.lower().endswith(".json"):  # other programs that read it by its name refuse it
            raise
        try:
            return read_yaml(text), False
        except Unreadable as yaml_error:
            raise (json_error if _looks_like_json(text, name) else yaml_error) from None


def _looks_like_json(text: str, name: str) -> bool:
    if name.lower().endswith((".json", ".template")):
        return True
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return 2 * sum(line[0] in '"{}[]' for line in lines) > len(lines)
