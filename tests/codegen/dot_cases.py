"""Small DOT texts and the graphs that they hold, as Graphviz reads them too.

A case has a line `what it is about: text`, then a line for each graph in the notation of
`describe`. A line end in a text is written ␊, a carriage return ␍, a tab ␉, and so on.
"""

from typing import NamedTuple

_CONTROLS = str.maketrans("␊␍␉␋␡␀⍽⏎", "\n\r\t\v\x7f\0\u00a0\u2028")


class Case(NamedTuple):
    """A text, and what is expected of it: its graphs or its problems."""

    about: str
    text: str
    expected: tuple[str, ...]


def read_cases(table: str) -> tuple[Case, ...]:
    """The cases of a table."""
    cases: list[Case] = []
    for line in table.strip().split("\n"):
        drawn = line.translate(_CONTROLS)
        if line.startswith(" "):
            about, text, expected = cases.pop()
            cases.append(Case(about, text, (*expected, drawn.removeprefix("    "))))
        else:
            about, _, text = drawn.partition(":")
            cases.append(Case(about, text.removeprefix(" "), ()))
    return tuple(cases)


GRAPHS = read_cases(r"""
anonymous graph: digraph {}
    digraph
nothing but blanks needed: digraph{a}
    digraph | a
named graph: digraph g { a }
    digraph g | a
undirected graph: graph g { a -- b }
    graph g | a b | a--b
strict graph: strict graph { a }
    strict graph | a
keywords in any case: Strict DiGraph G { NODE [x=1] A }
    strict digraph G | A(x=1)
numeric name of a graph: digraph 5 {}
    digraph 5
quoted name of a graph: digraph "my graph" {}
    digraph "my graph"
joined name of a graph: digraph "a" + "b" {}
    digraph ab
HTML name of a graph: digraph <g> {}
    digraph g
keyword in quotes: digraph "graph" { "node" -> "edge" }
    digraph graph | node edge | node->edge
name that begins with a keyword: digraph graphs { nodes -> edgeX }
    digraph graphs | nodes edgeX | nodes->edgeX
two graphs: digraph a { x } digraph b { y }
    digraph a | x
    digraph b | y
two kinds of graphs: digraph{a->b} graph{a--b}
    digraph | a b | a->b
    graph | a b | a--b
same graph twice: digraph g{a} digraph g{b}
    digraph g | a
    digraph g | b
graphs without a blank between: graph{}graph{}
    graph
    graph
everything in one line: digraph g{a->b[x=1]b->c[y=2]c}
    digraph g | a b c | a->b(x=1) b->c(y=2)
carriage returns: digraph {␍␊ a -> b␍␊ b -> c␍␊}␍␊
    digraph | a b c | a->b b->c
carriage returns alone are blanks: digraph {␍a;␍b␍}
    digraph | a b
tabs: digraph␉{␉a␉->␉b␉}
    digraph | a b | a->b
""")

NAMES = read_cases(r"""
underscore and digits: digraph { _a1_ -> A_2 }
    digraph | _a1_ A_2 | _a1_->A_2
upper and lower case differ: digraph { a A }
    digraph | a A
umlauts: digraph { Zustände -> Ende }
    digraph | Zustände Ende | Zustände->Ende
Devanagari: digraph { हिन्दी }
    digraph | "हिन्दी"
emoji: digraph { 🙂 -> b }
    digraph | "🙂" b | "🙂"->b
arrow character in a name: digraph { a→b }
    digraph | "a→b"
no-break space in a name: digraph { a⍽b }
    digraph | "a⍽b"
line separator in a name: digraph { a⏎b }
    digraph | "a⏎b"
integer: digraph { 1 -> 2 }
    digraph | 1 2 | 1->2
negative number: digraph { -1 -> -2.5 }
    digraph | -1 -2.5 | -1->-2.5
numbers with a point at the end: digraph { 5. .5 -.5 -5. }
    digraph | 5. .5 -.5 -5.
numbers are names, not values: digraph { 1 1.0 01 }
    digraph | 1 1.0 01
number glued to a name: digraph { 123abc -> c }
    digraph | 123 abc c | abc->c
version number: digraph { 1.2.3 }
    digraph | 1.2 .3
hexadecimal number: digraph { 0x10 }
    digraph | 0 x10
minus before a number: digraph { a-1 }
    digraph | a -1
arrow before a negative number: digraph { a->-1 }
    digraph | a -1 | a->-1
three dashes before a number: graph { a---1 }
    graph | a -1 | a---1
quoted name: digraph { "a b" -> "c;d" }
    digraph | "a b" "c;d" | "a b"->"c;d"
quotes do not make another node: digraph { a "a" }
    digraph | a
empty name: digraph { "" -> a }
    digraph | "" a | ""->a
quoted names without a blank between: digraph { "a""b" }
    digraph | a b
HTML name: digraph { <b> -> b }
    digraph | b | b->b
HTML name with brackets inside: digraph { <a<b>c> }
    digraph | "a<b>c"
empty HTML name: digraph { <> }
    digraph | ""
name of several quoted texts: digraph { "a" + "b" + "c" -> d }
    digraph | abc d | abc->d
""")

