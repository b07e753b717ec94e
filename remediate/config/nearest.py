"""Which configuration holds for a file: the nearest one above it, up to the top of its git repository."""

from __future__ import annotations

import os
from pathlib import Path

from remediate.config import Config, of_folder


class Nearest:
    """The configurations of a run, each read once, and each folder looked at once, however many files are in it."""

    def __init__(self, here: Config) -> None:
        """Begin with the configuration of the working folder, which holds where there is none above a file."""
        self.here = here
        self._known: dict[str, Config] = {}
        if here.file:
            self._known[str(here.file.absolute().parent)] = here

    def of_file(self, path: str) -> Config:
        """Return the configuration that holds for a file, given by its absolute path; it need not be there.

        Raises ConfigError for one that cannot be used.
        """
        return self.of_folder(os.path.dirname(path))  # noqa: PTH120  # asked of every file of a run

    def of_folder(self, folder: str) -> Config:
        """Return the configuration that holds for the files in a folder, given by its absolute path."""
        found = self._known.get(folder)
        if found is None:
            found = self._known[folder] = self._read(folder)
        return found

    def _read(self, folder: str) -> Config:
        path = Path(folder)
        own = of_folder(path)
        if own is not None:
            return own
        if path.parent == path or (path / ".git").exists():
            return self.here
        return self.of_folder(str(path.parent))
