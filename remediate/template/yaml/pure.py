"""The parser for installations of PyYAML without libyaml: twenty times slower, with the same events and marks."""

from __future__ import annotations

from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner


class PureParser(Reader, Scanner, Parser):
    """PyYAML's own scanner and parser, without what composes and constructs."""

    def __init__(self, text: str) -> None:
        """Begin at the start of ``text``."""
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
