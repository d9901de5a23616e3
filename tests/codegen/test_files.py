"""Reading drawings, templates and what was generated before."""

import os
from pathlib import Path

import pytest

from codegen.files import read_generated, read_specs, read_templates
from codegen.problems import Problem


def write(root: Path, *paths: str) -> None:
    """Write small files, each with its own path as its content."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def shown(problems: list[Problem]) -> list[str]:
    """Return problems in their one-line form."""
    return [str(problem) for problem in problems]


def test_all_drawings_of_the_three_kinds_are_read_and_sorted(tmp_path: Path) -> None:
    """Drawings come from the folders of the three kinds, at any depth, sorted by path."""
    write(tmp_path, "specs/states/b.dot", "specs/states/deep/a.gv", "specs/flows/z.dot")
    write(tmp_path, "specs/layouts/m.dot", "specs/README.md", "specs/states/notes.txt")
    found, problems = read_specs(tmp_path)
    assert list(found.items()) == [
        ("specs/flows/z.dot", b"specs/flows/z.dot"),
        ("specs/layouts/m.dot", b"specs/layouts/m.dot"),
        ("specs/states/b.dot", b"specs/states/b.dot"),
        ("specs/states/deep/a.gv", b"specs/states/deep/a.gv"),
    ]
    assert problems == []


def test_what_an_editor_leaves_beside_a_drawing_is_not_read(tmp_path: Path) -> None:
    """Hidden files, back-ups and lock links of editors are no drawings."""
    write(tmp_path, "specs/states/a.dot", "specs/states/a.dot~", "specs/states/.a.dot.swp.dot")
    (tmp_path / "specs/states/.#a.dot").symlink_to("nobody@nowhere.1234")
    found, problems = read_specs(tmp_path)
    assert (list(found), problems) == (["specs/states/a.dot"], [])


def test_a_drawing_outside_the_three_folders_is_named(tmp_path: Path) -> None:
    """A drawing that no kind claims is not dropped in silence."""
    write(tmp_path, "specs/state/a.dot", "specs/b.gv")
    found, problems = read_specs(tmp_path)
    assert found == {}
    where = "lies in none of states, layouts, flows, so nothing reads it"
    assert shown(problems) == [
        f"specs/b.gv:1:1: stray-drawing: {where}",
        f"specs/state/a.dot:1:1: stray-drawing: {where}",
    ]


def test_a_project_without_specs_is_a_problem(tmp_path: Path) -> None:
    """A wrong project folder is named, not taken for an empty project."""
    assert shown(read_specs(tmp_path)[1]) == [
        "specs:1:1: unreadable-file: cannot be read: No such file or directory"
    ]


def test_files_and_folders_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named file may have any suffix, a named folder is searched, and each is read once."""
    write(tmp_path, "specs/states/a.dot", "elsewhere/flows/b.dot", "elsewhere/c.txt", "d.txt")
    monkeypatch.chdir(tmp_path)
    paths = [Path("elsewhere"), Path("d.txt"), Path("elsewhere/flows/../flows/b.dot")]
    found, problems = read_specs(tmp_path, paths)
    assert (list(found), problems) == (["d.txt", "elsewhere/flows/b.dot"], [])


def test_a_file_outside_the_project_keeps_its_whole_path(tmp_path: Path) -> None:
    """Paths outside the project are shown whole, so that two never look alike."""
    write(tmp_path, "project/specs/states/a.dot", "b.dot")
    found, _ = read_specs(tmp_path / "project", [tmp_path / "b.dot"])
    assert list(found) == [(tmp_path / "b.dot").as_posix()]


def test_a_named_file_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    """A misspelt path is said in one sentence, and the other files are still read."""
    write(tmp_path, "a.dot")
    found, problems = read_specs(tmp_path, [tmp_path / "b.dot", tmp_path / "a.dot"])
    assert list(found) == ["a.dot"]
    assert shown(problems) == [
        "b.dot:1:1: unreadable-file: cannot be read: No such file or directory"
    ]


