"""The memo of formatted texts: it saves time and never decides what is written."""

from pathlib import Path

from codegen.memo import Memo


def test_what_was_put_is_got_until_it_is_swept(tmp_path: Path) -> None:
    """A later run knows the text; one that nobody asked for is forgotten."""
    Memo(str(tmp_path), "mode").put("x=1", "x = 1\n")
    later = Memo(str(tmp_path), "mode")
    assert later.get("x=1") == "x = 1\n"
    assert later.get("y=1") is None
    later.sweep()
    assert later.get("x=1") == "x = 1\n"
    idle = Memo(str(tmp_path), "mode")
    idle.sweep()
    assert idle.get("x=1") is None


def test_another_mode_knows_nothing(tmp_path: Path) -> None:
    """What one line length gave is no answer for another."""
    Memo(str(tmp_path), "100").put("x=1", "x = 1\n")
    assert Memo(str(tmp_path), "80").get("x=1") is None


def test_a_damaged_entry_is_no_answer(tmp_path: Path) -> None:
    """An emptied, cut or foreign file in the cache only costs time."""
    memo = Memo(str(tmp_path), "mode")
    memo.put("x=1", "x = 1\n")
    (entry,) = Path(memo.folder).iterdir()
    for content in (b"", entry.read_bytes()[:-1], b"\xff\xfe", b"nothing\nx = 2\n"):
        entry.write_bytes(content)
        assert memo.get("x=1") is None


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    """Without a cache everything is formatted anew, and nobody hears of it."""
    (tmp_path / ".dotgen_cache").write_text("in the way")
    memo = Memo(str(tmp_path), "mode")
    memo.put("x=1", "x = 1\n")
    memo.sweep()
    assert memo.get("x=1") is None
