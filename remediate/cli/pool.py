"""Worker processes: several templates at a time, each in a process that ends with this one, whatever ends it."""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import threading
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing.connection import wait

from remediate.engine import Report
from remediate.environments import Environment, remediate_for
from remediate.errors import RemediateError
from remediate.patch_set import PatchSet
from remediate.signals import held_back, raise_nothing
from remediate.template import TemplateError


class Fault(RemediateError):
    """A fault of this program's own in a worker, or the end of one."""


class Workers:
    """Processes that fix templates. Raises OSError or ImportError where the system has no means to make some."""

    def __init__(self, count: int) -> None:
        """Prepare to start up to so many processes."""
        # Of the ways to start a process, "spawn" is the one that every system has, and that threads do not disturb.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
        self._pickled: dict[int, tuple[object, bytes]] = {}

    def submit(
        self, raw: bytes, name: str, patch_sets: Sequence[PatchSet], environments: Sequence[Environment]
    ) -> Future[bytes]:
        """Have a template fixed. Raises Fault where a process has ended that should not have."""
        wanted = (patch_sets, environments)
        if id(environments) not in self._pickled:
            self._pickled[id(environments)] = wanted, pickle.dumps(wanted)
        try:
            with held_back():  # a process that begins must not be interrupted before it is ready for it
                return self._pool.submit(_work, raw, name, self._pickled[id(environments)][1])
        except BrokenExecutor as error:
            raise Fault(_ENDED) from error

    def end(self) -> None:
        """End all processes at once."""
        for process in multiprocessing.active_children():
            process.terminate()
        # Waited for: the thread that looks after the pool would otherwise end with Python, and complain of a closed pipe.
        self._pool.shutdown(cancel_futures=True)


_ENDED = "a process ended that should not have (out of memory, perhaps); try --jobs 1"


def result(future: Future[bytes]) -> Report | None:
    """Return the report of a worker; None for one that is too deep to be sent. Raises what the worker did, and Fault."""
    try:
        sent = future.result()
    except BrokenExecutor as error:
        raise Fault(_ENDED) from error
    found = pickle.loads(sent) if sent else None  # noqa: S301  # from a process of our own
    if isinstance(found, BaseException):
        raise found
    return found if isinstance(found, Report) else None


def _begin() -> None:
    """Let the main process decide when a worker ends: at its word, or with it."""
    raise_nothing()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _work(raw: bytes, name: str, wanted: bytes) -> bytes:
    found: object
    try:
        found = remediate_for(raw, name, *_unpickled(wanted))
    except (TemplateError, MemoryError) as error:
        found = error
    except RemediateError as error:
        found = RemediateError(str(error))
    except Exception as error:  # noqa: BLE001  # it is reported for this file, and costs no other
        found = Fault(f"internal error, please report it ({type(error).__name__}: {error})")
    try:
        return pickle.dumps(found)
    except (pickle.PicklingError, RecursionError, MemoryError, TypeError, AttributeError):
        return b""


@functools.lru_cache(maxsize=64)
def _unpickled(wanted: bytes) -> tuple[Sequence[PatchSet], Sequence[Environment]]:
    found: tuple[Sequence[PatchSet], Sequence[Environment]] = pickle.loads(wanted)  # noqa: S301  # as above
    return found
