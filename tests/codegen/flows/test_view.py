"""What is generated from a flow: a module that says what the drawing says."""

import ast
import importlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from codegen.flows.model import Flow
from codegen.flows.rules import CLASS_NAMES, METHOD_NAMES, MODULE_NAMES
from codegen.flows.view import FlowView
from codegen.format import format_python
from codegen.problems import Problem
from codegen.render import Renderer

Read = Callable[[str], tuple[Flow, list[Problem]]]
Load = Callable[[str], ModuleType]

TEMPLATES = Path(__file__).parents[3] / "templates"
MODULES = {"P_ASK": "requests", "P_DATA": "replies", "P_NEG": "replies"}
FILES = ("__init__.py", "handlers.py", "flows/__init__.py", "flows/path.py", "flows/{graph}.py")

CHECKSUM = """
digraph checksum {
    subgraph cluster_target {
        label="Target"
        hold [label="rs_begin_io()", opens=rs, comment="Takes the extent."]
        hold -> ask
        got_data -> write -> free
        got_nothing -> free
        free [closes=rs]
    }
    subgraph cluster_source { label="Source"; compare }
    ask -> compare [packet=P_ASK, socket=data]
    compare -> got_data [packet=P_DATA, socket=data, when="the \\"digests\\" differ"]
    compare -> got_nothing [packet=P_NEG, socket=meta, when="they
        agree"]
}
"""


def generate(flow: Flow, modules: Mapping[str, str]) -> dict[str, str]:
    """The package that one flow gives, path -> text."""
    templates = {
        path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
        for path in TEMPLATES.rglob("*.j2")
    }
    renderer = Renderer(templates)
    drawing = "specs/flows/test.dot"
    context = {"flow": FlowView(flow, modules), "drawing": drawing, "origin": f"{drawing}; edit it"}
    made = {}
    for file in FILES:
        text = renderer.render(f"{file}.j2", context)
        assert isinstance(text, str), text
        formatted = format_python(text, file)
        assert isinstance(formatted, str), formatted
        made[file.replace("{graph}", flow.name)] = formatted
    return made


