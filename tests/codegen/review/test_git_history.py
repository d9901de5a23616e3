"""The history of one drawing, through renames and merges."""

from pathlib import Path

import pytest

from codegen.git import NotInRevisionError, Repository
from tests.codegen.review.clones import Clone

STATES = "specs/states"
LONG = "".join(f"n{number} -> n{number + 1}\n" for number in range(30))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a repository with one drawing in its only commit."""
    made = Clone.new(tmp_path / "clone")
    made.save(f"{STATES}/a.dot", "digraph a {}", "first")
    return made


def at(clone: Clone) -> Repository:
    """Return what is tested."""
    return Repository.at(clone.root)


def test_a_history_begins_with_the_oldest(clone: Clone) -> None:
    """Each revision that changed the file is told with its parents, date and author."""
    first = clone.git("rev-parse", "HEAD")
    clone.save("elsewhere.txt", "no")
    second = clone.save(f"{STATES}/a.dot", "digraph b {}", "second: ünlike")
    found = at(clone).history(f"{STATES}/a.dot")
    assert [(it.commit, it.subject, it.path_before) for it in found] == [
        (first, "first", ""),
        (second, "second: ünlike", f"{STATES}/a.dot"),
    ]
    assert found[1].parents == (clone.git("rev-parse", "HEAD~1"),)
    assert (found[1].date, found[1].author) == ("2026-03-01", "Ann")
    assert second.startswith(found[1].short)


def test_a_history_follows_renames(clone: Clone) -> None:
    """Each revision has the path that the file had there, and the one before."""
    clone.save("specs/old name.dot", LONG, "drawn")
    clone.git("mv", "specs/old name.dot", "specs/über.dot")
    clone.save("specs/über.dot", LONG + "more\n", "renamed")
    clone.save("specs/über.dot", LONG + "still more\n", "changed")
    found = at(clone).history("specs/über.dot")
    assert [(it.subject, it.path_before, it.path) for it in found] == [
        ("drawn", "", "specs/old name.dot"),
        ("renamed", "specs/old name.dot", "specs/über.dot"),
        ("changed", "specs/über.dot", "specs/über.dot"),
    ]
    alone = at(clone).history("specs/über.dot", follow=False)
    assert [it.subject for it in alone] == ["renamed", "changed"]


def test_a_copy_begins_where_it_was_made(clone: Clone) -> None:
    """A new drawing that is like another one has no part in that one's history."""
    clone.save("specs/one.dot", LONG, "one")
    clone.save("specs/one.dot", LONG + "more\n", "one again")
    clone.save("specs/two.dot", LONG + "more\n", "two")
    assert [it.subject for it in at(clone).history("specs/two.dot")] == ["two"]


def test_the_history_of_what_is_gone_is_told(clone: Clone) -> None:
    """A removed drawing has a history, and one that came back has all of it."""
    clone.git("rm", "--quiet", f"{STATES}/a.dot")
    clone.commit("removed")
    assert [it.subject for it in at(clone).history(f"{STATES}/a.dot")] == ["first", "removed"]
    clone.save(f"{STATES}/a.dot", "digraph again {}", "again")
    subjects = [it.subject for it in at(clone).history(f"{STATES}/a.dot")]
    assert subjects == ["first", "removed", "again"]


def test_a_merge_counts_where_it_changed_the_file(clone: Clone) -> None:
    """A merge that only took one side is not told, and one that mended a conflict is."""
    clone.git("checkout", "--quiet", "-b", "side")
    clone.save(f"{STATES}/a.dot", "digraph side {}", "side")
    clone.git("checkout", "--quiet", "main")
    clone.save("elsewhere.txt", "no", "elsewhere")
    clone.git("merge", "--quiet", "--message=clean", "side")
    clone.git("checkout", "--quiet", "side")
    clone.save(f"{STATES}/a.dot", "digraph theirs {}", "theirs")
    clone.git("checkout", "--quiet", "main")
    clone.save(f"{STATES}/a.dot", "digraph ours {}", "ours")
    clone.git("merge", "side", fails=True)
    merge = clone.save(f"{STATES}/a.dot", "digraph both {}", "mended")
    found = at(clone).history(f"{STATES}/a.dot")
    assert {it.subject for it in found[:-1]} == {"first", "side", "ours", "theirs"}
    assert (found[-1].commit, found[-1].path, len(found[-1].parents)) == (
        merge,
        f"{STATES}/a.dot",
        2,
    )


def test_the_users_settings_change_no_history(clone: Clone) -> None:
    """Colours, relative paths and the like are for people, and are not asked for here."""
    clone.save("specs/b.dot", LONG, "drawn")
    clone.git("mv", "specs/b.dot", "specs/c.dot")
    clone.commit("renamed")
    expected = at(clone).history("specs/c.dot")
    for setting in (
        "color.ui=always",
        "diff.relative=true",
        "diff.renames=false",
        "diff.mnemonicPrefix=true",
        "log.showSignature=true",
        "log.showRoot=false",
        "log.date=relative",
        "log.decorate=full",
        "log.diffMerges=off",
        "format.pretty=fuller",
        "i18n.logOutputEncoding=latin1",
        "core.pager=false",
        "core.quotePath=true",
    ):
        clone.git("config", *setting.split("=", 1))
    assert Repository.at(clone.root / STATES).history("specs/c.dot") == expected


def test_a_subject_cannot_move_the_cursor(clone: Clone) -> None:
    """What cannot be printed in a commit is replaced before anybody prints it."""
    clone.save(f"{STATES}/a.dot", "digraph b {}", "bell \a, escape \033[31m, mark \1")
    assert at(clone).history(f"{STATES}/a.dot")[-1].subject == "bell �, escape �[31m, mark �"


def test_a_path_without_history_is_named(clone: Clone) -> None:
    """A misspelt file is no file without changes."""
    with pytest.raises(NotInRevisionError, match=f'^{STATES}/b.dot is not in HEAD .did you mean "'):
        at(clone).history(f"{STATES}/b.dot")


def test_a_shallow_history_begins_where_the_clone_does(clone: Clone, tmp_path: Path) -> None:
    """The oldest revision that a shallow clone has is told as if it had drawn the file."""
    clone.save(f"{STATES}/a.dot", "digraph b {}", "second")
    clone.save("elsewhere.txt", "no", "third")
    shallow = Repository.at(clone.clone(tmp_path / "shallow", "--depth=1").root)
    assert [it.subject for it in shallow.history(f"{STATES}/a.dot")] == ["third"]
