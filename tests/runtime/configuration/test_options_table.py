"""The table of options says what the reader does."""

from pathlib import Path
from typing import Final

from click.testing import CliRunner

from runtime.cli import main
from runtime.configuration.options import REFUSED
from runtime.configuration.options_table import SECTIONS, options_tables
from tests.runtime.configuration.texts import read, resource

README: Final = Path(__file__).parents[3] / "runtime" / "configuration" / "README.md"


def test_the_table_is_the_code_s() -> None:
    """The README and the command show what the reader goes by."""
    assert README.read_text().endswith(f"\n\n{options_tables()}\n")
    assert CliRunner().invoke(main, ["dump", "--options"]).stdout == f"{options_tables()}\n"


def test_every_option_has_a_row() -> None:
    """Each option of each section is there, and each section that is refused."""
    rows = [line.split(" | ")[0] for line in options_tables().splitlines()]
    names = [name for rules in SECTIONS.values() for name in rules]
    assert [it for it in (*names, *REFUSED) if f"| {it}" not in rows] == []


def test_what_is_not_used_is_noted_and_nothing_else(tmp_path: Path) -> None:
    """The reader notes exactly those options that the table calls not used."""
    for section, rules in SECTIONS.items():
        if section != "global":
            lines = [f"{name} {_a_value(section, name)};" for name in rules]
            text = resource(f"{section} {{ {' '.join(lines)} }}")
            noted = {it.name for it in read(tmp_path, text).unused} - {"resync-after"}
            assert noted == {name for name, rule in rules.items() if rule.unused}


def _a_value(section: str, name: str) -> str:
    rule = SECTIONS[section][name]
    if rule.limit:
        return str(rule.limit.most)
    algorithms = ("cram-hmac-alg", "data-integrity-alg", "verify-alg", "csums-alg")
    if name in algorithms:
        return "sha1"
    words = {"yes or no": "yes", "nothing": "", "words": "both"}
    return (*rule.choices, words.get(rule.kind.value, "word"))[0]
