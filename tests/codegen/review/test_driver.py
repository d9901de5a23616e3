"""A real git that shows drawings by their meaning, as `dotgen git-setup` has it do."""

from pathlib import Path

import pytest

from tests.codegen.review.clones import Clone
from tests.codegen.review.doors import (
    BROKEN,
    DOOR,
    NEW_DOOR,
    NEW_POST,
    OLD_DOOR,
    OTHER_LINES,
    POST,
    dotgen,
    project,
    refusal,
)

HEADLINE = f"{DOOR}   door: 1 change, behaviour"
CHANGE = "  behaviour      arrow-target-changed  Open --push--> Closed: Closed -> Locked"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a clone that is set up, with the first door."""
    made = project(tmp_path / "clone")
    made.git("checkout", "--quiet", "v1")
    (made.root / "specs/states/gate.dot").unlink()
    assert dotgen("git-setup", "--local", "--root", str(made.root)).exit_code == 0
    return made


def test_git_diff_tells_what_a_change_means(clone: Clone) -> None:
    """Instead of the lines, and the count of drawings is left out where there is one."""
    clone.write(DOOR, NEW_DOOR)
    assert clone.git("diff").splitlines() == [
        f"diff --dotgen a/{DOOR} b/{DOOR}",
        HEADLINE,
        "",
        CHANGE,
        '                 - 3: Open -> Closed [label="push"]',
        '                 + 3: Open -> Locked [label="push"]',
    ]


def test_git_diff_tells_what_is_staged_or_committed(clone: Clone) -> None:
    """The index and revisions are sides as well, and files that are no drawings are git's."""
    clone.write(DOOR, NEW_DOOR)
    clone.write(POST, NEW_POST)
    clone.write("notes.txt", "a note\n")
    clone.git("add", "--all")
    staged = clone.git("diff", "--cached")
    assert CHANGE in staged
    assert "P_LETTER.weight: u32 -> u64" in staged
    assert "+a note" in staged
    clone.commit()
    assert clone.git("diff", "HEAD~1", "HEAD") == staged


def test_git_diff_tells_what_came_and_went(clone: Clone) -> None:
    """A drawing that is on one side only is told as added or removed."""
    clone.write("specs/states/gate.dot", OLD_DOOR.replace("door", "gate"))
    (clone.root / DOOR).unlink()
    clone.git("add", "--all")
    said = clone.git("diff", "--cached", "--no-renames")
    assert "specs/states/gate.dot   gate: added, harmless" in said
    assert f"{DOOR}   door: removed, API-breaking" in said


def test_git_diff_tells_a_renamed_file_with_both_names(clone: Clone) -> None:
    """The drawing in it is compared with itself."""
    new = "specs/states/front door.dot"
    clone.git("mv", DOOR, new)
    clone.write(new, NEW_DOOR)
    said = clone.git("diff", "HEAD").splitlines()
    assert said[:2] == [
        f"diff --dotgen a/{DOOR} b/{new}",
        f"{DOOR} -> {new}   door: 1 change, behaviour",
    ]
    assert CHANGE in said


def test_a_path_may_have_blanks(clone: Clone) -> None:
    """Also where git hands the file over as another one."""
    path = "specs/states/back door.dot"
    clone.save(path, OLD_DOOR.replace("digraph door", "digraph back"))
    clone.write(path, NEW_DOOR.replace("digraph door", "digraph back"))
    for arguments in (["diff"], ["diff", "HEAD"]):
        assert f"{path}   back: 1 change, behaviour" in clone.git(*arguments)
    clone.commit()
    assert '+  arrow Open --push--> Locked: decider="soft"' in clone.git("show")


def test_a_project_may_lie_in_a_folder_of_the_repository(clone: Clone) -> None:
    """Its drawings are told by their names in it, from wherever git is called."""
    clone.save(f"deep/project/{DOOR}", OLD_DOOR)
    clone.write(f"deep/project/{DOOR}", NEW_DOOR)
    said = clone.git("-C", "deep", "diff")
    assert said.splitlines()[:2] == [
        f"diff --dotgen a/deep/project/{DOOR} b/deep/project/{DOOR}",
        HEADLINE,
    ]


def test_other_lines_with_the_same_meaning_are_no_change(clone: Clone) -> None:
    """Who wants to see them is told how."""
    clone.write(DOOR, OTHER_LINES)
    assert clone.git("diff").splitlines() == [
        f"diff --dotgen a/{DOOR} b/{DOOR}",
        "no change of meaning (git diff --no-ext-diff shows the lines)",
    ]
    assert "+    // The same." in clone.git("diff", "--no-ext-diff", "--no-textconv")


