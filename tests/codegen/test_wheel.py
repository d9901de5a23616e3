"""The wheel: it brings packages and templates, and generates in any folder with a specs/."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("dotmirror-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_has_packages_templates_and_commands(installed: Path) -> None:
    """Nothing is missing that an import or a run would need, and no test is in it."""
    present = {path.relative_to(installed).as_posix() for path in installed.rglob("*")}
    for path in (
        "codegen/cli.py",
        "codegen/live.html.j2",
        "codegen/review/page.html.j2",
        "codegen/templates/header.j2",
        "codegen/templates/states/{graph}/states.py.j2",
        "generated/states/conn_states/transitions.py",
        "generated/py.typed",
        "runtime/cli/__init__.py",
        "runtime/cli/verbs.py",
        "runtime/py.typed",
    ):
        assert path in present
    assert not any(path.startswith("tests") for path in present)
    (entries,) = installed.glob("*.dist-info/entry_points.txt")
    text = entries.read_text()
    assert "dotgen = codegen.cli:main" in text
    assert "dotmirror = runtime.cli:main" in text


def test_dotgen_from_the_wheel_generates_anywhere(installed: Path, tmp_path: Path) -> None:
    """The installed generator, away from the checkout, gives the committed files byte for byte."""
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    code = "import sys, codegen.cli as cli; print(cli.__file__); cli.main(['generate'])"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(str(installed))
    for path in (ROOT / "generated").rglob("*.py"):
        name = path.relative_to(ROOT)
        assert (tmp_path / name).read_bytes() == path.read_bytes(), name


def test_dotgen_from_the_wheel_reviews_anywhere(installed: Path, tmp_path: Path) -> None:
    """The installed review brings its page along."""
    history = ROOT / "tests" / "histories" / "raft"
    sides = ("old.dot", "new.dot")
    for name in sides:
        (tmp_path / name).write_bytes((history / name).read_bytes())
    code = f"import codegen.cli as cli; cli.main(['diff', *{sides}, '--html', 'page.html'])"
    subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
    )
    assert "PreCandidate" in (tmp_path / "page.html").read_text()