@pytest.fixture
def load(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Generate the module of a flow, with packets of its own, and import it."""

    def _load(text: str) -> ModuleType:
        flow, problems = read(text)
        assert not problems
        package = f"made_from_{flow.name}"
        files = generate(flow, MODULES) | {
            "layouts/__init__.py": "",
            "layouts/requests.py": "class P_ASK: ...",
            "layouts/replies.py": "class P_DATA: ...\n\n\nclass P_NEG: ...",
        }
        for path, content in files.items():
            target = tmp_path / package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()
        return importlib.import_module(f"{package}.flows.{flow.name}")

    return _load


def test_each_column_is_an_enum_of_its_functions(load: Load) -> None:
    """Members are the functions' names, values what the figure prints."""
    module = load(CHECKSUM.replace("checksum", "enums"))
    assert {step.name: step.value for step in module.Target} == {
        "rs_begin_io": "rs_begin_io()",
        "ask": "ask",
        "got_data": "got_data",
        "write": "write",
        "free": "free",
        "got_nothing": "got_nothing",
    }
    assert [step.name for step in module.Source] == ["compare"]


def test_every_arrow_is_a_row(load: Load) -> None:
    """What follows a step stands behind it, with the packet, the socket and the case."""
    module = load(CHECKSUM.replace("checksum", "rows"))
    rows = [
        (arrow.step.name, arrow.packet.__name__, arrow.socket.name, arrow.when)
        for arrow in module.FOLLOWS[module.Source.compare]
    ]
    assert rows == [
        ("got_data", "P_DATA", "data", 'the "digests" differ'),
        ("got_nothing", "P_NEG", "meta", "they\n        agree"),
    ]
    assert module.FOLLOWS[module.Target.free] == ()
    assert module.START is module.Target.rs_begin_io


def test_brackets_name_their_ends(load: Load) -> None:
    """A bracket has what it holds, and from where to where."""
    module = load(CHECKSUM.replace("checksum", "brackets"))
    (bracket,) = module.BRACKETS
    assert (bracket.extent.name, bracket.opens.name, bracket.closes.name) == (
        "rs",
        "rs_begin_io",
        "free",
    )


def test_a_trace_takes_one_case(load: Load) -> None:
    """Steps of both cases in one trace are no path, those of either one are."""
    module = load(CHECKSUM.replace("checksum", "cases"))
    target, compare = module.Target, module.Source.compare
    asked = [target.rs_begin_io, target.ask, compare]
    agree = [*asked, target.got_nothing, target.free]
    differ = [*asked, target.got_data, target.write, target.free]
    assert module.FLOW.is_whole(agree)
    assert module.FLOW.is_whole(differ)
    assert not module.FLOW.is_path([*asked, target.got_nothing, target.got_data])
    assert not module.FLOW.is_path([*asked, target.got_data, target.free])


def test_every_function_is_an_abstract_method(load: Load) -> None:
    """A class that lacks one is refused, with the line that draws the function."""
    module = load(CHECKSUM.replace("checksum", "methods"))
    assert module.TargetHandlers.__abstractmethods__ == {step.name for step in module.Target}
    with pytest.raises(TypeError, match=r"lacks .*rs_begin_io\(\) \(specs/flows/test.dot\)"):
        module.TargetHandlers()


def test_a_function_is_given_the_packet_that_it_receives(load: Load) -> None:
    """Functions to which no packet leads are given none."""
    module = load(CHECKSUM.replace("checksum", "packets"))
    received = inspect.signature(module.TargetHandlers.got_data).parameters
    assert received["packet"].annotation.__name__ == "P_DATA"
    assert list(inspect.signature(module.TargetHandlers.write).parameters) == ["self"]


def test_a_method_says_what_comes_before_and_after(load: Load) -> None:
    """The docstring has the comment, the order, the bracket and the packets."""
    handlers = load(CHECKSUM.replace("checksum", "docs")).TargetHandlers
    assert inspect.getdoc(handlers.rs_begin_io) == (
        "Takes the extent.\n\nBegins the flow.\n\n- opens the bracket rs\n- leads to ask"
    )
    assert inspect.getdoc(handlers.got_nothing) == (
        "Comes after compare of Source has sent P_NEG.\n\n- leads to free"
    )
    assert inspect.getdoc(handlers.free) == (
        "Comes after write, or after got_nothing.\n\n- closes the bracket rs"
    )


def test_a_function_that_receives_one_of_two_packets_takes_either(read: Read) -> None:
    """Two packets to one function are a union; None where a case brings none."""
    flow, _ = read(
        "digraph g { subgraph cluster_x { label=X; a -> end [when=alone]; a -> ask [when=peer] }"
        " subgraph cluster_y { label=Y; b; c } ask -> b [packet=P_ASK, socket=data]; b -> c;"
        " b -> end [packet=P_DATA, socket=data]; c -> end [packet=P_NEG, socket=meta] }"
    )
    assert "def end(self, packet: P_DATA | P_NEG | None)" in generate(flow, MODULES)["flows/g.py"]


def test_without_layouts_a_packet_is_an_object(read: Read) -> None:
    """A drawing can be generated alone; its packets have no class then."""
    flow, _ = read(CHECKSUM)
    text = generate(flow, {})["flows/checksum.py"]
    assert "def got_data(self, packet: object)" in text
    assert "layouts" not in text


def test_names_of_the_module_cannot_be_taken(read: Read) -> None:
    """Whatever a module uses, besides columns and packets, is on the list of the rule."""
    flow, _ = read(CHECKSUM)
    tree = ast.parse(generate(flow, MODULES)["flows/checksum.py"])
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    assert used - {"Target", "Source", *MODULES} <= CLASS_NAMES


def test_names_of_the_handlers_cannot_be_taken(read: Read) -> None:
    """What the base of all handlers has is on the list of the rule."""
    flow, _ = read(CHECKSUM)
    base = ast.parse(generate(flow, MODULES)["handlers.py"]).body[-1]
    assert isinstance(base, ast.ClassDef)
    own = {node.name for node in base.body if isinstance(node, ast.FunctionDef)}
    targets = (node.target for node in base.body if isinstance(node, ast.AnnAssign))
    own |= {target.id for target in targets if isinstance(target, ast.Name)}
    assert {name for name in own if not name.startswith("_")} == METHOD_NAMES


def test_names_of_the_shared_modules_cannot_be_taken() -> None:
    """What stands beside the flows' own modules is on the list of the rule."""
    shared = {path.name.removesuffix(".py.j2") for path in (TEMPLATES / "flows").glob("*.j2")}
    assert shared - {"__init__", "{graph}"} == MODULE_NAMES