VALUES = read_cases(r"""
escaped quote: digraph { a [x="say \"hi\""] }
    digraph | a(x="say \"hi\"")
escapes of labels stay: digraph { a [x="1\n2\l3\r\N\G\\"] }
    digraph | a(x="1\\n2\\l3\\r\\N\\G\\\\")
escaped line end joins: digraph { a [x="one\␊two"] }
    digraph | a(x=onetwo)
escaped backslash before a line end: digraph { a [x="one\\␊two"] }
    digraph | a(x="one\\\\\ntwo")
escaped backslash before the quote: digraph { a [x="1\\"] }
    digraph | a(x="1\\\\")
line end in a value: digraph { a [x="one␊two"] }
    digraph | a(x="one\ntwo")
comment in a value: digraph { a [x="/* // # */"] }
    digraph | a(x="/* // # */")
empty value: digraph { a [x=""] }
    digraph | a
number as a value: digraph { a [x=-.5] }
    digraph | a(x=-.5)
keyword as a value in quotes: digraph { a [x="edge"] }
    digraph | a(x=edge)
HTML label: digraph { a [label=<<b>x</b>>] }
    digraph | a(label=<<b>x</b>>)
HTML label over lines: digraph { a [label=<␊<i>x</i>␊>] }
    digraph | a(label=<␊<i>x</i>␊>)
brackets and braces in HTML: digraph { a [label=<]}"//>] }
    digraph | a(label=<]}"//>)
joined value: digraph { a [x="one" + " " + "two"] }
    digraph | a(x="one two")
joined over lines and comments: digraph { a [x="1"␊+ /* and */␊"2"] }
    digraph | a(x=12)
HTML joined is no HTML: digraph { a [x=<1>+"2", y="3"+<4>] }
    digraph | a(x=12,y=34)
""")

COMMENTS = read_cases(r"""
comments of C++: // one␊digraph { a // two␊ -> b }// three
    digraph | a b | a->b
comments of C: /* one */ digraph /**/ { a /* -> c␊ */ -> b /***/ }
    digraph | a b | a->b
preprocessor lines: # 1 "file"␊digraph {␊#define x␊ a }
    digraph | a
hash behind code: digraph { a # -> c␊ b }
    digraph | a b
comment with quote and brace: digraph { a // it's "{␊ }
    digraph | a
stars in a comment: digraph { /* * / ** */ a }
    digraph | a
comment in the other kind: digraph { a // /*␊ b /* // */ c }
    digraph | a b c
""")

