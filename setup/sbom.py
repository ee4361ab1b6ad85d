"""The bill of materials: `make sbom` writes what every lock pins as CycloneDX, offline."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from setup.layout import BUILD, ROOT
from setup.lock import LOCKS
from vertelpaal import __version__

SBOM = BUILD / "sbom.cdx.json"
SHIPPED = ("kiosk", "server")
"""The locks of what a library runs; the rest builds and tests it."""


def make_bom(root: Path = ROOT) -> Bom:
    """Return the bill of a clone: each package of its Python and npm locks, with its hash and who runs it."""
    locks = [*sorted((root / "locks").glob("*.txt")), root / "package-lock.json"]
    bom = Bom(serial_number=uuid5(NAMESPACE_OID, "".join(lock.read_text(encoding="utf-8") for lock in locks)))
    bom.metadata.component = Component(
        name="vertelpaal", version=__version__, type=ComponentType.APPLICATION, bom_ref="vertelpaal"
    )
    bom.components.update((*python_components(root), *npm_components(root)))
    bom.register_dependency(bom.metadata.component, bom.components)
    return bom


def python_components(root: Path) -> Iterator[Component]:
    """Yield each Python package, once for each version that some system installs."""
    runs: dict[tuple[str, str], set[str]] = {}
    hashes: dict[tuple[str, str], list[str]] = {}
    for lock in LOCKS:
        for line in (root / "locks" / f"{lock}.txt").read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            pin, *known = line.split("--hash=sha256:")
            wanted = Requirement(pin.strip())
            package = (wanted.name, str(wanted.specifier).removeprefix("=="))
            runs.setdefault(package, set()).add(lock)
            hashes[package] = [one.strip() for one in known]
    for (name, version), where in sorted(runs.items()):
        files = [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes[name, version]]
        yield component("pypi", name, version, files, where & set(SHIPPED))


def npm_components(root: Path) -> Iterator[Component]:
    """Yield each npm package; the build copies files of them, which both sides serve."""
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    for path, package in sorted(lock["packages"].items()):
        if path:
            sha512 = base64.b64decode(package["integrity"].removeprefix("sha512-")).hex()
            files = [HashType(alg=HashAlgorithm.SHA_512, content=sha512)]
            yield component("npm", path.rpartition("node_modules/")[2], package["version"], files, SHIPPED)


def component(kind: str, name: str, version: str, hashes: Iterable[HashType], where: Iterable[str]) -> Component:
    """Return a package of the bill; one that nobody runs in a library has the scope `excluded`."""
    space, _, bare = name.rpartition("/")
    url = PackageURL(kind, space or None, bare, version)
    sides = sorted(where)
    return Component(
        name=bare,
        group=space or None,
        version=version,
        type=ComponentType.LIBRARY,
        purl=url,
        bom_ref=url.to_string(),
        hashes=hashes,
        scope=ComponentScope.REQUIRED if sides else ComponentScope.EXCLUDED,
        properties=[Property(name="vertelpaal:runs-on", value=side) for side in sides],
    )


def main(target: Path = SBOM) -> int:
    """Write the bill, and say where it is."""
    bom = make_bom()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n", encoding="utf-8")
    print(f"{len(bom.components)} packages: {target.relative_to(ROOT) if target.is_relative_to(ROOT) else target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
