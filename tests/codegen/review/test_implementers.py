"""Who implements the handler classes, found in a program's own text."""

from codegen.review.implementers import Implementers, find_implementers, listed

IMPORT = "from generated.states.door_states import DoorHandlers\n"


def find(**files: str) -> Implementers:
    """The implementers in modules of the package `runtime`."""
    return find_implementers({f"runtime/{name}.py": text.encode() for name, text in files.items()})


def names(found: Implementers, handlers: str = "DoorHandlers", module: str = "") -> list[str]:
    """Who derives, as messages name it."""
    return [str(it) for it in found.of(handlers, module)]


def test_a_class_that_derives_is_found_with_its_line() -> None:
    """Also with a type argument, and through a module's name."""
    found = find(
        a=f"{IMPORT}class A(DoorHandlers[str]):\n    pass\n",
        b="import generated.states.door_states as door\n\nclass B(door.DoorHandlers): ...\n",
        c="from generated.states import door_states as d\nclass C(Base, d.DoorHandlers): ...\n",
    )
    assert names(found) == [
        "A in runtime/a.py:2",
        "B in runtime/b.py:3",
        "C in runtime/c.py:2",
    ]


def test_another_name_by_an_import_is_the_same_class() -> None:
    """What it is called here says nothing."""
    found = find(a=f"{IMPORT.strip()} as Base\nclass A(Base): ...\n")
    assert names(found) == ["A in runtime/a.py:2"]


def test_methods_are_those_of_the_class_and_of_the_classes_between() -> None:
    """A method may be given by its name, too; whoever only hands on is not asked to add any."""
    found = find(
        base=f"{IMPORT}class Base(DoorHandlers):\n    def ring(self): ...\n    push = ring\n",
        door="from .base import Base\n# Handlers\nclass Door(Base):\n  async def pull(self): ...\n",
    )
    assert found.to_add("DoorHandlers", "lock") == "add it to Door in runtime/door.py:3"
    assert found.to_add("DoorHandlers", "ring") == "Door in runtime/door.py:3 has it already"
    assert found.where("DoorHandlers", "ring") == "Base (runtime/base.py:3)"
    assert found.where("DoorHandlers", "push") == "Base (runtime/base.py:4)"
    assert found.where("DoorHandlers", "pull") == "Door (runtime/door.py:4)"
    assert found.where("DoorHandlers", "lock") == ""


def test_nobody_may_implement_a_drawing_yet() -> None:
    """That is said, too."""
    assert find().to_add("DoorHandlers", "lock") == "no class derives from DoorHandlers yet"


def test_handlers_of_one_name_are_told_apart_by_their_module() -> None:
    """Two flows may both have a column Primary."""
    found = find(
        a="from generated.flows.write import PrimaryHandlers\nclass A(PrimaryHandlers): ...\n",
        b="from generated.flows.read import PrimaryHandlers\nclass B(PrimaryHandlers): ...\n",
    )
    assert names(found, "PrimaryHandlers", "write") == ["A in runtime/a.py:2"]
    assert names(found, "PrimaryHandlers", "read") == ["B in runtime/b.py:2"]
    assert names(found, "PrimaryHandlers", "resync") == []


def test_an_import_that_tells_no_module_counts_where_none_does() -> None:
    """A package may pass the class on."""
    found = find(a="from door import DoorHandlers\nclass A(DoorHandlers): ...\n")
    assert names(found, module="door_states") == ["A in runtime/a.py:2"]


def test_what_is_no_python_is_left_out() -> None:
    """Broken text, other encodings, a null byte, and brackets without end."""
    good = f"{IMPORT}class A(DoorHandlers): ...\n".encode()
    found = find_implementers(
        {
            "a.py": good,
            "b.py": b"class B(DoorHandlers:",
            "c.py": b"\xff\xfe DoorHandlers",
            "d.py": b"DoorHandlers\0",
            "e.py": b"DoorHandlers" + b"(" * 5000,
            "f.py": b"\xef\xbb\xbf" + good.replace(b"class A", b"class F"),
        }
    )
    assert names(found) == ["A in a.py:2", "F in f.py:2"]


def test_classes_in_a_circle_and_bases_that_are_no_names_end() -> None:
    """Python refuses the one and runs the other; neither is an implementer."""
    found = find(
        a="# Handlers\nclass A(B): ...\nclass B(A): ...\n",
        b="# Handlers\nclass C(make()): ...\nclass D(x[0]()): ...\n",
    )
    assert found.found == {}


def test_the_order_of_files_says_nothing() -> None:
    """They are told by path."""
    files = {f"{it}.py": f"{IMPORT}class X(DoorHandlers): ...\n".encode() for it in "abc"}
    turned = dict(reversed(files.items()))
    assert find_implementers(files) == find_implementers(turned)


def test_a_long_list_is_cut() -> None:
    """After eight only how many more."""
    assert listed([]) == ""
    assert listed(["A"]) == "A"
    assert listed(["A", "B", "C"]) == "A, B and C"
    assert listed(list("ABCDEFGHIJ")) == "A, B, C, D, E, F, G, H and 2 more"