STATEMENTS = read_cases(r"""
semicolons are free: digraph { a; b c␊ d }
    digraph | a b c d
chain: digraph { a -> b -> c -> a }
    digraph | a b c | a->b b->c c->a
chain shares attributes: digraph { a -> b -> c [x=1] }
    digraph | a b c | a->b(x=1) b->c(x=1)
loop: digraph { a -> a }
    digraph | a | a->a
same edge twice: digraph { a -> b; a -> b }
    digraph | a b | a->b a->b
list of nodes: digraph { a, b [x=1] }
    digraph | a(x=1) b(x=1)
lists at both ends: digraph { a, b -> c, d }
    digraph | a b c d | a->c a->d b->c b->d
group as head: digraph { a -> {b c} }
    digraph | a b c | a->b a->c | {b c}
group as tail: digraph { {a b} -> c }
    digraph | a b c | a->c b->c | {a b}
groups at both ends: digraph { {a b} -> {c d} }
    digraph | a b c d | a->c a->d b->c b->d | {a b} {c d}
group in a chain: digraph { a -> {b c} -> d [x=1] }
    digraph | a b c d | a->b(x=1) a->c(x=1) b->d(x=1) c->d(x=1) | {b c}
empty group: digraph { a -> {} -> b }
    digraph | a b | | {}
edges in a group: digraph { a -> {b -> c} }
    digraph | a b c | b->c a->b a->c | {b c}
group in a group: digraph { {{a} b} -> c }
    digraph | a b c | a->c b->c | {a b {a}}
attributes of a group change nothing: digraph { {a b} [x=1] }
    digraph | a b | | {a b}
group twice in a chain: digraph { subgraph s {a} -> subgraph s {b} }
    digraph | a b | a->a a->b b->a b->b | s{a b}
group of older nodes: digraph { b a c -> {a b} }
    digraph | b a c | c->b c->a | {a b}
named group as head: digraph { a -> subgraph s {b} }
    digraph | a b | a->b | s{b}
first mention makes the node: digraph { b -> a; a; b }
    digraph | b a | b->a
node statement behind the edge: digraph { a -> b; a [x=1] }
    digraph | a(x=1) b | a->b
later attribute wins: digraph { a [x=1]; a [x=2, y=3] }
    digraph | a(x=2,y=3)
attribute twice in a list: digraph { a [x=1, x=2] }
    digraph | a(x=2)
several attribute lists: digraph { a -> b [x=1] [y=2] [] [z=3] }
    digraph | a b | a->b(x=1,y=2,z=3)
semicolons in a list: digraph { a -> b [x=1; y=2;] }
    digraph | a b | a->b(x=1,y=2)
commas in a list: digraph { a [x=1, y=2,] }
    digraph | a(x=1,y=2)
blanks in a list: digraph { a [x=1 y="2"z=3] }
    digraph | a(x=1,y=2,z=3)
list over lines: digraph { a␊ [␊ x␊ =␊ 1␊ ] }
    digraph | a(x=1)
quoted attribute name: digraph { a ["x y"=1] }
    digraph | a("x y"=1)
graph attribute: digraph { x=1; y = two }
    digraph(x=1,y=two)
graph attribute list: digraph { graph [x=1] [y=2] }
    digraph(x=1,y=2)
bracket in a value: digraph { a [x="]"] }
    digraph | a(x="]")
macro name: digraph { node m = [x=1] a }
    digraph | a(x=1)
""")

PORTS = read_cases(r"""
port: digraph { a:p -> b:q }
    digraph | a b | a->b(tailport=p,headport=q)
port and compass point: digraph { a:p:ne -> b:s }
    digraph | a b | a->b(tailport="p:ne",headport=s)
quoted port: digraph { a:"p q" -> b }
    digraph | a b | a->b(tailport="p q")
port of a node statement: digraph { a:p [x=1] }
    digraph | a(x=1)
ports in a chain: digraph { a -> b:p -> c }
    digraph | a b c | a->b(headport=p) b->c(tailport=p)
ports in a list: digraph { a:p, b -> c }
    digraph | a b c | a->c(tailport=p) b->c
port and attribute: digraph { a:p -> b [tailport=q] }
    digraph | a b | a->b(tailport=q)
port as a default: digraph { edge [headport=n] a -> b; a -> b:s }
    digraph | a b | a->b(headport=n) a->b(headport=s)
swapped ends of a strict edge: strict graph { a:p -- b:q; b:r -- a }
    strict graph | a b | a--b(tailport=p,headport=r)
""")

KEYS = read_cases(r"""
same key, same edge: digraph { a -> b [key=k, x=1]; a -> b [key=k, y=2] }
    digraph | a b | a->b(key=k,x=1,y=2)
other key, other edge: digraph { a -> b [key=k]; a -> b [key=l] }
    digraph | a b | a->b(key=k) a->b(key=l)
key and no key: digraph { a -> b [key=k]; a -> b }
    digraph | a b | a->b(key=k) a->b
same key, other ends: digraph { a -> b [key=k]; b -> a [key=k] }
    digraph | a b | a->b(key=k) b->a(key=k)
same key, undirected: graph { a -- b [key=k]; b -- a [key=k, x=1] }
    graph | a b | a--b(key=k,x=1)
key is no default: digraph { edge [key=k] a -> b; a -> b }
    digraph | a b | a->b a->b
key of a node is an attribute: digraph { a [key=k] }
    digraph | a(key=k)
strict edges merge: strict digraph { a -> b [x=1]; a -> b [y=2]; b -> a }
    strict digraph | a b | a->b(x=1,y=2) b->a
strict undirected edges merge: strict graph { a -- b [x=1]; b -- a [y=2] }
    strict graph | a b | a--b(x=1,y=2)
strict loops merge: strict digraph { a -> a; a -> a }
    strict digraph | a | a->a
strict, another key: strict digraph { a -> b [key=k]; a -> b [key=l, x=1] }
    strict digraph | a b | a->b(key=k)
strict, key and no key: strict digraph { a -> b [key=k]; a -> b [x=1] }
    strict digraph | a b | a->b(key=k,x=1)
""")

