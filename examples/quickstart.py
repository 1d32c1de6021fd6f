"""Counts the words in a folder of texts: list the files, map over them, reduce, write a report.

Standard library only. Try:

    python examples/quickstart.py run
    python examples/quickstart.py run --folder path/to/texts --top 5
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from flowdeco import main, step, workflow

TEXTS = Path(__file__).parent / "data"


@step
def list_texts(folder: Path) -> list[Path]:
    """Every text file of the folder, in the order of their names."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise FileNotFoundError(f"no .txt file in {folder.absolute()}")
    return files


@step(retry=2, timeout="1m")
def count_words(file: Path, at_least: int) -> Counter[str]:
    """How often each word of at least so many letters is in one file."""
    words = re.findall(r"[a-z]+", file.read_text(encoding="utf-8").lower())
    return Counter(word for word in words if len(word) >= at_least)


@step
def add_up(counts: list[Counter[str]]) -> Counter[str]:
    """The counts of all files in one."""
    return sum(counts, Counter())


@step
def write_report(words: Counter[str], files: list[Path], top: int, report: Path) -> dict[str, int]:
    """Writes the most frequent words as a Markdown table, and returns them."""
    best = dict(sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))[:top])
    lines = [f"# {words.total()} words in {len(files)} files", "", "| word | times |", "|---|---:|"]
    lines += [f"| {word} | {times} |" for word, times in best.items()]
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return best


@workflow
def word_report(
    folder: Path = TEXTS, at_least: int = 5, top: int = 8, report: Path = Path("build/words.md")
) -> dict[str, int]:
    """The most frequent words of a folder of texts.

    Args:
        folder: where the .txt files are
        at_least: letters a word needs to be counted
        top: how many words to report
        report: the Markdown file to write
    """
    files = list_texts(folder)
    counts = [count_words(file, at_least) for file in files]
    return write_report(add_up(counts), files, top, report)


if __name__ == "__main__":
    main()
