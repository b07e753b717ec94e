"""Editing YAML text: the difference between the tree that was read and the tree that is wanted, as edits of spans."""

from __future__ import annotations

from remediate.template.node import MappingNode, Node, ScalarNode, SequenceNode, Tagged, Template
from remediate.template.slots import survives, unchanged
from remediate.template.splice import Edit
from remediate.template.tree import Changed, New, Slot, Working, aliases, data_of, identical
from remediate.template.yaml.around import put_around
from remediate.template.yaml.block import edit_block, last_leaf
from remediate.template.yaml.edit_state import Context, Site
from remediate.template.yaml.flow import edit_flow
from remediate.template.yaml.replace import replace
from remediate.template.yaml.scan import BREAKS, content_start, next_line, properties_end, same_line, skip_blanks
from remediate.template.yaml.style import Styles


def edits(working: Working, template: Template) -> list[Edit]:
    """Return the edits that turn a YAML template's text into ``working``: none overlapping, none without effect.

    Text that no change reaches stays as it is; what is new is written as its neighbours are. Raises Refused, with the
    place, for what cannot be written without breaking something else.
    """
    context = Context(template.text, Styles(template.text))
    _Editor(context).visit(template.root, working, Site("root", 0, 0, "", []))
    _keep_anchors(context, template.root)
    _replace_tabs(context)
    _keep_last_scalar(context, template.root)
    return context.edits


class _Editor:
    """Walks the changed containers and has each written by the module for its style."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def visit(self, node: Node, working: Working, site: Site) -> None:
        """Write what became of ``node``, which hangs at ``site``."""
        if unchanged(node, working):
            return
        if not isinstance(working, Changed):
            replace(self.context, node, data_of(working), site)
        elif working.around:
            put_around(self.context, node, working, site, self.visit)
        elif isinstance(working.node, Tagged):
            self.visit_tagged(working.node, working.slots, site)
        elif not survives(working) and not self.holds_only_comments(working.node):
            if not identical(data_of(node), data_of(working)):
                replace(self.context, node, data_of(working), site)
        elif working.node.flow:
            edit_flow(self.context, working.node, working, site, self.visit)
        else:
            edit_block(self.context, working.node, working, site, self.visit)

    def holds_only_comments(self, node: MappingNode | SequenceNode) -> bool:
        """Tell whether a container is empty but for comments, which then stay beside what comes in."""
        empty = not (node.members if isinstance(node, MappingNode) else node.items)
        return empty and "#" in self.context.text[content_start(self.context.text, node.span.start) : node.span.end]

    def visit_tagged(self, node: Tagged, slots: list[Slot], site: Site) -> None:
        """Write the content of a short-form tag, or the whole in long form where the tag can no longer stand."""
        if len(slots) != 1 or slots[0].key != node.function or not _fits_tag(node, slots[0].value):
            replace(self.context, node, data_of(Changed(node, slots)), site)
            return
        text = self.context.text
        after = properties_end(text, node.span.start)
        column = site.column
        if site.kind == "dash" and same_line(text, site.after, node.span.start):
            column += node.span.start - site.after + 1
        self.visit(
            node.content, slots[0].value, Site("tag", after, column, node.function, [*site.path, node], flow=site.flow)
        )


def _fits_tag(node: Tagged, value: Working) -> bool:
    """Tell whether new content can stand behind the tag: no number, and no text for ``!GetAtt``, which it would split."""
    if not isinstance(value, New):
        return True
    if isinstance(value.data, str):
        return node.function != "Fn::GetAtt"
    return isinstance(value.data, list | dict)


def _keep_anchors(context: Context, root: Node) -> None:
    """Refuse edits that take an anchor away from an alias that stays in the text."""
    if not any("&" in context.text[edit.span.start : edit.span.end] for edit in context.edits):
        return
    for alias in aliases(root):
        if _is_gone(context, alias.target) and not _is_gone(context, alias):
            message = f"the edit would remove the anchor &{alias.name}, which an alias further down still uses"
            raise context.refused(message, alias.target.span.start)


def _is_gone(context: Context, node: Node) -> bool:
    start = node.span.start
    if any(kept.start <= start < kept.end for kept in context.kept):
        return False
    return any(edit.span.start <= start < edit.span.end for edit in context.edits)


def _replace_tabs(context: Context) -> None:
    """Indent with blanks the comments and empty lines behind an edit that a tab indents.

    libyaml takes the tab for a part of the plain text above, and refuses it where another text comes to stand there.
    """
    text = context.text
    if "\t" not in text:
        return
    for edit in list(context.edits):
        index = context.after_line(edit.span.end)
        while (sign := skip_blanks(text, index)) < len(text) and text[sign] in BREAKS + "#":
            blanks = text[index:sign]
            covered = any(other.span.start < sign and other.span.end > index for other in context.edits)
            if "\t" in blanks and not covered:
                context.put(index, sign, blanks.replace("\t", " "))
            index = next_line(text, sign)


def _keep_last_scalar(context: Context, root: Node) -> None:
    """Keep the value of a block scalar that ends the text without a line break, where lines now follow it."""
    text = context.text
    if text[-1:] in BREAKS or not any(edit.span.start == len(text) for edit in context.edits):
        return
    leaf = last_leaf(root)
    if not isinstance(leaf, ScalarNode) or leaf.style not in {"|", ">"} or leaf.text.endswith("\n"):
        return
    start = content_start(text, leaf.span.start) + 1
    stop = start
    while text[stop] in "+-0123456789":
        stop += 1
    if not any(edit.span.start < leaf.span.end and edit.span.end > leaf.span.start for edit in context.edits):
        context.put(start, stop, text[start:stop].replace("+", "").replace("-", "") + "-")
