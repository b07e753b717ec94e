"""Data as the text of a template, in a style that chance chooses: block or flow, quotes, comments, anchors, line ends."""

from __future__ import annotations

import json
import random
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/$][A-Za-z0-9_:./*${}-]*[A-Za-z0-9_/*}]|[A-Za-z]")
_WORDS = frozenset(["yes", "no", "true", "false", "on", "off", "null", "y", "n"])
_SHORT = frozenset({"Ref", "Condition"})
_WIDE = 100


def render(data: Any, chance: random.Random) -> str:
    """Return a template's data as text."""
    if chance.random() < 0.2:
        return _with_line_ends(_as_json(data, chance), chance)
    return _with_line_ends(_Writer(chance).document(data), chance)


def _as_json(data: Any, chance: random.Random) -> str:
    indent = chance.choice([None, 1, 2, 2, 4, "\t"])
    separators = chance.choice([None, (",", ":"), (" , ", " : ")]) if indent is None else None
    text = json.dumps(data, indent=indent, separators=separators, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.3:  # a list or object of a line of its own, as people write them
        text = re.sub(r"\[\s+([^\[\]{}]{0,80}?)\s+\]", lambda found: "[" + re.sub(r"\s*\n\s*", " ", found[1]) + "]", text)
    return text + chance.choice(["\n", "\n", ""])


def _with_line_ends(text: str, chance: random.Random) -> str:
    return text.replace("\n", "\r\n") if chance.random() < 0.1 else text


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.step = chance.choice([2, 2, 2, 4, 3])
        self.hang = chance.choice([0, 2, 2, self.step])
        self.flow = chance.choice([0.03, 0.1, 0.4])
        self.comments = chance.choice([0.0, 0.05, 0.3])
        self.quotes = chance.choice(["", "'", '"', "mixed"])
        self.short = chance.choice([1.0, 1.0, 0.7, 0.0])
        self.anchored = chance.random() < 0.06
        self.anchors: dict[str, str] = {}
        self.count = 0

    def document(self, data: Any) -> str:
        head = self.chance.choice(["", "", "", "---\n", "%YAML 1.1\n---\n", "\n", "# template\n\n"])
        tail = self.chance.choice(["", "", "", "\n", "...\n", "# the end\n"])
        text = head + "\n".join(self.block(data, 0)) + "\n" + tail
        return text.rstrip("\n") if self.chance.random() < 0.08 else text

    def block(self, data: Any, column: int) -> list[str]:
        """Return the lines of a mapping or list that is not empty."""
        lines: list[str] = []
        if isinstance(data, dict):
            for key, value in data.items():
                lines += self.remark(column)
                lines += self.entry(" " * column + self.text(key, key=True) + ":", value, column, in_list=False)
                if column <= self.step and self.chance.random() < 0.1:
                    lines.append("")
            return lines
        for item in data:
            lines += self.remark(column)
            lines += self.entry(" " * column + "-", item, column, in_list=True)
        return lines

    def entry(self, head: str, value: Any, column: int, *, in_list: bool) -> list[str]:
        """Return the lines of a member or an item, whose key or dash is in ``head``."""
        value, tag = self.tagged(value)
        anchor, alias = ("", "") if tag else self.anchor(value)  # an anchor would hold the tag, too
        if alias:
            return [f"{head} {alias}{self.end()}"]
        head += "".join(f" {one}" for one in (tag, anchor) if one)
        if not isinstance(value, dict | list):
            return self.scalar(head, value, column, tagged=bool(tag))
        if not value or self.chance.random() < self.flow:
            return self.flowing(head, value, column)
        inner = column + self.step
        if isinstance(value, list) and not in_list:
            inner = column + self.hang
        rows = self.block(value, column + 2 if in_list else inner)
        compact = in_list and not tag and not anchor and rows[0].strip() and not rows[0].lstrip().startswith("#")
        if compact and self.chance.random() < 0.9:
            return [head + " " + rows[0].lstrip(" "), *rows[1:]]
        return [head + self.end(), *rows]

    def tagged(self, value: Any) -> tuple[Any, str]:
        """Return what stands behind the tag of a function's short form, and the tag."""
        if not isinstance(value, dict) or len(value) != 1 or self.chance.random() >= self.short:
            return value, ""
        ((name, argument),) = value.items()
        if not isinstance(name, str) or not (name in _SHORT or re.fullmatch(r"Fn::[A-Za-z]+", name)):
            return value, ""
        if name == "Fn::GetAtt":
            two = isinstance(argument, list) and len(argument) == 2 and all(isinstance(one, str) for one in argument)
            if not two or "." in argument[0] or not argument[0]:
                return value, ""
            return ".".join(argument), "!GetAtt"
        if name in _SHORT and not isinstance(argument, str):
            return value, ""
        nested = isinstance(argument, dict) and len(argument) == 1 and next(iter(argument)) != "Fn::Transform"
        if nested and self.tagged_name(argument):
            return value, ""
        return argument, "!" + name.removeprefix("Fn::")

    def tagged_name(self, value: dict[str, Any]) -> bool:
        name = next(iter(value))
        return isinstance(name, str) and (name in _SHORT or name.startswith("Fn::"))

    def anchor(self, value: Any) -> tuple[str, str]:
        """Return an anchor for this value, or the alias of one that is the same."""
        if not self.anchored or not isinstance(value, dict | list) or not value:
            return "", ""
        same = json.dumps(value, default=str)
        if same in self.anchors:
            return ("", self.anchors[same]) if self.chance.random() < 0.7 else ("", "")
        if len(same) > 400 or self.chance.random() < 0.7:
            return "", ""
        name = f"a{len(self.anchors)}"
        self.anchors[same] = f"*{name}"
        return f"&{name}", ""

    def scalar(self, head: str, value: Any, column: int, *, tagged: bool) -> list[str]:
        long = isinstance(value, str) and len(value) > 20 and re.fullmatch(r"[!-~]+(?: [!-~]+)*", value)
        if long and self.chance.random() < 0.03:
            header = self.chance.choice(["|-", ">-"])
            return [f"{head} {header}{self.end()}", " " * (column + self.step) + value]
        del tagged
        return [f"{head} {self.text(value)}{self.end()}"]

    def text(self, value: Any, *, key: bool = False, flow: bool = False) -> str:
        """Return a scalar, quoted where it must be or chance wants it."""
        if not isinstance(value, str):
            return json.dumps(value)
        if key and value == "<<":
            return value
        style = self.chance.choice(["", "'", '"']) if self.quotes == "mixed" else self.quotes
        plain = (
            _PLAIN.fullmatch(value) and value.lower() not in _WORDS and (("{" not in value and "}" not in value) or not flow)
        )
        plain = plain and (not value.endswith(":")) and not (flow and ("," in value or "[" in value)) and not (key and flow)
        if plain and (not style or self.chance.random() < 0.6 or key):
            return value
        if style != '"' and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=True)

    def flowing(self, head: str, value: Any, column: int) -> list[str]:
        line = self.inline(value)
        if len(line) < _WIDE or not value or self.chance.random() < 0.5:
            return [f"{head} {line}{self.end()}"]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        parts = (
            [f"{self.text(key, key=True, flow=True)}: {self.inline(one)}" for key, one in value.items()]
            if isinstance(value, dict)
            else [self.inline(one) for one in value]
        )
        pad = " " * (column + self.step)
        rows = [f"{pad}{part},{self.end()}" for part in parts[:-1]] + [f"{pad}{parts[-1]}{self.end()}"]
        return [f"{head} {opening}{self.end()}", *rows, f"{pad}{closing}{self.end()}"]

    def inline(self, value: Any) -> str:
        """Return a value in flow style on one line."""
        value, tag = self.tagged(value)
        lead = f"{tag} " if tag else ""
        gap = self.chance.choice(["", "", " "])
        if isinstance(value, dict):
            members = [f"{self.text(key, key=True, flow=True)}: {self.inline(one)}" for key, one in value.items()]
            return f"{lead}{{{gap}{', '.join(members)}{gap}}}"
        if isinstance(value, list):
            return f"{lead}[{gap}{', '.join(map(self.inline, value))}{gap}]"
        return lead + self.text(value, flow=True)

    def end(self) -> str:
        """Return what ends a line: mostly nothing, else blanks or a comment that no other line has."""
        if self.chance.random() >= self.comments / 2:
            return "  " if self.comments and self.chance.random() < 0.02 else ""
        self.count += 1
        return f"{self.chance.choice([' ', '  '])}# c{self.count}"

    def remark(self, column: int) -> list[str]:
        if self.chance.random() >= self.comments / 2:
            return []
        self.count += 1
        return [" " * column + f"# c{self.count}: a remark"]
