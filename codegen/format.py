"""Python text to formatted Python text: the only file that knows black."""

from typing import Final

import black
from black.mode import TargetVersion
from black.parsing import InvalidInput

from codegen.docstrings import WIDTH
from codegen.problems import Problem, Rule, Severity, place_of_file

NOT_PYTHON: Final = Rule(
    "not-python",
    Severity.error,
    """A template gave text that Python cannot read, so that nothing was written. Mend the
    template.""",
)
RULES: Final = (NOT_PYTHON,)

MODE: Final = black.Mode(target_versions={TargetVersion.PY311}, line_length=WIDTH)


def format_python(text: str, file: str) -> str | Problem:
    """Format a module; `file` names it in the problem that is returned where it is no Python."""
    try:
        return black.format_str(text, mode=MODE)
    except InvalidInput as error:
        return Problem(place_of_file(file), NOT_PYTHON.name, f"black says: {error}")
