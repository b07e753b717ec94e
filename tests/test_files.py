"""Writing a file: at once or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from remediate import files


def test_writes_the_content_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old\r\n")
    files.write(file, b"old\r\n", b"new\n")
    assert file.read_bytes() == b"new\n"
    assert [one.name for one in tmp_path.iterdir()] == ["stack.yaml"]


def test_keeps_the_mode(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old")
    file.chmod(0o640)
    files.write(file, b"old", b"new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_follows_a_symbolic_link(tmp_path: Path) -> None:
    target = tmp_path / "real" / "stack.yaml"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link = tmp_path / "link.yaml"
    link.symlink_to(target)
    files.write(link, b"old", b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_refuses_a_file_that_changed(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"somebody's edit")
    with pytest.raises(files.Changed, match="the file changed while it was worked on"):
        files.write(file, b"old", b"new")
    assert file.read_bytes() == b"somebody's edit"


def test_leaves_the_file_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write(file, b"old", b"new")
    assert file.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["stack.yaml"]


def no_failure(path: str, error: OSError) -> None:
    raise AssertionError(path) from error


def test_finds_templates_in_folders(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "d.template", "e.txt", ".hidden/f.yaml", "node_modules/g.yaml", "sub/h.YAML"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [str(one.relative_to(tmp_path)) for one in files.templates_in(tmp_path, no_failure)]
    assert found == ["a.yml", "b.yaml", "c.json", "d.template", "sub/h.YAML"]
