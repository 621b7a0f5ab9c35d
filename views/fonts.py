"""Is there a Chinese face on this machine? Decided once, for matplotlib's maps and the pages that Typst sets."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Chinese first, so that digits match the characters; sans before serif, simplified before the other regions' shapes.
PREFERRED = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "HarmonyOS Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "DengXian",
    "Noto Sans CJK TC", "Noto Sans TC", "Microsoft JhengHei", "Droid Sans Fallback", "Noto Serif CJK SC",
    "Source Han Serif SC", "STSong", "SimSun", "NSimSun", "KaiTi", "FangSong", "AR PL UMing CN", "AR PL UKai CN",
)  # fmt: skip
# Matplotlib's wheel carries it, so that Latin text has a sans face on any machine.
LATIN_FAMILY = "DejaVu Sans"
SAMPLE = "邻望走访守隐患纠纷"


@dataclass(frozen=True)
class Face:
    """
    The face a page is set in.

    Attributes
    ----------
    family : str
        Its name, for Typst.
    regular, bold : tuple of (str, int)
        File and index inside it, for matplotlib; `bold` is `regular` where the family has one weight.
    chinese : bool
        Whether it holds Chinese characters.
    """

    family: str
    regular: tuple[str, int]
    bold: tuple[str, int]
    chinese: bool

    def can_draw(self, text: str) -> bool:
        """Whether every character has a glyph in the regular weight."""
        font = _font(*self.regular)
        return all(character.isspace() or font.get_char_index(ord(character)) for character in text)


def find_face(*, system_fonts: bool = True) -> Face:
    """
    Find the face to print in: a Chinese one where the machine has one, else the Latin one of matplotlib's wheel.

    Parameters
    ----------
    system_fonts : bool
        False looks at no font of the machine, as if none were installed.
    """
    return _find(system_fonts)


def latin_folder() -> Path:
    """The folder of the Latin face, for Typst's `font_paths`."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def _find(system_fonts: bool) -> Face:
    families = _system_families() if system_fonts else {}
    ordered = [name for name in PREFERRED if name in families] + sorted(set(families) - set(PREFERRED))
    for name in ordered:
        faces = families[name]
        regular = min(faces, key=lambda face: abs(face[0] - 400))
        if _holds_chinese(regular[1]):
            bold = min(faces, key=lambda face: abs(face[0] - 700))
            return Face(name, regular[1], bold[1], chinese=True)
    folder = latin_folder()
    regular_file, bold_file = folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"
    return Face(LATIN_FAMILY, (str(regular_file), 0), (str(bold_file), 0), chinese=False)


def _system_families() -> dict[str, list[tuple[int, tuple[str, int]]]]:
    """Upright system fonts as Typst lists them: what is found here is what Typst will find."""
    import typst

    families: dict[str, list[tuple[int, tuple[str, int]]]] = {}
    for info in typst.Fonts(include_embedded_fonts=False).fonts():
        if info.path and info.style.lower() == "normal":
            families.setdefault(info.family, []).append((info.weight, (info.path, info.index)))
    return {name: sorted(faces) for name, faces in families.items()}


def _holds_chinese(file: tuple[str, int]) -> bool:
    try:
        font = _font(*file)
    except (OSError, RuntimeError):
        return False  # a font file that FreeType cannot open is no use to the maps
    return all(font.get_char_index(ord(character)) for character in SAMPLE)


@cache
def _font(path: str, index: int):  # type: ignore[no-untyped-def]
    from matplotlib.ft2font import FT2Font

    return FT2Font(path, face_index=index)
