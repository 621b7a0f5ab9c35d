"""What a file holds once it is unpacked: itself, or the members of an archive, within bounds and never outside them."""

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from geo.errors import InputError
from geo.limits import STANDARD, Limits
from geo.sniff import KINDS, LABELS, gunzip, zip_kind, zip_members

SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
BESIDE_GZIP = ("text", "json")  # read from memory as they are
_UTF8_NAME, _LOCKED = 0x800, 0x1


@dataclass(frozen=True)
class Piece:
    """One readable file on disk, and the name it goes by in reports: `archive.zip/member.csv` within an archive."""

    path: Path
    name: str


@dataclass
class Unpacked:
    """The pieces of one file, and the names of members that were left alone."""

    pieces: list[Piece] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@contextmanager
def unpacked(path: Path, limits: Limits = STANDARD) -> Iterator[Unpacked]:
    """
    Unpack a file for as long as the block runs.

    Raises
    ------
    InputError
        If an archive is damaged, locked, names files outside itself, holds nothing to read, or exceeds a limit.
    """
    ending = path.suffix.lower()
    inner = KINDS.get(Path(path.stem).suffix.lower(), "")
    if not path.is_file() or ending not in (".zip", ".kmz", ".gz") or (ending == ".gz" and inner in BESIDE_GZIP):
        yield Unpacked([Piece(path, path.name)])
        return
    with tempfile.TemporaryDirectory(prefix="walkwatch-") as folder:
        work = _Work(Path(folder), path, limits)
        if ending == ".gz":
            work.gzip()
        elif ending == ".kmz":
            work.kmz()
        else:
            work.zip(path, path.name, 1)
        if not work.found.pieces:
            raise _nothing(path, work.found.ignored)
        yield work.found


class _Work:
    """Unpacks one file into a folder; what all its archives together may hold is one budget."""

    def __init__(self, folder: Path, path: Path, limits: Limits) -> None:
        self.folder, self.path, self.limits = folder, path, limits
        self.found = Unpacked()
        self.size = self.members = 0

    def room(self) -> Path:
        room = self.folder / str(len(list(self.folder.iterdir())))
        room.mkdir()
        return room

    def gzip(self) -> None:
        target = self.room() / (Path(self.path.stem).name or "file")
        if target.suffix.lower() in (".zip", ".gz", ""):
            raise InputError(
                f"{self.path.name}: the ending {self.path.suffix!r} is none that can be read here.",
                remedy=f"Save it as one of {', '.join(KINDS)}.",
                key="read.ending", file=self.path.name, ending="".join(self.path.suffixes[-2:]),
                endings=", ".join(KINDS),
            )  # fmt: skip
        gunzip(self.path, target, self.limits)
        self.found.pieces.append(Piece(target, self.path.name))

    def kmz(self) -> None:
        members = self.checked(self.path)
        main = [m for m in members if m.filename.lower().endswith(".kml")]
        main.sort(key=lambda m: (m.filename.count("/"), m.filename.lower() != "doc.kml", m.filename))
        if main:
            target = self.copy(self.path, main[0], self.room() / "doc.kml")
            self.found.pieces.append(Piece(target, self.path.name))

    def zip(self, path: Path, shown: str, depth: int) -> None:
        if depth > self.limits.depth:
            raise InputError(
                f"{self.path.name}: archives lie in archives more than {self.limits.depth} deep ({shown}).",
                remedy="Unpack the inner archive and give its files.",
                key="read.too_deep", file=self.path.name, member=shown, limit=self.limits.depth,
            )  # fmt: skip
        members = self.checked(path)
        if zip_kind(path) in ("xlsx", "ods"):
            raise InputError(
                f"{shown}: line 1: the ending says ZIP, the content is {LABELS[zip_kind(path)]}.",
                remedy="Export it again in the format that its ending says, or give it the ending of what it is.",
                key="read.other_kind", file=shown, claimed="ZIP", found=LABELS[zip_kind(path)],
            )  # fmt: skip
        names = {_name_of(m): m for m in members}
        shapes = {n[: -len(".shp")].lower() for n in names if n.lower().endswith(".shp")}
        rooms = {shape: self.room() for shape in sorted(shapes)}
        only_notes = not any(_reads(name) and not name.lower().endswith(".txt") for name in names)
        for name, member in sorted(names.items()):
            stem, ending = name[: len(name) - len(PurePosixPath(name).suffix)], PurePosixPath(name).suffix.lower()
            base = PurePosixPath(name).name
            if ending in SHAPEFILE and stem.lower() in rooms:
                target = self.copy(path, member, rooms[stem.lower()] / f"shape{ending}")
                if ending == ".shp":
                    self.found.pieces.append(Piece(target, f"{shown}/{name}"))
            elif ending == ".zip":
                self.zip(self.copy(path, member, self.room() / base), f"{shown}/{name}", depth + 1)
            elif _reads(name) and (ending != ".txt" or only_notes):
                self.member(self.copy(path, member, self.room() / base), f"{shown}/{name}")
            else:
                self.found.ignored.append(name)

    def member(self, path: Path, shown: str) -> None:
        """A member that is compressed in its own way once more."""
        inner = _Work(self.folder, path, self.limits)
        if path.suffix.lower() == ".kmz":
            inner.kmz()
        elif path.suffix.lower() == ".gz" and KINDS.get(Path(path.stem).suffix.lower()) not in BESIDE_GZIP:
            inner.gzip()
        else:
            inner.found.pieces.append(Piece(path, shown))
        self.size += inner.size
        self.found.pieces += [Piece(piece.path, shown) for piece in inner.found.pieces]

    def checked(self, path: Path) -> list[zipfile.ZipInfo]:
        """The files of an archive, once the budget of all archives bears them."""
        members = [m for m in zip_members(path, self.limits, self.path.name) if not m.is_dir()]
        self.members += len(members)
        self.size += sum(m.file_size for m in members)
        if self.members > self.limits.members or self.size > self.limits.size:
            raise _too_many(self.path, self.limits)
        locked = [m for m in members if m.flag_bits & _LOCKED]
        if locked:
            raise InputError(
                f"{self.path.name}: the archive is locked with a password.",
                remedy="Unpack it and give its files.", key="read.zip_locked", file=self.path.name,
            )  # fmt: skip
        return [m for m in members if not _hidden(m)]

    def copy(self, path: Path, member: zipfile.ZipInfo, target: Path) -> Path:
        """Write a member under a name of ours: nothing is written outside the folder."""
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
            raise InputError(
                f"{self.path.name}: the archive is damaged ({type(error).__name__}).",
                remedy="Copy or export it again.", key="read.zip", file=self.path.name, reason=type(error).__name__,
            ) from error  # fmt: skip
        return target


