"""`dotgen log`: the life of a drawing, and of what is in it, through a real git's revisions."""

import json
from pathlib import Path

import pytest

from tests.codegen.review.clones import Clone
from tests.codegen.review.doors import BROKEN, DOOR, OLD_DOOR, OLD_POST, POST, dotgen, refusal

GUARDED = OLD_DOOR.replace('[label="push"]', '[label="push", guard=is_free]')
RENAMED = GUARDED.replace("Locked", "Bolted")
RECOLOURED = RENAMED.replace("    Open [", "    Open [color=red, ")
MOVED = "specs/states/front.dot"
POST_BEFORE = OLD_POST.replace(" | pages\\nu16", "").replace("; pages: all", "")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a repository in which a door has lived, and go there."""
    made = Clone.new(tmp_path / "clone")
    made.write(POST, POST_BEFORE)
    made.save(DOOR, OLD_DOOR, "the first door")
    made.save(DOOR, GUARDED, "look before you push")
    made.save(DOOR, RENAMED, "a bolt is no lock")
    made.save(DOOR, RECOLOURED, "red")
    monkeypatch.chdir(made.root)
    return made


def told(*arguments: str) -> list[str]:
    """What the command prints, a revision by its subject alone."""
    result = dotgen("log", *arguments)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    return [line if line.startswith(" ") else line.partition("  Ann  ")[2] for line in lines]


def test_the_life_of_a_drawing_is_told_from_its_beginning(clone: Clone) -> None:
    """Each revision with its changes, also one that changes no meaning."""
    assert told(DOOR) == [
        "the first door",
        "    machine-added: door",
        "look before you push",
        "    arrow-guard-changed: Open --push--> Closed: none -> is_free",
        "a bolt is no lock",
        "    state-renamed: Locked -> Bolted",
        "red",
        "    no change of meaning",
    ]


def test_a_revision_is_told_with_its_date_and_author(clone: Clone) -> None:
    """And with the beginning of its hash."""
    short = clone.git("log", "-1", "--format=%h")
    last = dotgen("log", DOOR).output.splitlines()[-2]
    assert last == f"2026-03-01  {short}  Ann  red"


def test_the_life_of_a_state_goes_back_beyond_its_name(clone: Clone) -> None:
    """When it was added, by the name of then, and who renamed it."""
    assert told(DOOR, "Bolted") == [
        "the first door",
        "    state-added: Locked",
        "    arrow-added: Closed --lock--> Locked",
        "    arrow-added: Locked --unlock--> Closed",
        "a bolt is no lock",
        "    state-renamed: Locked -> Bolted",
    ]


def test_a_guard_and_a_field_have_lives_as_well(clone: Clone) -> None:
    """A field is named with its packet."""
    assert told(DOOR, "is_free") == [
        "look before you push",
        "    arrow-guard-changed: Open --push--> Closed: none -> is_free",
    ]
    clone.save(POST, OLD_POST, "count the pages")
    assert told(POST, "P_LETTER.weight") == ["the first door", "    field-added: P_LETTER.weight"]
    assert told(POST, "P_LETTER.pages") == ["count the pages", "    field-added: P_LETTER.pages"]


def test_several_names_are_told_together(clone: Clone) -> None:
    """In the order of the revisions."""
    subjects = [line for line in told(DOOR, "is_free", "pull") if not line.startswith(" ")]
    assert subjects == ["the first door", "look before you push"]


def test_a_renamed_file_is_followed(clone: Clone) -> None:
    """Its former name is told where it was given up."""
    clone.git("mv", DOOR, MOVED)
    clone.commit("to the front")
    lines = told(MOVED)
    assert lines[0] == "the first door"
    assert lines[-3:] == [
        "to the front",
        f"    file renamed: {DOOR} -> {MOVED}",
        "    no change of meaning",
    ]


def test_a_drawing_that_is_gone_had_a_life(clone: Clone) -> None:
    """Also where its folder is gone with it."""
    clone.git("rm", "-r", "--quiet", "specs")
    clone.commit("no doors any more")
    assert told(DOOR)[-2:] == ["no doors any more", "    machine-removed: door"]


def test_a_version_that_is_no_drawing_is_told_as_such(clone: Clone) -> None:
    """Its fault is named, and the life goes on behind it."""
    clone.save(DOOR, BROKEN, "a slip")
    clone.save(DOOR, RECOLOURED.replace("pull", "draw"), "mended")
    assert told(DOOR)[-4:] == [
        "a slip",
        f"    no drawing: {DOOR}:1:14: syntax: the `{{` that stands here is never closed",
        "mended",
        "    a drawing again; the version before was none",
    ]


def test_a_merge_is_told_where_it_decides_something(clone: Clone) -> None:
    """What a branch did is told there, not again where it is merged."""
    clone.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    clone.save(DOOR, RENAMED.replace('"pull"', '"draw"'), "draw it")
    clone.git("checkout", "--quiet", "main")
    clone.git("merge", "--quiet", "--message=merged", "side")
    assert "merged" not in told(DOOR)
    assert told(DOOR).count("    event-renamed: pull -> draw") == 1
    clone.git("checkout", "--quiet", "side")
    clone.git("merge", "--quiet", "--no-commit", "main~1")
    clone.save(DOOR, RECOLOURED.replace('"pull"', '"draw"').replace("is_free", "is_idle"), "both")
    mended = "arrow-guard-changed: Open --push [is_free]--> Closed: is_free -> is_idle"
    assert told(DOOR)[-2:] == ["both", f"    {mended}"]


def test_json_has_all_of_a_revision(clone: Clone) -> None:
    """The whole hash, and each change with its rule and its line."""
    found = json.loads(dotgen("log", DOOR, "is_free", "--format", "json").output)
    assert found == [
        {
            "commit": clone.git("rev-parse", "HEAD~2"),
            "date": "2026-03-01",
            "author": "Ann",
            "subject": "look before you push",
            "path": DOOR,
            "problem": "",
            "changes": [
                {
                    "rule": "arrow-guard-changed",
                    "kind": "arrow",
                    "subject": "Open --push--> Closed",
                    "part": "guard",
                    "before": "",
                    "after": "is_free",
                    "line": 3,
                }
            ],
        }
    ]


def test_an_unknown_name_is_answered_with_the_right_one(clone: Clone) -> None:
    """Each of them, and nothing is told of the others."""
    result = dotgen("log", DOOR, "Opn", "Closed", "Window")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f'{DOOR}: no revision mentions Opn (did you mean "Open"?)',
        f"{DOOR}: no revision mentions Window",
    ]


def test_a_path_without_a_history_is_one_sentence(clone: Clone, tmp_path: Path) -> None:
    """One that never was, one that is not committed, a folder, and one that is elsewhere."""
    assert refusal(dotgen("log", "specs/states/dor.dot"), 2) == (
        f'specs/states/dor.dot is not in HEAD (did you mean "{DOOR}"?)'
    )
    clone.write("specs/states/new.dot", OLD_DOOR)
    assert refusal(dotgen("log", "specs/states/new.dot"), 2).startswith(
        "specs/states/new.dot is not in HEAD"
    )
    assert refusal(dotgen("log", "specs"), 2) == "specs is a folder: name one drawing in it"
    outside = str(tmp_path / "x.dot")
    assert refusal(dotgen("log", outside), 2) == f"{tmp_path} is in no git repository"


def test_a_shallow_clone_is_remarked(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told as the beginning may not be it."""
    monkeypatch.chdir(clone.clone(tmp_path / "shallow", "--depth=2").root)
    result = dotgen("log", DOOR)
    assert result.stderr == "this clone is shallow: the history begins where it does\n"
    assert result.stdout.splitlines()[1] == "    machine-added: door"


def test_without_git_there_is_one_sentence(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named."""
    monkeypatch.setenv("PATH", str(clone.root))
    assert refusal(dotgen("log", DOOR), 2) == "git is not installed: there is no git on the PATH"
