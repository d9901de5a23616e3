"""Takes statements from one text into another, next to the neighbours that they had."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

from codegen.graph import Edge
from codegen.review.draft import EDGE_KINDS, GRAPH_KINDS
from codegen.review.facts import Key, Name
from codegen.review.outline import DEFAULTS, Group, Statement
from codegen.review.patches import (
    Patch,
    before,
    behind,
    block,
    is_single,
    last_in,
    patched,
    quoted,
)
from codegen.review.rename_edits import rename_patches
from codegen.review.version import Version


def transplanted(
    target: Version, sources: Sequence[Version], added: Collection[Key]
) -> list[Patch]:
    """Patches that draw in the target what is added there, as a source draws it."""
    work = _Transplant(target, sources, added)
    return [patch for key in added for patch in work.patches(key)]


class _Transplant:
    """The work of one round; a statement that draws several things is taken once."""

    def __init__(self, target: Version, sources: Sequence[Version], added: Collection[Key]) -> None:
        self.target = target
        self.sources = sources
        self.added = added
        self.taken: set[Statement] = set()
        self.patches_of: dict[Version, list[Patch]] = {}

    def patches(self, key: Key) -> Iterator[Patch]:
        """Draw one thing, or what it is drawn with."""
        for source in self.sources:
            statement = source.statement(key)
            if statement is None:
                continue
            whole = self.whole(source, statement)
            if whole in self.taken:
                return
            text = self.block(source, whole or statement, key if whole is None else None)
            if whole is not None:
                self.taken.add(whole)
            if patch := self.placed(source, whole or statement, text):
                yield patch
            return

    def whole(self, source: Version, statement: Statement) -> Statement | None:
        """The largest statement around a thing that draws nothing but what is to be added."""
        found: Statement | None = None
        around: Statement | None = statement
        while around is not None and all(key in self.added for key in source.keys(around)):
            found, around = around, around.parent.owner
            if around is not None and self.namesake(source, around.groups[0]):
                break
        return found

    def block(self, source: Version, statement: Statement, key: Key | None) -> str:
        """The text of a statement, or of one that draws only one of its things."""
        text = source.draft.text
        if key is None or is_single(statement):
            return self.renamed(source, *block(text, statement))
        lists = text[slice(*statement.lists)]
        tail = f" {lists}" if lists else ""
        thing = source.thing(key)
        if key.kind not in EDGE_KINDS or thing is None:
            return f"{quoted(key.names[-1])}{tail}"
        edge = source.draft.edge(thing)
        tail_name, head_name = _ends(source, key, edge)
        return f"{quoted(tail_name)} -> {quoted(head_name)}{tail}"

    def renamed(self, source: Version, indent: str, start: int, end: int) -> str:
        """A stretch of a source with the wanted names."""
        if source not in self.patches_of:
            self.patches_of[source] = sorted(rename_patches(source, self.sources))
        known = self.patches_of[source]
        inside = known[bisect_left(known, (start,)) : bisect_left(known, (end,))]
        shifted = (Patch(it.start - start, it.end - start, it.text) for it in inside)
        return indent + patched(source.draft.text[start:end], shifted)

    def placed(self, source: Version, statement: Statement, text: str) -> Patch | None:
        """Put a block where its neighbours are; the nearest one before it decides."""
        body = statement.parent.body
        at = body.index(statement)
        mine = self.target.draft.text
        for neighbour in reversed(body[:at]):
            if found := self.counterpart(source, neighbour):
                return behind(mine, found, text)
        for neighbour in body[at + 1 :]:
            if found := self.counterpart(source, neighbour):
                return before(mine, found, text)
        if group := self.group(source, statement):
            return last_in(mine, group, text)
        return None

    def counterpart(self, source: Version, neighbour: Statement) -> Statement | None:
        """The target's statement that draws what a neighbour draws."""
        if neighbour.kind == DEFAULTS:
            same = self.target.defaults.get(source.text_of(neighbour))
            return same if source.defaults.get(source.text_of(neighbour)) else None
        for key in source.keys(neighbour):
            found, inner = self.target.statement(key), source.statement(key)
            while found and inner and inner is not neighbour:
                found, inner = found.parent.owner, inner.parent.owner
            if found and inner:
                return found
        return None

    def group(self, source: Version, statement: Statement) -> Group | None:
        """The target's group of the same name, or its graph."""
        return self.namesake(source, statement.parent) or self.graph(source, statement.start)

    def graph(self, source: Version, offset: int) -> Group | None:
        """The target's graph of the same name as the one in which an offset is, or its only one."""
        graphs = self.target.draft.graphs
        name = source.draft.graph_at(offset)[0].name
        new = {old.text: text for old, text in source.renames.items() if old.sort in GRAPH_KINDS}
        name = new.get(name, name)
        return next((it for mine, it in graphs if mine.name == name or len(graphs) == 1), None)

    def namesake(self, source: Version, group: Group) -> Group | None:
        """The target's subgraph of the same name."""
        graph = self.graph(source, group.start) if group.name else None
        inner = (it for found in graph.walk() for it in found.groups) if graph else iter(())
        names = ((it.name.name if it.name else "", it) for it in inner)
        return next((it for name, it in names if group.name and name == group.name.name), None)


def _ends(source: Version, key: Key, edge: Edge) -> tuple[str, str]:
    """The ends of an edge under the wanted names; an any-state arrow may begin anywhere."""
    if key.kind == "any-state-arrow":
        tail = source.renames.get(Name("state", key.scope, edge.tail), edge.tail)
        return tail, key.names[2]
    return key.names[1], key.names[2] if key.kind == "flow-arrow" else key.names[3]
