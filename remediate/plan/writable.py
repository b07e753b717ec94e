"""Planning what can be written: a resource whose text cannot take an edit is left, and said, and the others are changed."""

from __future__ import annotations

from msgspec.structs import replace

from remediate.delivery.locate import Located
from remediate.patch_set import PatchSet
from remediate.plan.options import Options
from remediate.plan.planning import Plan, plan
from remediate.template import Edit, Refused, Template, edit, tokens


def plan_edits(
    template: Template, located: Located, patch_set: PatchSet, options: Options
) -> tuple[Plan, list[Edit], Options]:
    """Plan a patch set, and write its operations as edits of the text; return with them the options that this took.

    They name the resources that stay as they are because an edit would have changed something else, a YAML alias for
    instance. Raises Refused where that is not the matter of one resource.
    """
    while True:
        planned = plan(located, patch_set, options)
        try:
            return planned, edit(template, planned.operations), options
        except Refused as error:
            _, *steps = tokens(error.path) if error.path else [""]
            if not steps or steps[0] in options.unwritable:
                raise
            reason = f"line {error.line}: {error.message}"
            options = replace(options, unwritable={**options.unwritable, steps[0]: reason})
