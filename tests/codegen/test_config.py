"""What pyproject.toml may set for the gate, and the one sentence that each fault is."""

import pytest

from codegen.config import Config, DiffConfig, read_config

RULES = ("arrow-added", "state-removed")
IMPACTS = ("harmless", "behaviour", "api-breaking", "disk-breaking", "wire-breaking")

HEAD = '[tool.other]\nfail-on = "x"\n\n[tool.dotgen.diff]\n'
EXCUSE = """[[tool.dotgen.diff.except]]
rule = "arrow-added"
drawing = "door_*"
reason = "drawn too late"
"""


def read(text: str) -> tuple[Config, list[str]]:
    """The settings of a text, and its faults as they are printed."""
    config, problems = read_config(text, {}, RULES, IMPACTS)
    return config, [str(it) for it in problems]


def test_without_settings_nothing_is_refused() -> None:
    """No table, an empty one, and a project that has none."""
    for text in ("", "[tool.dotgen]\n", "[tool.dotgen.diff]\n", '[project]\nname = "x"\n'):
        config, faults = read(text)
        assert config.diff == DiffConfig()
        assert faults == []


def test_the_gate_and_its_baseline_are_read() -> None:
    """An impact in any case."""
    config, faults = read(f'{HEAD}fail-on = "API-breaking"\nbaseline = "v1.0"\n')
    assert (config.diff.fail_on, config.diff.baseline) == ("api-breaking", "v1.0")
    assert faults == []


def test_exceptions_are_read_in_their_order() -> None:
    """Each with its place, where somebody would delete it."""
    second = EXCUSE.replace("arrow-added", "state-removed").replace(
        "reason", 'subject = "Open"\nreason'
    )
    config, faults = read(f"{HEAD}\n{EXCUSE}\n{second}")
    assert faults == []
    assert [(it.rule, it.drawing, it.subject, it.reason) for it in config.diff.exceptions] == [
        ("arrow-added", "door_*", "", "drawn too late"),
        ("state-removed", "door_*", "Open", "drawn too late"),
    ]
    assert [it.place.line for it in config.diff.exceptions] == [6, 11]


def test_exceptions_in_a_row_are_read_as_well() -> None:
    """TOML has two ways to write a list of tables."""
    table = '{ rule = "arrow-added", drawing = "d", reason = "r" }'
    config, faults = read(f"{HEAD}except = [{table}]\n")
    assert faults == []
    assert [(it.rule, it.place.line) for it in config.diff.exceptions] == [("arrow-added", 5)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            f"{HEAD}fail_on = 'behaviour'\n",
            "5:1: bad-configuration: [tool.dotgen.diff] has no key fail_on (did you mean",
        ),
        (
            f"{HEAD}fail-on = 'behavior'\n",
            (
                "5:1: bad-configuration: fail-on = 'behavior' is none of harmless, behaviour,"
                ' api-breaking, disk-breaking, wire-breaking (did you mean "behaviour"?)'
            ),
        ),
        (f"{HEAD}fail-on = 3\n", "5:1: bad-configuration: fail-on is no impact"),
        (f"{HEAD}baseline = []\n", "5:1: bad-configuration: baseline is no revision's name"),
        ("[tool.dotgen]\ndiff = 'x'\n", "2:1: bad-configuration: diff is no table"),
        (
            f"{HEAD}except = 'all'\n",
            (
                "5:1: bad-configuration: except is no list of tables"
                " (write [[tool.dotgen.diff.except]] above each)"
            ),
        ),
        (
            f"{HEAD}except = ['all']\n",
            (
                "5:1: bad-configuration: except is no list of tables"
                " (write [[tool.dotgen.diff.except]] above each)"
            ),
        ),
        (
            EXCUSE.replace("arrow-added", "arrow-aded"),
            (
                "2:9: bad-configuration: there is no rule arrow-aded of changes"
                ' (did you mean "arrow-added"?)'
            ),
        ),
        (
            EXCUSE.replace('reason = "drawn too late"', ""),
            "1:1: bad-configuration: an exception needs a reason",
        ),
        (
            EXCUSE.replace('"drawn too late"', '"  "'),
            "4:1: bad-configuration: an exception needs a reason",
        ),
        (
            EXCUSE.replace("drawing", "drawings"),
            '3:1: bad-configuration: an exception has no key drawings (did you mean "drawing"?)',
        ),
        (EXCUSE.replace('"door_*"', "7"), "3:1: bad-configuration: drawing is no text"),
        ("[tool.dotgen", "1:1: bad-configuration: the file is no TOML: "),
    ],
)
def test_each_fault_is_a_sentence_at_its_place(text: str, fault: str) -> None:
    """The first of them, as printed."""
    _, faults = read(text)
    assert faults[0].startswith(f"pyproject.toml:{fault}")


def test_an_exception_with_a_fault_covers_nothing() -> None:
    """The others still do."""
    config, faults = read(f"{EXCUSE.replace('arrow-added', 'arrow-aded')}\n{EXCUSE}")
    assert len(faults) == 1
    assert [it.place.line for it in config.diff.exceptions] == [6]


def test_a_fault_is_found_in_the_exception_that_has_it() -> None:
    """Not where an earlier one says the same word."""
    _, faults = read(f"{EXCUSE}\n{EXCUSE.replace('reason = ', 'raison = ')}")
    assert [it.partition(": bad")[0] for it in faults] == [
        "pyproject.toml:9:1",
        "pyproject.toml:6:1",
    ]
