"""What a project sets for the generator in its pyproject.toml, checked once."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from codegen.names import did_you_mean
from codegen.problems import Place, Problem, Rule, Severity, Source

BAD_CONFIGURATION: Final = Rule(
    "bad-configuration",
    Severity.error,
    """`[tool.dotgen]` in pyproject.toml is not of the form that the README gives: an unknown key,
    an unknown rule, a severity other than error, warning, note and off, a gate that fails on no
    impact there is, or an exception from it without a rule, a drawing or a reason.""",
)
RULES: Final = (BAD_CONFIGURATION,)

FILE: Final = "pyproject.toml"
KEYS: Final = ("severity", "templates", "diff")
DIFF_KEYS: Final = ("fail-on", "baseline", "except")
REQUIRED_KEYS: Final = ("rule", "drawing", "reason")
EXCUSE_KEYS: Final = (*REQUIRED_KEYS, "subject")
EXCUSE_HEADER: Final = re.compile(
    r"^[ \t]*\[\[\s*tool\s*\.\s*dotgen\s*\.\s*diff\s*\.\s*except\s*\]\]", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Excuse:
    """An exception from the gate: the changes that it covers, and why they may be.

    `drawing` is the pattern of a graph's name or a file's path, `subject` one of what was changed;
    an empty one covers all.
    """

    rule: str
    drawing: str
    subject: str
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class DiffConfig:
    """What changes the gate refuses, which revision is published, and the exceptions.

    `fail_on` is an impact in lower case, empty where nothing is refused.
    """

    fail_on: str = ""
    baseline: str = ""
    exceptions: tuple[Excuse, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """The settings: a severity per rule name, the folder of the user's own templates, the gate."""

    severities: Mapping[str, Severity] = field(default_factory=dict)
    templates: str = ""
    diff: DiffConfig = field(default_factory=DiffConfig)


def read_config(
    text: str,
    rules: Mapping[str, Rule],
    change_rules: Collection[str] = (),
    impacts: Collection[str] = (),
) -> tuple[Config, list[Problem]]:
    """Read the text of a pyproject.toml; `rules` are those that a severity may be given for.

    `change_rules` are those that an exception may name, `impacts` the words, in lower case, that
    the gate may fail on; where there are none, these names are not checked.
    """
    source = Source(FILE, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        sentence = f"the file is no TOML: {error}"
        return Config(), [Problem(Place(source, 0), BAD_CONFIGURATION.name, sentence)]
    reader = _Reader(source, rules, change_rules, impacts)
    table = reader.table(document, "tool")
    return reader.config(reader.table(table, "dotgen")), reader.problems


class _Reader:
    def __init__(
        self,
        source: Source,
        rules: Mapping[str, Rule],
        change_rules: Collection[str],
        impacts: Collection[str],
    ) -> None:
        self.source = source
        self.rules = rules
        self.change_rules = change_rules
        self.impacts = impacts
        self.start = max(source.text.find("[tool.dotgen"), 0)
        self.problems: list[Problem] = []

    def table(self, parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """A table in a table; an empty one where it is missing or something else."""
        found = parent.get(name, {})
        if isinstance(found, dict):
            return found
        self.report(name, f"{name} is no table")
        return {}

    def text(self, table: Mapping[str, Any], name: str, meaning: str) -> str:
        """A text in a table; an empty one where it is missing or something else."""
        found = table.get(name, "")
        if isinstance(found, str):
            return found
        self.report(name, f"{name} is no {meaning}")
        return ""

    def keys(self, table: Mapping[str, Any], header: str, known: Collection[str]) -> None:
        """Report the keys that a table must not have."""
        for key in table:
            if key not in known:
                self.report(key, f"{header} has no key {key}", did_you_mean(key, known))

    def config(self, table: Mapping[str, Any]) -> Config:
        self.keys(table, "[tool.dotgen]", KEYS)
        severities = {
            name: severity
            for name, word in self.table(table, "severity").items()
            if (severity := self.severity(name, word)) is not None
        }
        templates = self.text(table, "templates", "folder's name")
        return Config(severities, templates, self.diff(self.table(table, "diff")))

    def severity(self, name: str, word: object) -> Severity | None:
        if name not in self.rules:
            self.report(name, f"there is no rule {name}", did_you_mean(name, self.rules))
            return None
        levels = [level.value for level in Severity]
        if word not in levels:
            self.report(name, f"{name} = {word!r} is none of {', '.join(levels)}")
            return None
        return Severity(word)

    def diff(self, table: Mapping[str, Any]) -> DiffConfig:
        self.keys(table, "[tool.dotgen.diff]", DIFF_KEYS)
        fail_on = self.text(table, "fail-on", "impact").lower()
        if fail_on and self.impacts and fail_on not in self.impacts:
            sentence = f"fail-on = {fail_on!r} is none of {', '.join(self.impacts)}"
            self.report("fail-on", sentence, did_you_mean(fail_on, self.impacts))
        baseline = self.text(table, "baseline", "revision's name")
        listed = table.get("except", [])
        if not isinstance(listed, list) or not all(isinstance(it, dict) for it in listed):
            hint = "write [[tool.dotgen.diff.except]] above each"
            self.report("except", "except is no list of tables", hint)
            return DiffConfig(fail_on, baseline)
        starts = [it.start() for it in EXCUSE_HEADER.finditer(self.source.text)]
        if len(starts) != len(listed):  # they are written in some other way
            starts = [max(self.source.text.find("except", self.start), 0)] * len(listed)
        excuses = map(self.excuse, listed, starts)
        return DiffConfig(fail_on, baseline, tuple(it for it in excuses if it))

    def excuse(self, table: Mapping[str, Any], start: int) -> Excuse | None:
        """The exception whose table begins at `start`; None where it has a fault."""
        self.start = start
        faults = len(self.problems)
        self.keys(table, "an exception", EXCUSE_KEYS)
        texts = {name: self.text(table, name, "text").strip() for name in EXCUSE_KEYS}
        for name in REQUIRED_KEYS:
            if not texts[name] and isinstance(table.get(name, ""), str):
                self.report(name, f"an exception needs a {name}")
        rule = texts["rule"]
        if rule and self.change_rules and rule not in self.change_rules:
            hint = did_you_mean(rule, self.change_rules)
            self.report(rule, f"there is no rule {rule} of changes", hint)
        place = Place(self.source, start)
        return Excuse(**texts, place=place) if len(self.problems) == faults else None

    def report(self, word: str, sentence: str, hint: str = "") -> None:
        """A problem at the first place that says `word` in the table."""
        place = Place(self.source, max(self.source.text.find(word, self.start), self.start))
        self.problems.append(Problem(place, BAD_CONFIGURATION.name, sentence, hint))
