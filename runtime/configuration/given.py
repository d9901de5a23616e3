"""The options of a section: statements to options, each held against its rule."""

from collections.abc import Iterable, Mapping

from runtime.configuration.model import Option
from runtime.configuration.options import (
    HOST_POLICY,
    NEWER,
    OLDER_NAMES,
    RULES,
    SYNCER,
    Kind,
    Rule,
    number_of,
    try_option,
)
from runtime.configuration.problems import Findings, Place, Unused, did_you_mean
from runtime.configuration.syntax import Item, Section, Statement, Word, WordKind, quoted
from runtime.errors import ConfigError

YES: Mapping[str, bool] = {"yes": True, "no": False}


class OptionReader:
    """Reads options, and notes what is wrong with them or not used."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def read(
        self, section: str, items: Iterable[Item], rules: Mapping[str, Rule]
    ) -> dict[str, Option]:
        """All options of a section."""
        given: dict[str, Option] = {}
        for item in items:
            word = item.keyword
            if isinstance(item, Section):
                self._findings.wrong(
                    word.place, f'{section} has options only, "{word.text}" is a section'
                )
            elif option := self.read_one(section, item, rules):
                given.pop(option.name, None)
                given[option.name] = option
        return given

    def read_syncer(
        self, items: Iterable[Item], rules: Mapping[str, Mapping[str, Rule]]
    ) -> list[tuple[str, Option]]:
        """The options of a section as 8.3 had it, each with the section that it is in since."""
        given = []
        for item in items:
            word = item.keyword
            if word.text not in SYNCER:
                self._unknown("syncer", word, list(SYNCER))
            elif isinstance(item, Statement):
                section, name = SYNCER[word.text]
                rule = rules[section][name]
                if option := self._option(section, rule, item, is_negated=False):
                    given.append((section, option))
        return given

    def read_one(self, section: str, item: Statement, rules: Mapping[str, Rule]) -> Option | None:
        """One option, or nothing and a problem."""
        word = item.keyword
        name = OLDER_NAMES.get((section, word.text), word.text)
        rule = rules.get(name)
        if rule is not None and word.kind is WordKind.BARE:
            return self._option(section, rule, item, is_negated=False)
        positive = rules.get(name.removeprefix("no-"))
        if positive is not None and positive.no_form and name.startswith("no-"):
            return self._option(section, positive, item, is_negated=True)
        self._unknown(section, word, list(rules))
        return None

    def _unknown(self, section: str, word: Word, known: list[str]) -> None:
        hint = did_you_mean(word.text, known)
        right = [it for it, rules in RULES.items() if word.text in rules]
        if right:
            hint = f" (it belongs into {right[0]})"
        sentence = f'unknown option "{word.text}" in {section}{hint}'
        if word.text in NEWER:
            sentence = f"{word.text} is of DRBD 9, which this node does not speak"
        self._findings.wrong(word.place, sentence)

    def _option(
        self, section: str, rule: Rule, item: Statement, *, is_negated: bool
    ) -> Option | None:
        place = item.keyword.place
        name = f"no-{rule.name}" if is_negated else item.keyword.text
        try:
            _check_count(name, rule, item, is_negated=is_negated)
            if rule.kind is Kind.WORDS:
                text = " ".join(quoted(it.text) for it in item.values)
                option = Option(rule.name, text, [it.text for it in item.values], place)
            else:
                written = item.values[0].text if item.values else ""
                text = "no" if is_negated else written
                option = _value(section, rule, text, place)
        except _BadValueError as error:
            self._findings.wrong(error.place, str(error))
            return None
        except ConfigError as error:
            self._findings.wrong(item.values[0].place if item.values else place, str(error))
            return None
        if rule.unused:
            self._findings.unused.append(Unused(place, section, rule.name, rule.unused))
        return option


class _BadValueError(Exception):
    """What stands behind an option's name makes no sense."""

    def __init__(self, place: Place, sentence: str) -> None:
        self.place = place
        super().__init__(sentence)


def _check_count(name: str, rule: Rule, item: Statement, *, is_negated: bool) -> None:
    """Whether as many words stand behind an option's name as it takes."""
    values = item.values
    least = 0 if is_negated or rule.kind in (Kind.FLAG, Kind.MARK) else 1
    most = {Kind.MARK: 0, Kind.WORDS: len(values)}.get(rule.kind, 1)
    most = 0 if is_negated else most
    if len(values) < least:
        raise _BadValueError(item.keyword.place, f"{name} needs {rule.kind.value}")
    if len(values) > most:
        before = values[most - 1] if most else item.keyword
        surplus = values[most]
        sentence = f'expected ";" after "{before.text}", here is "{surplus.text}"'
        raise _BadValueError(surplus.place, sentence)


def _value(section: str, rule: Rule, text: str, place: Place) -> Option:
    """An option of one value; ConfigError for what it must not be."""
    match rule.kind:
        case Kind.MARK:
            return Option(rule.name, "", True, place)  # noqa: FBT003  # any value of an option
        case Kind.FLAG:
            if text not in ("", *YES):
                raise ConfigError(f'{rule.name} is "{text}", which must be yes or no')
            return Option(rule.name, text or "yes", YES.get(text, True), place)
        case Kind.NUMBER:
            value = number_of(text, rule.unit_size_bytes)
            if value is None:
                raise ConfigError(
                    f'{rule.name} is "{text}", which is no number; write digits, and k, M, G or s'
                    " behind them for KiB, MiB, GiB or sectors"
                )
            _check_limit(section, rule, value)
            return Option(rule.name, text, value, place)
        case Kind.CHOICE:
            text = text.upper() if rule.name == "protocol" else text
            _check_choice(rule, text)
        case _:
            try_option(section, rule.name, text) if not rule.unused else None
    return Option(rule.name, text, text, place)


def _check_limit(section: str, rule: Rule, value: int) -> None:
    if not rule.unused:
        try_option(section, rule.name, value)
    elif rule.limit and not rule.limit.least <= value <= rule.limit.most:
        raise ConfigError(
            f"{rule.name} is {value}, which must be {rule.limit.least} to {rule.limit.most}"
            + (f" ({rule.limit.unit})" if rule.limit.unit else "")
        )


def _check_choice(rule: Rule, text: str) -> None:
    is_host = rule.name == "after-sb-0pri" and text.startswith(HOST_POLICY)
    if text not in rule.choices and not is_host:
        hint = did_you_mean(text, list(rule.choices))
        raise ConfigError(
            f'{rule.name} is "{text}", which must be one of {", ".join(rule.choices)}{hint}'
        )
