"""
Putting the community folder in place: whole or not at all, with the answers of meetings kept.

The new folder is written beside the old one and takes its place by renaming. A crash leaves the old folder or the new
one; where it fell between the two renames, the next run puts the old one back first.
"""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from geo.errors import InputError
from geo.files import flush_folder

ANSWERS = "answers"
# What the folder consists of; anything else in it is somebody's and is never replaced.
OURS = frozenset({"index.html", "areas", "images", "figures.csv", "release.json", "sheet.pdf", ANSWERS})
# What systems leave in any folder that is looked at.
STRAY = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


def replace_folder(folder: Path, write: Callable[[Path], None]) -> None:
    """
    Let `write` fill an empty folder, then put it in the place of `folder`, whose answers stay.

    Raises
    ------
    InputError
        Key `community.foreign` if the folder holds what is not ours; `export.no_folder` if it cannot be written.
    """
    folder = Path(os.path.realpath(folder))
    fresh, old = _beside(folder, "new"), _beside(folder, "old")
    try:
        recover_folder(folder)
        require_ours(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            write(fresh)
            _flush(fresh)
            _carry_answers(folder, fresh)
            _swap(folder, fresh, old)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise _not_written(folder, error) from error


def require_writable(folder: Path) -> None:
    """
    Refuse, before anything is released, a folder that could not be put in place.

    Raises
    ------
    InputError
        Keys `community.foreign`, `community.mount`, `export.no_folder`.
    """
    folder = Path(os.path.realpath(folder))
    try:
        recover_folder(folder)
        require_ours(folder)
        if os.path.ismount(folder):
            raise InputError(
                f"{folder} is a whole disk or stick; a folder on it is needed.",
                remedy=f"Name a folder on it, such as {folder / 'community'}.",
                key="community.mount",
                folder=str(folder),
            )
        fresh = _beside(folder, "new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        fresh.rmdir()
    except OSError as error:
        raise _not_written(folder, error) from error


def require_ours(folder: Path) -> None:
    """
    Refuse to write where something else lies.

    Raises
    ------
    InputError
        Key `community.foreign`.
    """
    if not folder.exists():
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    names = {name for name in names if name.lower() not in STRAY}
    # Answers alone are what is left of a folder of ours; pages without releases are not.
    ours = folder.is_dir() and names <= OURS and (names <= {ANSWERS} or is_community_folder(folder))
    if not ours:
        raise InputError(
            f"{folder} holds other things than a community folder.",
            remedy="Name an empty folder, or one that this command wrote.",
            key="community.foreign",
            folder=str(folder),
        )


def is_community_folder(folder: Path) -> bool:
    """Whether this is a folder that `community` wrote."""
    return (folder / "release.json").is_file() and (folder / "index.html").is_file() and (folder / "areas").is_dir()


def require_community_folder(folder: Path) -> None:
    """
    Refuse what is no community folder.

    Raises
    ------
    InputError
        Key `community.no_folder`.
    """
    if not is_community_folder(folder):
        raise no_community_folder(folder)


def no_community_folder(folder: Path) -> InputError:
    """The refusal of a folder that `community` did not write, or that was damaged since."""
    return InputError(
        f"{folder} is no community folder, or is damaged.",
        remedy="Write one first: community -o FOLDER.",
        key="community.no_folder",
        folder=str(folder),
    )


def recover_folder(folder: Path) -> None:
    """Put the old folder back where a crash fell between the two renames, and sweep what crashes left."""
    old = _beside(folder, "old")
    if old.is_dir():
        if folder.exists():
            _carry_answers(old, folder)
            shutil.rmtree(old)
        else:
            os.replace(old, folder)


def _swap(folder: Path, fresh: Path, old: Path) -> None:
    if not folder.exists():
        os.replace(fresh, folder)
    else:
        os.replace(folder, old)
        try:
            os.replace(fresh, folder)
        except OSError:
            if not folder.exists():
                os.replace(old, folder)
            raise
        # What a meeting wrote while the folder was being replaced.
        _carry_answers(old, folder)
        shutil.rmtree(old, ignore_errors=True)
    flush_folder(folder.parent)


def _carry_answers(source: Path, target: Path) -> None:
    """Copy the answers that are not there yet, and what else somebody put there; their names say their content."""
    if not (source / ANSWERS).is_dir():
        return
    (target / ANSWERS).mkdir(exist_ok=True)
    for path in sorted((source / ANSWERS).iterdir()):
        there = target / ANSWERS / path.name
        if os.path.lexists(there):
            continue
        if path.is_symlink():
            # Never followed; a disk that knows no links loses it.
            with contextlib.suppress(OSError):
                there.symlink_to(os.readlink(path))
        elif path.is_dir():
            shutil.copytree(path, there, symlinks=True, ignore=_neither_file_nor_folder)
        elif path.is_file():
            shutil.copy2(path, there)


def _neither_file_nor_folder(folder: str, names: list[str]) -> list[str]:
    """Pipes and the like, which cannot be copied."""
    paths = {name: Path(folder, name) for name in names}
    return [name for name, path in paths.items() if not (path.is_symlink() or path.is_file() or path.is_dir())]


def _beside(folder: Path, kind: str) -> Path:
    return folder.with_name(f".{folder.name}.{kind}")


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as handle:
                os.fsync(handle.fileno())


def _not_written(folder: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        f"{folder} cannot be written to: {reason}.",
        remedy="Check that the folder exists and may be written.",
        key="export.no_folder",
        folder=str(folder),
        reason=reason,
    )
