"""What can change in flows drawings: the rule of each change, and a flow under new names."""

from dataclasses import replace
from typing import Final

from codegen.flows.model import Arrow, Flow, Step
from codegen.review.changes import ChangeRule, Impact
from codegen.review.facts import Name, Renames

RULES: Final = (
    ChangeRule(
        "flow-added",
        Impact.harmless,
        """There is a new flow. Nobody can depend on it yet. See that something goes through it.""",
    ),
    ChangeRule(
        "flow-removed",
        Impact.API_breaking,
        """A flow and its module are gone. Whoever imports it breaks, and nothing says any more in
        which order its steps come. Find out which flow its requests go through now.""",
    ),
    ChangeRule(
        "flow-renamed",
        Impact.API_breaking,
        """A flow's module has another name. Every import of it breaks. Change the imports with
        it.""",
    ),
    ChangeRule(
        "column-added",
        Impact.behaviour,
        """A node takes part that did not. Its functions are told one by one. See that something
        does its part.""",
    ),
    ChangeRule(
        "column-removed",
        Impact.API_breaking,
        """A node takes no part any more: the enum of its functions and its handler class are gone.
        Whoever imports them breaks.
        Find out who does its part now.""",
    ),
    ChangeRule(
        "column-renamed",
        Impact.API_breaking,
        """A node's part is called otherwise, and so are its enum and its handler class. Every
        import of them breaks. Change the imports with it.""",
    ),
    ChangeRule(
        "step-added",
        Impact.behaviour,
        """A function is called that was not. See what happens where it is not done yet; its handler
        method is told as a consequence.""",
    ),
    ChangeRule(
        "step-removed",
        Impact.API_breaking,
        """A function is no longer called, and its member of the enum is gone. Code that names it
        breaks. See that what it did is done elsewhere, or need not be done.""",
    ),
    ChangeRule(
        "step-renamed",
        Impact.API_breaking,
        """A function has another name. The class that does it lacks a method until the method is
        renamed too. Where only the node is called otherwise and not its function, nobody notices.
        """,
    ),
    ChangeRule(
        "step-function-changed",
        Impact.API_breaking,
        """A node stands for another function. The class that does it lacks a method, and the
        name in traces is another one. Rename the method, and record the traces anew.""",
    ),
    ChangeRule(
        "step-column-changed",
        Impact.API_breaking,
        """Another node does the function. It is a method of another handler class now. Move the
        method, and see that the packets before and behind it still go the right way.""",
    ),
    ChangeRule(
        "step-opens-changed",
        Impact.behaviour,
        """A function begins to hold an extent, another kind of it, or none any more. Others may
        write there while it works. See that what it protected is still protected.""",
    ),
    ChangeRule(
        "step-closes-changed",
        Impact.behaviour,
        """A function ends the holding of an extent, of another kind, or no longer does. What is
        held for ever stops others. See that it is let go on every way through the flow.""",
    ),
    ChangeRule(
        "flow-arrow-added",
        Impact.wire_breaking,
        """A function comes before another one, or a packet is sent that was not. A peer that does
        not expect the packet there ends the connection; without a packet only the order of one
        node's work differs.""",
    ),
    ChangeRule(
        "flow-arrow-removed",
        Impact.wire_breaking,
        """A function no longer has to come before another one, or a packet is no longer sent. A
        peer that waits for the packet waits for ever; without a packet only the order of one
        node's work differs.""",
    ),
    ChangeRule(
        "flow-arrow-case-changed",
        Impact.behaviour,
        """An arrow is taken in another case. What it leads to is done where it was not, and not
        where it was. See what happens in the case in which it was taken.""",
    ),
    ChangeRule(
        "flow-arrow-packet-changed",
        Impact.wire_breaking,
        """Another packet is sent between two functions, one is now, or none any more. A peer that
        expects the old one does not take the new one. Compare the published flow.""",
    ),
    ChangeRule(
        "flow-arrow-socket-changed",
        Impact.wire_breaking,
        """A packet travels on another socket. A peer that gets it on one where it does not expect
        it ends the connection. Compare the published flow.""",
    ),
    ChangeRule(
        "case-renamed",
        Impact.API_breaking,
        """A case is called otherwise in the rows of the flow. Code that asks for a row by the
        case's name no longer finds it. Change the name there too.""",
    ),
)
"""Every change of flows drawings, in the order of their things."""


def renamed_flow(flow: Flow, renames: Renames) -> Flow:
    """The flow with every name replaced that is another one now; places stay."""
    scope = renames.get(Name("flow", "", flow.name), flow.name)
    if not renames:
        return flow

    def current(sort: str, text: str, *, of: str = scope) -> str:
        return renames.get(Name(sort, of, text), text)

    def step(it: Step) -> Step:
        name = current("step", it.name)
        function = name if it.function == it.name else it.function
        return replace(it, name=name, function=function, column=current("column", it.column))

    def arrow(it: Arrow) -> Arrow:
        packet = current("layout", it.packet, of="")
        return replace(
            it,
            tail=current("step", it.tail),
            head=current("step", it.head),
            packet=packet,
            printed=packet if it.printed == it.packet else it.printed,
            when=current("case", it.when),
        )

    return replace(
        flow,
        name=scope,
        columns=tuple(replace(it, name=current("column", it.name)) for it in flow.columns),
        steps=tuple(step(it) for it in flow.steps),
        arrows=tuple(arrow(it) for it in flow.arrows),
    )
