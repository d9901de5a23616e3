"""The files for hooks and CI services that are ready to copy have the right form.

That they work is tried in tests/interop/.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[3]
WORKFLOW: Final = ROOT / ".github/workflows/drawings.yml"
TEMPLATE: Final = ROOT / ".gitlab/drawings.gitlab-ci.yml"
HOOKS: Final = ROOT / ".pre-commit-hooks.yaml"
BIN: Final = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)],
        ["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(TEMPLATE)],
        ["pre-commit", "validate-manifest", str(HOOKS)],
    ],
    ids=["github", "gitlab", "pre-commit"],
)
def test_a_file_is_of_the_form_that_its_service_publishes(command: list[str]) -> None:
    """The schemas are those of the services, not ours."""
    program, *arguments = command
    transform = ["--data-transform", "gitlab-ci"] if TEMPLATE.name in command[-1] else []
    done = subprocess.run([BIN / program, *transform, *arguments], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("path", [WORKFLOW, TEMPLATE, HOOKS], ids=lambda it: it.name)
def test_a_file_says_first_how_to_use_it(path: Path) -> None:
    """Who finds it need not look elsewhere."""
    assert path.read_text().startswith("# How to use: ")


def test_the_hooks_are_those_of_the_commands() -> None:
    """Each hook calls dotgen without file names, since drawings refer to each other."""
    hooks = {it["id"]: it for it in YAML(typ="safe", pure=True).load(HOOKS.read_text())}
    assert {name: it["entry"] for name, it in hooks.items()} == {
        "dotgen-lint": "dotgen lint",
        "dotgen-generate-check": "dotgen generate --check",
        "dotgen-diff": "dotgen diff",
    }
    assert all(it["pass_filenames"] is False for it in hooks.values())
