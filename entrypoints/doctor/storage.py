"""The state folder and its disk."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from jackfield.adapters.caching.folder import is_trusted
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.entrypoints.doctor.findings import Finding, failed, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.files.folders import closing
from jackfield.entrypoints.settings.places import state_root

_LITTLE_BYTES: Final = 100_000_000
_NOTHING_BYTES: Final = 1_000_000
_REMOTE: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs"})
_MOUNTS: Final = Path("/proc/self/mountinfo")
_FOREIGN_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_POSIX: Final = os.name == "posix"


def root() -> Iterator[Finding]:
    """Look at the folder above all targets, where no target is known."""
    try:
        path = state_root()
        yield _folder(path, {path})
    except InvalidInput as error:
        yield failed("folder", error)


def folder(patient: Patient) -> Iterator[Finding]:
    """Check that the target's folder is its owner's alone, and can be written."""
    path = patient.settings.folder
    yield _folder(path, {path, path.parent})


def _folder(path: Path, ours: AbstractSet[Path]) -> Finding:
    """Look at *path* and what of *ours* is above it, or at the nearest folder that is there."""
    there = _nearest(path)
    for each in ours if there == path else {there}:
        trouble = _trouble(each, ours=each in ours)
        if trouble is not None:
            return failed("folder", trouble)
    if there != path:
        return ok("folder", f"{path} is made by the first command")
    return ok("folder", f"{path} ({path.stat().st_mode & 0o777:04o}) can be written")


def _nearest(path: Path) -> Path:
    """Return the folder itself, or the nearest above it that is there."""
    return next((each for each in (path, *path.parents) if os.path.lexists(each)), path)


def _trouble(path: Path, *, ours: bool) -> InvalidInput | Unavailable | None:
    remedy = "choose another path for the state folder (JACKFIELD_STATE)"
    if ours and path.is_symlink():
        return InvalidInput("the state folder is a symbolic link", place=str(path), remedy=remedy)
    if not path.is_dir():
        return InvalidInput("it is not a folder", place=str(path), remedy=remedy)
    found = path.stat()
    if ours and _POSIX and found.st_uid != os.geteuid():
        return InvalidInput(f"it belongs to user {found.st_uid}", place=str(path), remedy=remedy)
    if ours and _POSIX and found.st_mode & _FOREIGN_WRITE:
        return InvalidInput("other users can write to it", place=str(path), remedy=_mending(path, remedy))
    if not os.access(path, os.W_OK | os.X_OK) or (ours and _POSIX and not found.st_mode & stat.S_IWUSR):
        mending = _mending(path, remedy) if ours else remedy
        return InvalidInput("the folder is read-only", place=str(path), remedy=mending)
    return _unwritten(path, "mend the disk" if ours else f"mend the disk, or {remedy}")


def _mending(path: Path, other: str) -> str:
    """Never advise to change a folder that others may use."""
    mending = closing(path)
    return mending if mending.startswith("chmod") else other


def _unwritten(path: Path, remedy: str) -> Unavailable | None:
    """Write a little: a full disk and a read-only file system show in no mode."""
    try:
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(bytes(4096))
            file.flush()
    except OSError as error:
        return Unavailable(f"nothing can be written there ({error.strerror})", place=str(path), remedy=remedy)
    return None


def disk(patient: Patient) -> Iterator[Finding]:
    """Tell the free space and the file system."""
    path = patient.settings.folder
    yield room(shutil.disk_usage(_nearest(path)).free, _file_system(path), path)


def room(free: int, kind: str, path: Path) -> Finding:
    """Judge so many free bytes, and the kind of file system: over a network, locks cannot be trusted."""
    told = f"{free / 1e6:,.0f} MB free"
    if free < _NOTHING_BYTES:
        trouble = Unavailable(told, place=str(path), remedy="make room: nothing can be recorded")
        return failed("disk", trouble)
    if kind in _REMOTE:
        return warning(
            "disk",
            f"{told}; the file system is {kind}, over a network",
            "keep the state folder on a local disk (JACKFIELD_STATE)",
        )
    if free < _LITTLE_BYTES:
        return warning("disk", told, "make room: the ledger grows with every change")
    return ok("disk", f"{told}{f', {kind}' if kind else ''}")


def _file_system(path: Path) -> str:
    """Return the file system's kind where Linux tells it, else nothing."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return file_system(lines, path.absolute())


def file_system(mounts: list[str], path: Path) -> str:
    """Return the kind of the file system that *path* is on, by the lines of `/proc/self/mountinfo`."""
    best, kind = "", ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < len(("id", "parent", "device", "root", "mount")) or not after:
            continue
        mount = fields[4].replace("\\040", " ")
        if path.is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, after.split()[0]
    return kind


def cache(patient: Patient) -> Iterator[Finding]:
    """Tell of the cache of what was live; losing it is no harm, and one that is not trusted is replaced."""
    rules, path = patient.settings.live, patient.settings.folder / "cache"
    if rules.cache != "disk":
        yield skipped("cache", f"the settings choose {rules.cache!r}")
    elif not os.path.lexists(path):
        yield skipped("cache", "there is none yet")
    elif not is_trusted(path, size_limit=rules.cache_bytes):
        yield warning(
            "cache",
            f"{path} is not to be trusted: somebody else can change it, or it holds what is not the cache's",
            f"remove {path}: a new one is made",
        )
    else:
        size = sum(each.stat().st_size for each in path.iterdir())
        yield ok("cache", f"{path}, {size / 1e3:,.0f} kB")
