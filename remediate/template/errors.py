"""What can go wrong with a template: it cannot be read, or an edit of it would break something."""

from __future__ import annotations

from remediate.errors import RemediateError


class TemplateError(RemediateError):
    """A fault at a place in the text.

    ``line`` and ``column`` count from 1; 0 means that the fault has no single place.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        """Keep the message apart from the place, so that a caller can put a path before both."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    def located(self, path: str) -> str:
        """Return ``path:line:column: message``, the form that editors and CI logs turn into links."""
        place = f"{path}:{self.line}:{self.column}" if self.line else path
        return f"{place}: {self.message}"


class Unreadable(TemplateError):
    """The text is no template that can be read: nothing was planned, nothing is touched."""


class NotTemplate(Unreadable):
    """The text can be read, but it is something else than a template."""


class TemplateInside(NotTemplate):
    """The text is the source of another tool and has a part of a template in it, which nobody has looked into."""


class Refused(TemplateError):
    """An operation cannot be written without breaking what the message names.

    ``path`` is the JSON pointer of that operation, where it is one of several that :func:`edit` was given.
    """

    path: str | None = None


def line_and_column(text: str, index: int) -> tuple[int, int]:
    """Return line and column (from 1) of a character index, counting LF, CRLF and CR as line ends."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
