"""The options of DRBD 8.4 as tables: what each takes, and whether this node uses it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from runtime.configuration.options import (
    GLOBAL,
    OLDER_NAMES,
    REFUSED,
    RULES,
    SYNCER,
    Kind,
    Rule,
)
from runtime.digests import DIGEST_SIZE_BYTES, HMAC_NAMES

USED: Final = "used"
SECTIONS: Final[Mapping[str, Mapping[str, Rule]]] = {**RULES, "global": GLOBAL}
_DIGESTS: Final = ", ".join(DIGEST_SIZE_BYTES)
_TEXTS: Final[Mapping[str, str]] = {
    "cram-hmac-alg": ", ".join(HMAC_NAMES),
    **dict.fromkeys(("data-integrity-alg", "verify-alg", "csums-alg"), _DIGESTS),
    "resync-after": "RESOURCE or RESOURCE/VOLUME",
    "become-primary-on": "hosts, or both",
    "cpu-mask": "digits",
}
"""Of an option that takes a text, what that says."""


def options_tables() -> str:
    """All of it, in Markdown."""
    parts = [
        part
        for name, rules in SECTIONS.items()
        for part in (f"### {name}", _table(_HEAD, map(_row, rules.values())))
    ]
    older = _table(("in 8.3", "what it is read as"), _older())
    refused = _table(("section", "what to do instead"), REFUSED.items())
    parts += ["### What 8.3 had", older, "### What is refused", refused]
    return "\n\n".join(parts)


_HEAD: Final = ("option", "takes", "default", "here")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(rule: Rule) -> tuple[str, ...]:
    here = f"read, not used: {rule.unused}" if rule.unused else USED
    return rule.name, _takes(rule), rule.default, here


def _takes(rule: Rule) -> str:
    if rule.kind is Kind.NUMBER and rule.limit:
        unit = f", each {rule.limit.unit}" if rule.limit.unit[:1].isdecimal() else rule.limit.unit
        return f"{rule.limit.least} to {rule.limit.most} {unit}".strip().replace(" ,", ",")
    return ", ".join(rule.choices) or _TEXTS.get(rule.name, rule.kind.value)


def _older() -> Iterator[tuple[str, str]]:
    for name, (section, now) in SYNCER.items():
        yield f"syncer {name}", f"{section} {now}"
    for (section, name), now in OLDER_NAMES.items():
        yield f"{section} {name}", f"{section} {now}"
    for section, rules in RULES.items():
        for rule in rules.values():
            if rule.no_form:
                yield f"{section} no-{rule.name}", f"{section} {rule.name} no"
