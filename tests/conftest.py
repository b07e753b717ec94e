"""Options of the test suite."""

from __future__ import annotations

import os

import pytest

os.environ.pop("COLUMNS", None)  # outputs are compared with files, whatever the terminal


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite expected files and snapshots with what comes out now")