DEFAULTS = read_cases(r"""
node default: digraph { a; node [x=1]; b }
    digraph | a b(x=1)
node default and own attribute: digraph { node [x=1, y=2] a [x=3] }
    digraph | a(x=3,y=2)
default changes: digraph { node [x=1] a node [x=2] b a }
    digraph | a(x=1) b(x=2)
edge default: digraph { a -> b; edge [x=1]; b -> c }
    digraph | a b c | a->b b->c(x=1)
default of an edge's nodes: digraph { node [x=1] a -> b }
    digraph | a(x=1) b(x=1) | a->b
default stays in its subgraph: digraph { subgraph s { node [x=1] a } b }
    digraph | a(x=1) b | | s{a}
default reaches into subgraphs: digraph { node [x=1] subgraph s { a { b } } }
    digraph | a(x=1) b(x=1) | | s{a b {b}}
edge default in a group: digraph { edge [x=1] { edge [x=2] a -> b } -> c }
    digraph | a b c | a->b(x=2) a->c(x=1) b->c(x=1) | {a b}
default taken back: digraph { node [x=1] { node [x=""] a } b }
    digraph | a b(x=1) | | {a}
first scope counts: digraph { { node [x=1] a } { node [x=2] a } }
    digraph | a(x=1) | | {a} {a}
default later than the subgraph: digraph { subgraph s { a } node [x=1] subgraph s { b } }
    digraph | a b(x=1) | | s{a b}
subgraph keeps its default: digraph { subgraph s { node [x=1] } node [x=2] subgraph s { a } b }
    digraph | a(x=1) b(x=2) | | s{a}
graph attribute in a subgraph: digraph { x=1 subgraph s { x=2; a } }
    digraph(x=1) | a | | s(x=2){a}
subgraph inherits: digraph { subgraph s {} graph [x=1] subgraph t { subgraph u {} } }
    digraph(x=1) | | | s{} t(x=1){u(x=1){}}
subgraph inherits what its scope sets: digraph { subgraph s {} x=1 subgraph s { subgraph t {} } }
    digraph(x=1) | | | s{t(x=1){}}
defaults end with the graph: digraph { node [x=1] } digraph { a }
    digraph
    digraph | a
""")

SUBGRAPHS = read_cases(r"""
subgraph: digraph { subgraph s { a b } }
    digraph | a b | | s{a b}
anonymous subgraphs: digraph { subgraph { a } { b } }
    digraph | a b | | {a} {b}
nested subgraphs: digraph { subgraph s { a subgraph t { b } } }
    digraph | a b | | s{a b t{b}}
same name, same subgraph: digraph { subgraph s { a } subgraph s { b x=1 } }
    digraph | a b | | s(x=1){a b}
same name elsewhere: digraph { subgraph s { subgraph s { a } } }
    digraph | a | | s{a s{a}}
all of a subgraph is at the end: digraph { subgraph s {a} subgraph s {b} -> c }
    digraph | a b c | a->c b->c | s{a b}
node in two subgraphs: digraph { subgraph s { a } subgraph t { a } }
    digraph | a | | s{a} t{a}
old node in a subgraph: digraph { a subgraph s { a } }
    digraph | a | | s{a}
cluster: digraph { subgraph cluster_x { label=X; a } }
    digraph | a | | cluster_x(label=X){a}
number as a subgraph's name: digraph { subgraph 1 { a } }
    digraph | a | | 1{a}
glued keyword is a node: digraph { subgraphX { a } }
    digraph | subgraphX a | | {a}
edge makes nodes in a subgraph: digraph { subgraph s { a -> b } }
    digraph | a b | a->b | s{a b}
""")

TOO_LONG_TO_READ = (
    Case("long value", f'digraph {{ a [x="{"y" * 9_000}"] }}', (f"digraph | a(x={'y' * 9_000})",)),
    Case(
        "deep nesting",
        "digraph " + "{" * 61 + "a -> b" + "}" * 61,
        ("digraph | a b | a->b | " + "{a b " * 59 + "{a b}" + "}" * 59,),
    ),
)

ACCEPTED = (
    *GRAPHS,
    *NAMES,
    *VALUES,
    *COMMENTS,
    *STATEMENTS,
    *PORTS,
    *KEYS,
    *DEFAULTS,
    *SUBGRAPHS,
    *TOO_LONG_TO_READ,
)
