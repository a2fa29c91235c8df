"""What a release program contains of others, from its third-party-licenses.txt (scripts/release-licenses.sh)."""

import re
import urllib.parse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Linked:
    source: str
    version: str
    license_text: str

    @property
    def purl(self) -> str:
        return f"pkg:deb/debian/{self.source}@{urllib.parse.quote(self.version, safe='.-~')}?arch=source&distro=debian-12"


def read_linked(path: Path) -> list[Linked]:
    text = path.read_text(encoding="utf-8")
    names = re.findall(r"^  (\S+) (\S+)$", text.split("=" * 78, 1)[0], re.MULTILINE)
    texts = re.split(rf"^{'=' * 78}\n(\S+) (\S+)\n\n", text, flags=re.MULTILINE)[1:]
    sections = {(texts[i], texts[i + 1]): texts[i + 2].strip() for i in range(0, len(texts), 3)}
    if not names or set(names) != set(sections):
        raise ValueError(f"{path}: the list and the licenses do not match")
    return [Linked(source, version, sections[source, version]) for source, version in sorted(names)]
