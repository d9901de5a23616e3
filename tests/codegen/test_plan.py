"""Comparing what generated/ should hold with what it holds."""

from hypothesis import given
from hypothesis import strategies as st

from codegen.plan import Change, compare, diff_lines, has_header

HEADER = "# Generated from specs/states/a.dot; edit that drawing, then run `make generate`.\n"
OLD = f"{HEADER}a = 1\n"
NEW = f"{HEADER}a = 2\n"


def test_a_missing_file_is_created() -> None:
    """A wanted file that is not there is new."""
    plan = compare({"a.py": NEW}, {})
    assert plan.changes == (Change("a.py", None, NEW.encode()),)
    assert (plan.created, plan.replaced, plan.removed) == (["a.py"], [], [])


def test_a_different_file_is_replaced() -> None:
    """A generated file with another content gets the wanted one."""
    plan = compare({"a.py": NEW}, {"a.py": OLD.encode()})
    assert (plan.created, plan.replaced, plan.removed) == ([], ["a.py"], [])


def test_an_equal_file_is_untouched() -> None:
    """A file that is right already is no change."""
    plan = compare({"a.py": OLD}, {"a.py": OLD.encode()})
    assert (plan.changes, plan.untouched, plan.is_fresh) == ((), ("a.py",), True)


def test_an_orphan_is_removed() -> None:
    """A file with our header that nothing produces any more goes."""
    plan = compare({}, {"a.py": OLD.encode()})
    assert (plan.removed, plan.is_fresh) == (["a.py"], False)


def test_a_narrowed_run_leaves_orphans_alone() -> None:
    """Who has not looked at all drawings cannot tell what has none."""
    plan = compare({"a.py": NEW}, {"b.py": OLD.encode()}).without_orphans()
    assert (plan.created, plan.removed) == (["a.py"], [])


def test_a_foreign_file_is_left_alone_and_named() -> None:
    """Somebody's own file and a link are no change, but the folder is not fresh with them."""
    plan = compare({}, {"link.py": None, "mine.py": b"x = 1\n"})
    assert (plan.changes, plan.foreign, plan.is_fresh) == ((), ("link.py", "mine.py"), False)


def test_a_foreign_file_in_the_place_of_a_wanted_one_is_refused() -> None:
    """What somebody may have written is never overwritten; the message says what to do."""
    plan = compare({"a.py": NEW}, {"a.py": b"x = 1\n"})
    (problem,) = plan.problems
    assert str(problem) == (
        "generated/a.py:1:1: foreign-file: its first line does not say that it was generated "
        "(move it out of the folder or delete it, then run again)"
    )
    assert plan.changes == ()


def test_a_link_in_the_place_of_a_wanted_file_is_refused() -> None:
    """What a link leads to is not ours to write."""
    problems = compare({"a.py": NEW}, {"a.py": None}).problems
    assert [problem.sentence for problem in problems] == [
        "is no plain file, and nothing is written through links"
    ]


def test_a_link_above_a_wanted_file_is_refused() -> None:
    """A folder that is a link, or a file where a folder belongs, is named."""
    problems = compare({"states/deep/a.py": NEW}, {"states": None}).problems
    assert [problem.sentence for problem in problems] == ["states is there, and is no folder"]


def test_output_without_header_is_refused() -> None:
    """A template that forgets the header would make a file that the next run refuses."""
    problems = compare({"a.py": "a = 1\n"}, {}).problems
    assert [problem.rule for problem in problems] == ["missing-header"]


def test_the_header_counts_on_the_first_line_in_any_comment() -> None:
    """The mark is known in every comment style, but only where a header stands."""
    text = "Generated from the drawings in specs/flows/; edit those, then run `make generate`."
    assert has_header(f"# {text}\n".encode())
    assert has_header(f"<!-- {text} -->".encode())
    assert not has_header(f"\n# {text}\n".encode())
    assert not has_header(b"# Generated from a drawing\n# then run\n")
    assert not has_header(b"# then run it; Generated from nothing\n")
    assert not has_header(b"")


def test_a_diff_shows_each_change_as_patch_reads_it() -> None:
    """New, changed and removed files appear in a unified diff, with paths below generated/."""
    plan = compare({"a.py": NEW, "b.py": NEW}, {"b.py": OLD.encode(), "c.py": OLD.encode()[:-1]})
    header = HEADER.rstrip()
    assert "\n".join(diff_lines(plan)).splitlines() == [
        "--- /dev/null",
        "+++ b/generated/a.py",
        "@@ -0,0 +1,2 @@",
        f"+{header}",
        "+a = 2",
        "--- a/generated/b.py",
        "+++ b/generated/b.py",
        "@@ -1,2 +1,2 @@",
        f" {header}",
        "-a = 1",
        "+a = 2",
        "--- a/generated/c.py",
        "+++ /dev/null",
        "@@ -1,2 +0,0 @@",
        f"-{header}",
        "-a = 1",
        "\\ No newline at end of file",
    ]


def test_bytes_that_are_no_text_appear_in_a_diff_replaced() -> None:
    """A damaged generated file can be shown and is replaced."""
    lines = list(diff_lines(compare({"a.py": NEW}, {"a.py": HEADER.encode() + b"\xff\n"})))
    assert "-\ufffd" in lines


PATHS = st.sampled_from(["a.py", "b.py", "states/a.py", "states/deep/c.py", "flows/d.py"])
OURS = st.integers(0, 3).map(lambda number: f"{HEADER}a = {number}\n")
THEIRS = st.sampled_from([None, b"", b"mine\n"])


@given(
    st.dictionaries(PATHS, OURS),
    st.dictionaries(PATHS, st.one_of(OURS.map(str.encode), THEIRS)),
)
def test_a_plan_accounts_for_every_file_and_leads_to_the_wanted_ones(
    wanted: dict[str, str], present: dict[str, bytes | None]
) -> None:
    """Each path is in one list; following the plan gives the wanted files and keeps the foreign."""
    plan = compare(wanted, present)
    changed = [change.path for change in plan.changes]
    refused = [problem.place.file.removeprefix("generated/") for problem in plan.problems]
    assert sorted([*changed, *plan.untouched, *plan.foreign, *refused]) == sorted(
        {*wanted, *present}
    )
    after = dict(present)
    for change in plan.changes:
        assert change.old == present.get(change.path)
        after[change.path] = change.new
    ours = {path: text.encode() for path, text in wanted.items() if path not in refused}
    left = {path: present[path] for path in [*plan.foreign, *refused] if path in present}
    gone = dict.fromkeys(plan.removed)
    assert after == {**ours, **left, **gone}
