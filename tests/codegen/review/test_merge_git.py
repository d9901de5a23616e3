"""A real git merges drawings with our driver: merges, rebases and cherry-picks."""

from pathlib import Path

import pytest

from codegen.review.setup import install
from tests.codegen.review.clones import Clone
from tests.codegen.review.merging import DOOR, STATES, changed

AGAIN = "    Closed -> Closed"
SLAM = "    Open -> Locked [label=slam]\n"
WIDE = changed(DOOR, ("wide", "very wide"))
GUARD = changed(DOOR, ("guard=is_free", "guard=is_free, action=look"))
LOOK = changed(DOOR, ("guard=is_free", 'guard=is_free, comment="at last"'))
SENTENCE = "comment (was wide) is very wide in ours and narrow in theirs"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a clone with the driver, and with the branch `side` at the first commit."""
    made = Clone.new(tmp_path / "clone")
    made.save(STATES, DOOR)
    install(made.root)
    made.commit("drivers")
    made.git("branch", "side")
    return made


def branches(clone: Clone, main: str, side: str) -> None:
    """Let both branches change the drawing; main is checked out then."""
    clone.git("switch", "--quiet", "side")
    clone.save(STATES, side, "side")
    clone.git("switch", "--quiet", "main")
    clone.save(STATES, main, "main")


def drawing(clone: Clone) -> str:
    """Return the drawing in the working tree, where nothing else lies."""
    assert "??" not in clone.git("status", "--porcelain")
    return (clone.root / STATES).read_text()


def test_changes_of_one_arrow_merge(clone: Clone) -> None:
    """Where git's own merge sees two changes of one line."""
    branches(clone, GUARD, LOOK)
    clone.git("merge", "--no-edit", "side")
    assert drawing(clone) == changed(GUARD, ("action=look", 'action=look, comment="at last"'))
    assert clone.git("status", "--porcelain") == ""


def test_a_contradiction_stops_the_merge(clone: Clone) -> None:
    """It says so, the sentence names the line, and the line is between markers."""
    branches(clone, WIDE, changed(DOOR, ("wide", "narrow")))
    told = clone.git("merge", "--no-edit", "side", fails=True)
    assert f"{STATES}:4: Open (state): {SENTENCE}" in told
    assert f"CONFLICT (content): Merge conflict in {STATES}" in told
    lines = drawing(clone).splitlines()
    assert lines[2] == "<<<<<<< ours"
    assert lines[3] == '    Open   [comment="very wide"]'
    assert clone.git("status", "--porcelain") == f"UU {STATES}"
    clone.git("merge", "--abort")
    assert drawing(clone) == WIDE


@pytest.mark.parametrize("is_ours", [True, False])
def test_an_arrow_of_one_branch_has_the_new_name_of_the_other(
    clone: Clone, *, is_ours: bool
) -> None:
    """Whichever branch is merged into which."""
    renamed = changed(DOOR, ("Locked", "Shut"))
    added = changed(DOOR, (AGAIN, SLAM + AGAIN))
    branches(clone, *((renamed, added) if is_ours else (added, renamed)))
    clone.git("merge", "--no-edit", "side")
    assert drawing(clone) == changed(added, ("Locked", "Shut"))


def test_a_rebase_goes_commit_by_commit(clone: Clone) -> None:
    """Each is merged onto what came before it."""
    branches(clone, changed(GUARD, ("Locked", "Shut")), LOOK)
    clone.git("switch", "--quiet", "side")
    clone.save(STATES, changed(LOOK, (AGAIN, SLAM + AGAIN)), "slam")
    clone.git("rebase", "main")
    wanted = changed(
        GUARD,
        ("action=look", 'action=look, comment="at last"'),
        (AGAIN, SLAM + AGAIN),
        ("Locked", "Shut"),
    )
    assert drawing(clone) == wanted
    assert clone.git("log", "--format=%s", "main..").split() == ["slam", "side"]


def test_a_rebase_stops_at_a_contradiction(clone: Clone) -> None:
    """Ours is what the commit is put upon, as git calls it."""
    branches(clone, WIDE, changed(DOOR, ("wide", "narrow")))
    clone.git("switch", "--quiet", "side")
    told = clone.git("rebase", "main", fails=True)
    assert SENTENCE in told
    clone.write(STATES, changed(DOOR, ("wide", "just right")))
    clone.git("add", STATES)
    clone.git("-c", "core.editor=true", "rebase", "--continue")
    assert "just right" in drawing(clone)


def test_one_commit_is_picked(clone: Clone) -> None:
    """What it changed comes over under the names of here, and nothing else of its branch."""
    branches(clone, changed(DOOR, ("Locked", "Shut")), WIDE)
    clone.git("switch", "--quiet", "side")
    picked = clone.save(STATES, changed(WIDE, (AGAIN, SLAM + AGAIN)), "slam")
    clone.git("switch", "--quiet", "main")
    clone.git("cherry-pick", picked)
    assert drawing(clone) == changed(DOOR, (AGAIN, SLAM + AGAIN), ("Locked", "Shut"))


def test_one_commit_is_taken_back(clone: Clone) -> None:
    """`git revert` is a merge, too: what came later stays."""
    clone.save(STATES, changed(DOOR, (AGAIN, SLAM + AGAIN)), "slam")
    clone.save(STATES, changed(DOOR, (AGAIN, SLAM + AGAIN), ("Locked", "Shut")), "shut")
    clone.git("revert", "--no-edit", "HEAD~1")
    assert drawing(clone) == changed(DOOR, ("Locked", "Shut"))


def test_both_branches_may_have_made_the_drawing(clone: Clone) -> None:
    """There is no common version then, and git gives an empty one."""
    path = STATES.replace("small", "other")
    clone.git("switch", "--quiet", "side")
    clone.save(path, changed(DOOR, (AGAIN, SLAM + AGAIN)))
    clone.git("switch", "--quiet", "main")
    clone.save(path, DOOR)
    clone.git("merge", "--no-edit", "side")
    assert (clone.root / path).read_text() == changed(DOOR, (AGAIN, SLAM + AGAIN))


def test_a_criss_cross_history_merges(clone: Clone) -> None:
    """The two common versions are merged first, also by our driver."""
    branches(clone, GUARD, LOOK)
    clone.git("branch", "old-main")
    clone.git("merge", "--no-edit", "side")
    clone.git("switch", "--quiet", "side")
    clone.git("merge", "--no-edit", "old-main")
    both = drawing(clone)
    clone.save(STATES, changed(both, ("wide", "very wide")))
    clone.git("switch", "--quiet", "main")
    clone.save(STATES, changed(both, ("Locked", "Shut")))
    clone.git("merge", "--no-edit", "side")
    assert drawing(clone) == changed(both, ("wide", "very wide"), ("Locked", "Shut"))