def within(error: InputError, piece: Piece) -> InputError:
    """The same refusal, naming the member by its archive; a temporary name says nothing to anyone."""
    name = error.facts.get("file")
    if name != piece.path.name or name == piece.name:
        return error
    facts = {**error.facts, "file": piece.name}
    return InputError(
        error.message.replace(piece.path.name, piece.name, 1), remedy=error.remedy, key=error.key, **facts
    )


def _reads(name: str) -> bool:
    lower = name.lower()
    ending = PurePosixPath(lower.removesuffix(".gz")).suffix
    return KINDS.get(ending, "shp") not in ("shp", "zip") or ending == ".kmz"


def _hidden(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    link = stat.S_ISLNK(member.external_attr >> 16)
    return link or parts[0] == "__MACOSX" or parts[-1].startswith((".", "~$"))


def _name_of(member: zipfile.ZipInfo) -> str:
    """The member's name; Chinese systems write it in GBK without saying so."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _nothing(path: Path, ignored: list[str]) -> InputError:
    found = ", ".join(ignored[:6]) or "–"
    endings = ", ".join(KINDS)
    return InputError(
        f"{path.name}: the archive holds no file that can be read; it holds {found}.",
        remedy=f"Pack files that end in one of {endings}.",
        key="read.zip_nothing", file=path.name, found=found, endings=endings,
    )  # fmt: skip


def _too_many(path: Path, limits: Limits) -> InputError:
    return InputError(
        f"{path.name}: the archive holds more than {limits.members} files, or more than {limits.gigabytes:g} GB.",
        remedy="Split it, or pack only the files that are needed.",
        key="read.zip_too_many", file=path.name, limit=limits.members, gigabytes=f"{limits.gigabytes:g}",
    )  # fmt: skip