def test_a_path_that_no_system_takes_is_a_problem(tmp_path: Path) -> None:
    """A name too long for the file system is a sentence like any other."""
    problems = read_specs(tmp_path, [tmp_path / ("x" * 300)])[1]
    assert [str(it).rpartition(": ")[2] for it in problems] == ["File name too long"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe named like a drawing is refused; reading it would never end."""
    write(tmp_path, "specs/states/a.dot")
    os.mkfifo(tmp_path / "specs/states/pipe.dot")
    found, problems = read_specs(tmp_path)
    assert list(found) == ["specs/states/a.dot"]
    assert shown(problems) == [
        "specs/states/pipe.dot:1:1: unreadable-file: is no file, or a link to a folder"
    ]


def test_a_link_to_a_drawing_is_read_under_its_own_name(tmp_path: Path) -> None:
    """A drawing may be a link to a file that lies elsewhere."""
    write(tmp_path, "elsewhere.dot", "specs/states/a.dot")
    (tmp_path / "specs/states/link.dot").symlink_to(tmp_path / "elsewhere.dot")
    assert read_specs(tmp_path)[0]["specs/states/link.dot"] == b"elsewhere.dot"


def test_a_link_to_a_folder_is_named_and_not_followed(tmp_path: Path) -> None:
    """A link in a circle ends no run and drops no drawing in silence."""
    write(tmp_path, "specs/states/a.dot")
    (tmp_path / "specs/states/circle.dot").symlink_to(tmp_path / "specs")
    found, problems = read_specs(tmp_path)
    assert list(found) == ["specs/states/a.dot"]
    assert [problem.place.file for problem in problems] == ["specs/states/circle.dot"]


def test_a_link_to_nothing_is_a_problem(tmp_path: Path) -> None:
    """A drawing whose link is broken is named."""
    write(tmp_path, "specs/states/a.dot")
    (tmp_path / "specs/states/b.dot").symlink_to("nothing")
    assert shown(read_specs(tmp_path)[1]) == [
        "specs/states/b.dot:1:1: unreadable-file: cannot be read: No such file or directory"
    ]


def test_a_name_that_cannot_be_printed_is_shown_escaped(tmp_path: Path) -> None:
    """A line feed or a stray byte in a name can neither forge a message nor break one."""
    write(tmp_path, "specs/states/a\nb.dot")
    (tmp_path / os.fsdecode(b"specs/states/c\xff.dot")).write_text("")
    found, problems = read_specs(tmp_path)
    assert found == {}
    assert shown(problems) == [
        "specs/states/a\\nb.dot:1:1: unreadable-file: has a name that cannot be printed",
        "specs/states/c\\udcff.dot:1:1: unreadable-file: has a name that cannot be printed",
    ]


def test_a_users_templates_replace_and_add(tmp_path: Path) -> None:
    """The later folder's template wins path by path; new ones come in addition."""
    write(tmp_path, "base/a.j2", "base/states/b.j2", "own/states/b.j2", "own/flows/c.j2")
    write(tmp_path, "own/README.md")
    texts, problems = read_templates(tmp_path / "base", tmp_path / "own")
    assert texts == {
        "a.j2": "base/a.j2",
        "flows/c.j2": "own/flows/c.j2",
        "states/b.j2": "own/states/b.j2",
    }
    assert problems == []


def test_a_template_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    """A template in another encoding is named with the first byte that is wrong."""
    write(tmp_path, "base/a.j2")
    (tmp_path / "base/a.j2").write_bytes("# für".encode("latin-1"))
    assert shown(read_templates(tmp_path / "base")[1]) == [
        "base/a.j2:1:1: unreadable-file: is no UTF-8: invalid start byte at byte 3"
    ]


def test_a_missing_template_folder_is_a_problem(tmp_path: Path) -> None:
    """A misspelt folder of templates does not pass for an empty one."""
    assert shown(read_templates(tmp_path / "own")[1]) == [
        "own:1:1: unreadable-file: cannot be read: No such file or directory"
    ]


def test_generated_files_are_read_without_hidden_and_compiled_ones(tmp_path: Path) -> None:
    """What Python compiles and what hides behind a dot belongs to nobody's output."""
    write(tmp_path, "generated/a.py", "generated/states/b.py", "generated/.cache/c.py")
    write(tmp_path, "generated/__pycache__/a.pyc", "generated/d.pyc", "generated/.gitkeep")
    assert read_generated(tmp_path / "generated") == (
        {"a.py": b"generated/a.py", "states/b.py": b"generated/states/b.py"},
        [],
    )


def test_links_in_generated_are_seen_and_not_followed(tmp_path: Path) -> None:
    """A link to a file or a folder, and a pipe, come without content."""
    write(tmp_path, "generated/a.py", "outside/b.py")
    (tmp_path / "generated/file.py").symlink_to(tmp_path / "outside/b.py")
    (tmp_path / "generated/folder").symlink_to(tmp_path / "outside")
    os.mkfifo(tmp_path / "generated/pipe.py")
    assert read_generated(tmp_path / "generated") == (
        {"a.py": b"generated/a.py", "file.py": None, "folder": None, "pipe.py": None},
        [],
    )


def test_a_generated_folder_that_is_a_link_is_a_problem(tmp_path: Path) -> None:
    """Nothing is written through a link, not even when all of generated/ is one."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "generated").symlink_to("elsewhere")
    assert shown(read_generated(tmp_path / "generated")[1]) == [
        "generated:1:1: unreadable-file: is a link, and nothing is written through links"
    ]


def test_a_project_that_never_generated_holds_nothing(tmp_path: Path) -> None:
    """Before the first run there is no generated/ and no problem."""
    assert read_generated(tmp_path / "generated") == ({}, [])
