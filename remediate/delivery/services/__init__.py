"""The log services that are known: what ships in ``patches/``, by id. Only what data cannot say stands here in Python."""

from __future__ import annotations

import functools
from pathlib import Path

from remediate.delivery.service import LogService
from remediate.delivery.service_file import LOADED, load_service

DEFAULT = "cloudtrail"
_FILE = "service.yaml"


def shipped() -> Path:
    """Return the shipped patches: inside the installed package, or at the top of a source checkout."""
    package = Path(__file__).parent.parent.parent
    return package / "patches" if (package / "patches").is_dir() else package.parent / "patches"


def default_service() -> LogService:
    """Return the service that is meant where the user names none."""
    return load_service(shipped() / DEFAULT / _FILE)


@functools.cache
def shipped_services() -> tuple[LogService, ...]:
    """Return all services that ship, the default one first."""
    ids = sorted(service_ids(), key=lambda one: (one != DEFAULT, one))
    return tuple(load_service(shipped() / one / _FILE) for one in ids)


def known_services() -> tuple[LogService, ...]:
    """Return all services that ship, the default one first, and those of the user's own that a run has read."""
    shipped_ones = shipped_services()
    ids = {one.id for one in shipped_ones}
    return (*shipped_ones, *(one for one in LOADED.values() if one.id not in ids))


def service_file(service: str, extra: Path | None = None) -> Path | None:
    """Return the file that describes a service, None where there is none; one in ``extra`` counts before a shipped one."""
    files = (root / service / _FILE for root in (extra, shipped()) if root)
    return next((file for file in files if file.is_file()), None)


def service_ids(extra: Path | None = None) -> list[str]:
    """Return the ids of all services, shipped and in ``extra``. Raises OSError."""
    return sorted({file.parent.name for root in (shipped(), extra) if root for file in root.glob(f"*/{_FILE}")})
