"""README.zh.md says what README.md says: the same headings, commands, names, pictures and links, in the same order."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
FENCED = re.compile(r"^```.*?^```", re.M | re.S)


def commands(text: str) -> list[str]:
    """The lines of all blocks of code, without the comments, which are each language's own."""
    return [re.sub(r"\s+#.*", "", line) for block in FENCED.findall(text) for line in block.splitlines()]


def names(text: str) -> set[str]:
    """All that stands in backticks outside of blocks: options, files, recipes. A name broken over two lines is one."""
    return {" ".join(name.split()) for name in re.findall(r"`([^`]+)`", FENCED.sub("", text))}


def headings(text: str) -> list[str]:
    return [line.split()[0] for line in FENCED.sub("", text).splitlines() if re.match(r"#+ ", line)]


def links(text: str) -> list[str]:
    """The targets of pictures and links, but for those from one language to the other."""
    return [target for target in re.findall(r"\]\(([^)]+)\)", text) if not target.startswith("README")]


def rows(text: str) -> int:
    return len(re.findall(r"^\|", text, re.M))


def test_the_chinese_page_has_the_same_headings_tables_and_commands():
    assert headings(CHINESE) == headings(ENGLISH)
    assert rows(CHINESE) == rows(ENGLISH)
    assert commands(CHINESE) == commands(ENGLISH)


def test_the_chinese_page_has_the_same_names_pictures_and_links():
    assert names(CHINESE) == names(ENGLISH)
    assert links(CHINESE) == links(ENGLISH)
