"""Writing a file: at once or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from remediate import files
from remediate.walk import Walk


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
    with pytest.raises(files.Changed, match="the file was modified during the run"):
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
    found = [str(Path(one.path).relative_to(tmp_path)) for one in Walk(no_failure).templates_in(str(tmp_path))]
    assert found == ["a.yml", "b.yaml", "c.json", "d.template", "sub/h.YAML"]


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/x.yaml", "b/x.yaml"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"")
    real = os.scandir

    def locked(path: str) -> object:
        if Path(path).name == "a":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", locked)
    failed: list[str] = []
    found = [one.path for one in Walk(lambda path, _: failed.append(path)).templates_in(str(tmp_path))]
    assert (found, failed) == ([str(tmp_path / "b/x.yaml")], [str(tmp_path / "a")])


def test_folders_may_be_nested_deeply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    depth = sys.getrecursionlimit() + 100
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(tmp_path)
    failed: list[int | None] = []
    assert list(Walk(lambda _, error: failed.append(error.errno)).templates_in("d")) == []
    assert failed in ([], [errno.ENAMETOOLONG])
    for _ in range(depth):
        os.chdir("d")
    for _ in range(depth):
        os.chdir("..")
        Path("d").rmdir()


def test_works_where_nobody_owns_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "chown")
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old")
    files.write(file, b"old", b"new")
    assert file.read_bytes() == b"new"


def test_an_owner_that_cannot_be_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path, user: int, __: int) -> None:
        if user != -1:
            raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse, raising=False)
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old")
    with files.replacement(file, b"old", b"new") as ready:
        ready.put()
    assert ready.lost == ("the owner of the file could not be preserved",)


def test_another_name_of_the_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old")
    (tmp_path / "other.yaml").hardlink_to(file)
    with files.replacement(file, b"old", b"new") as ready:
        ready.put()
    assert ready.lost == ("the file has 1 other hard link(s), which keep the old content",)
    assert (tmp_path / "other.yaml").read_bytes() == b"old"


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are Linux's here")
def test_keeps_extended_attributes_where_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old")
    try:
        os.setxattr(file, "user.reviewed", b"yes")
    except OSError:
        pytest.skip("the file system has none")
    files.write(file, b"old", b"new")
    assert os.getxattr(file, "user.reviewed") == b"yes"

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "setxattr", refuse)
    with files.replacement(file, b"new", b"newer") as ready:
        ready.put()
    assert ready.lost == ("the extended attribute user.reviewed of the file could not be preserved",)


def test_what_is_not_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"old")
    with files.replacement(file, b"old", b"new") as ready:
        assert len(list(tmp_path.iterdir())) == 2
    assert not ready.done
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"old", [file])


def test_a_file_that_is_gone_is_not_called_read_only(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write(tmp_path / "stack.yaml", b"old", b"new")


def test_a_name_of_the_greatest_length(tmp_path: Path) -> None:
    file = tmp_path / ("x" * 250 + ".yaml")
    file.write_bytes(b"old")
    files.write(file, b"old", b"new")
    assert file.read_bytes() == b"new"


def test_a_folder_whose_whole_path_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    depth = 20
    for _ in range(depth):
        Path("x" * 250).mkdir()
        os.chdir("x" * 250)
    file = Path("stack.yaml")
    file.write_bytes(b"old")
    files.write(file, b"old", b"new")
    assert file.read_bytes() == b"new"
    file.unlink()
    for _ in range(depth):
        os.chdir("..")
        Path("x" * 250).rmdir()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stack.yaml")
    with pytest.raises(OSError, match="not a regular file, so it cannot be changed in place; use --dry-run"):
        files.read(tmp_path / "stack.yaml", 100, regular=True)


def test_reads_so_much_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_bytes(b"x" * 100)
    assert files.read(file, 100) == b"x" * 100
    with pytest.raises(files.TooLarge) as raised:
        files.read(file, 99)
    assert len(raised.value.head) == 100
