"""What a project sets for the generator in its pyproject.toml, checked once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from codegen.names import did_you_mean
from codegen.problems import Place, Problem, Rule, Severity, Source

BAD_CONFIGURATION: Final = Rule(
    "bad-configuration",
    Severity.error,
    """`[tool.dotgen]` in pyproject.toml is not of the form that the README gives: an unknown key,
    an unknown rule, or a severity other than error, warning, note and off.""",
)
RULES: Final = (BAD_CONFIGURATION,)

FILE: Final = "pyproject.toml"
KEYS: Final = ("severity", "templates")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings: a severity per rule name, and the folder of the user's own templates."""

    severities: Mapping[str, Severity] = field(default_factory=dict)
    templates: str = ""


def read_config(text: str, rules: Mapping[str, Rule]) -> tuple[Config, list[Problem]]:
    """Read the text of a pyproject.toml; `rules` are those that a severity may be given for."""
    source = Source(FILE, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        sentence = f"the file is no TOML: {error}"
        return Config(), [Problem(Place(source, 0), BAD_CONFIGURATION.name, sentence)]
    reader = _Reader(source, rules)
    table = reader.table(document, "tool")
    return reader.config(reader.table(table, "dotgen")), reader.problems


class _Reader:
    def __init__(self, source: Source, rules: Mapping[str, Rule]) -> None:
        self.source = source
        self.rules = rules
        self.problems: list[Problem] = []

    def table(self, parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """A table in a table; an empty one where it is missing or something else."""
        found = parent.get(name, {})
        if isinstance(found, dict):
            return found
        self.report(name, f"{name} is no table")
        return {}

    def config(self, table: Mapping[str, Any]) -> Config:
        for key in table:
            if key not in KEYS:
                self.report(key, f"[tool.dotgen] has no key {key}", did_you_mean(key, KEYS))
        severities = {
            name: severity
            for name, word in self.table(table, "severity").items()
            if (severity := self.severity(name, word)) is not None
        }
        templates = table.get("templates", "")
        if not isinstance(templates, str):
            self.report("templates", "templates is no folder's name")
            templates = ""
        return Config(severities, templates)

    def severity(self, name: str, word: object) -> Severity | None:
        if name not in self.rules:
            self.report(name, f"there is no rule {name}", did_you_mean(name, self.rules))
            return None
        levels = [level.value for level in Severity]
        if word not in levels:
            self.report(name, f"{name} = {word!r} is none of {', '.join(levels)}")
            return None
        return Severity(word)

    def report(self, word: str, sentence: str, hint: str = "") -> None:
        """A problem at the first place that says `word` behind [tool.dotgen]."""
        start = max(self.source.text.find("[tool.dotgen"), 0)
        place = Place(self.source, max(self.source.text.find(word, start), 0))
        self.problems.append(Problem(place, BAD_CONFIGURATION.name, sentence, hint))
