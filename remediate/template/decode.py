"""From the bytes of a file to its text, without changing a character on the way."""

from __future__ import annotations

import codecs

from remediate.template.errors import Unreadable, line_and_column

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode(raw: bytes) -> tuple[str, bool]:
    """Return the text without its byte-order mark, and whether there was one. Line ends stay as they are.

    Raises Unreadable, with the place of the first bad byte, for anything but UTF-8: CloudFormation takes nothing else.
    """
    if raw.startswith(_UTF_16):
        raise Unreadable("the file is UTF-16: save it as UTF-8", 1, 1)
    bom = raw.startswith(codecs.BOM_UTF8)
    body = raw[len(codecs.BOM_UTF8) :] if bom else raw
    try:
        return body.decode("utf-8"), bom
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8")
        message = f"byte 0x{body[error.start]:02x} is not valid UTF-8: save the file as UTF-8"
        raise Unreadable(message, *line_and_column(before, len(before))) from error
