"""What the image's build writes beside the installed files: our own metadata, and the SBOM.

`python -m ops.image_papers SITE-PACKAGES` in the build stage. Both depend on the installed
packages, pyproject.toml and SOURCE_DATE_EPOCH only, so that two builds give the same bytes.
"""

import json
import os
import re
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SBOM = "sbom.cdx.json"
_SPACE = uuid.UUID("5c1f7c5e-0f3e-4f0e-8f55-6a1d3c0c7d52")


def write(site: Path, project: dict[str, Any]) -> None:
    """Give `site` a metadata folder for the project, which is copied in, and an SBOM.

    Raises KeyError when pyproject.toml has no name or version.
    """
    name, version = project["name"], project["version"]
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    lines = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}")
    (folder / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    bill = json.dumps(bill_of(site, project), indent=1, sort_keys=True) + "\n"
    (folder / SBOM).write_text(bill, encoding="utf-8")


def bill_of(site: Path, project: dict[str, Any]) -> dict[str, Any]:
    """A CycloneDX 1.5 document: the project, and each package installed in `site`."""
    found = [each for each in distributions(path=[str(site)]) if each.name != project["name"]]
    components = sorted(map(_component, found), key=lambda each: str(each["bom-ref"]))
    ours = _described("application", project["name"], project["version"])
    refs = sorted(str(each["bom-ref"]) for each in components)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, ' '.join([ours['bom-ref'], *refs]))}",
        "version": 1,
        "metadata": {"timestamp": _time(), "component": ours},
        "components": components,
        "dependencies": [{"ref": ours["bom-ref"], "dependsOn": refs}],
    }


def _component(distribution: Distribution) -> dict[str, Any]:
    found = _described("library", distribution.name, distribution.version)
    if licence := _field(distribution, "License-Expression"):
        found["licenses"] = [{"expression": licence}]
    elif named := _licence_names(distribution):
        found["licenses"] = [{"license": {"name": name}} for name in named]
    return found


def _licence_names(distribution: Distribution) -> list[str]:
    classifiers = distribution.metadata.get_all("Classifier") or []
    mark = "License :: OSI Approved :: "
    named = [each.removeprefix(mark) for each in classifiers if each.startswith(mark)]
    field = _field(distribution, "License")
    # some packages put the licence's whole text there
    return named or ([field] if field and "\n" not in field else [])


def _field(distribution: Distribution, name: str) -> str:
    found = distribution.metadata.get_all(name)
    return str(found[0]) if found else ""


def _described(kind: str, name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{version}"
    return {"type": kind, "name": name, "version": version, "purl": purl, "bom-ref": purl}


def _time() -> str:
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or 0)
    return datetime.fromtimestamp(seconds, UTC).isoformat()


if __name__ == "__main__":
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    write(Path(sys.argv[1]), tomllib.loads(text)["project"])