def test_a_broken_drawing_is_shown_by_its_lines(clone: Clone) -> None:
    """As git does without dotgen; the drawing may be mended by what is seen."""
    clone.write(DOOR, BROKEN)
    assert clone.git("diff").splitlines()[:6] == [
        f"diff --dotgen a/{DOOR} b/{DOOR}",
        "a side is no drawing, so these are its lines:",
        f"--- a/{DOOR}",
        f"+++ b/{DOOR}",
        "@@ -1,7 +1 @@",
        "-digraph door {",
    ]
    clone.commit()
    assert "+digraph door { Open ->" in clone.git("show")


def test_garbage_does_nothing_to_the_terminal(clone: Clone) -> None:
    """Escape sequences are shown as text, bytes that are none by how many they are."""
    clone.write(DOOR, b"digraph {\n\tA -> \x1b[2J\xff\n")
    clone.write(POST, b"\x00\x01")
    clone.git("add", "--all")
    staged = clone.git("diff", "--cached").splitlines()
    assert "+\tA -> \\x1b[2J\\xff" in staged
    assert any(line.startswith("+no text: 2 bytes, SHA-256 b413f47d13ee2fe6") for line in staged)
    clone.commit()
    shown = clone.git("show").splitlines()
    assert "+\tA -> \\x1b[2J\\xff" in shown
    assert not any("\x1b" in line or "\x00" in line for line in (*staged, *shown))


def test_a_broken_drawing_beside_does_not_matter(clone: Clone) -> None:
    """What another drawing lacks is told where that one is shown."""
    clone.save("specs/states/gate.dot", BROKEN)
    clone.write(DOOR, NEW_DOOR)
    assert CHANGE in clone.git("diff")


def test_git_log_and_git_show_compare_what_drawings_say(clone: Clone) -> None:
    """Line by line, a thing a line, in an order that no layout of the text changes."""
    clone.save(DOOR, NEW_DOOR)
    for command in (["show"], ["log", "-p", "-1"]):
        said = clone.git(*command).splitlines()
        changed = [
            line for line in said if line.startswith(("+", "-")) and line[:3] not in ("+++", "---")
        ]
        assert changed == [
            '-  arrow Open --push--> Closed: decider="soft"',
            '+  arrow Open --push--> Locked: decider="soft"',
        ]
    clone.save(DOOR, NEW_DOOR.replace("    Open [", "    Open [color=red, "), "a colour")
    assert clone.git("show", "--format=%s").splitlines() == ["a colour"]


def test_a_drawing_in_conflict_says_how_its_sides_compare(clone: Clone) -> None:
    """The command that is named tells what both branches did."""
    clone.git("checkout", "--quiet", "-b", "ours")
    clone.save(DOOR, NEW_DOOR)
    clone.git("checkout", "--quiet", "-b", "theirs", "v1")
    clone.save(DOOR, NEW_DOOR.replace('Locked [label="push"]', 'Open [label="push"]'))
    clone.git("merge", "ours", fails=True)
    first, *_ = clone.git("diff", "--ours").splitlines()
    command = f"dotgen diff HEAD MERGE_HEAD -- {DOOR}"
    assert first == f"{DOOR} is in conflict: `{command}` compares both sides of a merge"
    told = dotgen("diff", "--root", str(clone.root), "HEAD", "MERGE_HEAD")
    assert "Open --push--> Open: Open -> Locked" in told.output
    assert "<<<<<<<" in clone.git("diff")


def test_without_the_drivers_git_is_as_before(clone: Clone) -> None:
    """What was set up can be taken back."""
    assert dotgen("git-setup", "--remove", "--root", str(clone.root)).exit_code == 0
    clone.write(DOOR, NEW_DOOR)
    assert '+    Open -> Locked [label="push"]' in clone.git("diff")


def test_facts_are_lines_for_people_too(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kind comes from the folder, or is said; a file that is no drawing is printed as it is."""
    monkeypatch.chdir(clone.root)
    assert dotgen("facts", DOOR).stdout.splitlines()[:2] == [
        'machine door: initial="Open"',
        "  state Closed",
    ]
    (tmp_path / "post").write_bytes((clone.root / POST).read_bytes())
    told = dotgen("facts", "--kind", "layouts", str(tmp_path / "post")).stdout
    assert told == dotgen("facts", POST).stdout
    clone.write("notes.txt", "no drawing\n")
    assert dotgen("facts", "notes.txt").stdout == "no drawing\n"
    assert refusal(dotgen("facts", "gone.dot"), 1) == (
        "gone.dot: cannot be read: No such file or directory"
    )


def test_who_calls_the_driver_by_hand_is_told_whose_it_is(clone: Clone) -> None:
    """With arguments that git would not give."""
    assert refusal(dotgen("git-diff", "a.dot", "b.dot"), 2) == (
        "this command is for git: `dotgen git-setup` makes git call it"
    )


def test_setting_up_where_there_is_no_repository_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert refusal(dotgen("git-setup"), 2) == f"{tmp_path} is in no git repository"
    assert list(tmp_path.iterdir()) == []
