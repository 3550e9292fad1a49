"""The gates that no linter has: file sizes, and text that people read without its translation.

Prints each fault with its place and exits with 1 when there is one.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE_LINES: Final = 700
"""No file of ours is longer: a reader loses the thread well before."""

_SAME_IN_EVERY_LANGUAGE: Final = {"Hanare", "– Hanare", "English", "日本語"}
"""The product, and each language's own name for itself."""

_TEXT_IN_TEMPLATE: Final = re.compile(r">\s*([^<>{}]*[A-Za-zぁ-んァ-ヶ一-龠]{2,}[^<>{}]*)\s*<")
_TEMPLATE_CODE: Final = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|<style.*?</style>|<svg.*?</svg>", re.DOTALL)
_TRANSLATED_BLOCK: Final = re.compile(r"{%\s*blocktrans.*?{%\s*endblocktrans\w*\s*%}", re.DOTALL)


def main() -> int:
    """Check every tracked or new file; return the exit status."""
    faults = [fault for path in _files() for fault in _faults(path)]
    faults += _catalogue_faults()
    print(*faults, sep="\n" if faults else "")
    return 1 if faults else 0


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    )
    return [path for path in map(Path, listed.stdout.splitlines()) if path.is_file() and "vendor" not in path.parts]


def _faults(path: Path) -> Iterator[str]:
    if path.suffix in {".py", ".html", ".js", ".css", ".md"}:
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > FILE_LINES:
            yield f"{path}: {len(lines)} lines, more than {FILE_LINES}"
    if path.suffix == ".html" and "templates" in path.parts:
        yield from _untranslated(path)


def _untranslated(path: Path) -> Iterator[str]:
    text = _TEMPLATE_CODE.sub("", _TRANSLATED_BLOCK.sub("", path.read_text(encoding="utf-8")))
    for match in _TEXT_IN_TEMPLATE.finditer(text):
        if match[1].strip() not in _SAME_IN_EVERY_LANGUAGE:
            yield f"{path}: text outside the catalogue: {match[1].strip()!r}"


def _catalogue_faults() -> Iterator[str]:
    for catalogue in sorted(Path("server/hanare_server").glob("**/locale/*/LC_MESSAGES/*.po")):
        command = ["msgattrib", "--untranslated", "--no-obsolete", str(catalogue)]
        untranslated = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if untranslated.strip() and catalogue.parts[-3] != "en":
            yield f"{catalogue}: messages without a translation\n{untranslated}"


if __name__ == "__main__":
    sys.exit(main())
