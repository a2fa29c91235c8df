"""The programs of a release, one for each architecture, and what each contains of others, from its
third-party-licenses.txt (scripts/release-licenses.sh)."""

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


@dataclass(frozen=True)
class Program:
    architecture: str  # Debian's name
    path: Path
    linked: list[Linked]


def read_programs(arguments: list[str]) -> tuple[list[Program], list[str]]:
    """Of ARCHITECTURE=BUILD-DIRECTORY... -- REST...: the programs, and REST."""
    end = arguments.index("--")
    programs = []
    for argument in arguments[:end]:
        architecture, build = argument.split("=", 1)
        linked = read_linked(Path(build, "third-party-licenses.txt"))
        programs.append(Program(architecture, Path(build, "bin", "bao-kms-provider"), linked))
    return programs, arguments[end + 1 :]


def all_linked(programs: list[Program]) -> list[Linked]:
    """Each once: the programs of several architectures contain the same libraries."""
    parts = {(part.source, part.version): part for program in programs for part in program.linked}
    return [part for _, part in sorted(parts.items())]
