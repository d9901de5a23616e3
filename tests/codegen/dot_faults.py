"""Small texts that are no DOT, and where and how each is refused; Graphviz refuses them as well.

A case is written as in dot_cases.py, but with a line `line:column: sentence` for each problem.
"""

from tests.codegen.dot_cases import read_cases

UNCLOSED = read_cases(r"""
unclosed brace: digraph g {␊ a -> b␊
    1:11: the `{` that stands here is never closed
unclosed brace in a brace: digraph g {␊ subgraph s {␊ a -> b␊}
    1:11: the `{` that stands here is never closed
two unclosed braces: digraph g {␊ subgraph s {␊ a -> b␊
    2:13: the `{` that stands here is never closed
unclosed brace before the next graph: digraph g {␊ a -> b␊digraph h {␊ c␊}
    1:11: the `{` that stands here is never closed
unclosed brace before an undirected graph: digraph g {␊ a -> b␊graph {␊ c -> d␊}
    1:11: the `{` that stands here is never closed
    4:4: an edge of a graph is written `--`, found `->`
unclosed brace in the middle of an edge: digraph { a ->
    1:9: the `{` that stands here is never closed
no brace at all: digraph g
    1:10: expected `{`, found the end of the text
nothing behind the keyword: strict graph
    1:13: expected `{`, found the end of the text
brace too many: digraph g {␊ a }␊ }␊ b -> c␊
    3:2: expected another graph or the end of the text, found `}`
brace too many in the middle: digraph g {␊ a -> b }␊ c -> d␊ }␊ digraph h { -> }
    3:2: expected another graph or the end of the text, found `c`
    5:14: expected a statement or `}`, found `->`
unclosed string: digraph g {␊ a [label="x]␊ b -> c␊}
    2:11: the string that begins here is not closed
unclosed string and another fault: digraph g {␊ a [label="x]␊ b -> ␊}
    2:11: the string that begins here is not closed
    4:1: expected a node or `{`, found `}`
unclosed string in a single line: digraph { a [x="] }
    1:16: the string that begins here is not closed
unclosed string before a string: digraph {␊ a [x="b]␊ c [x="d"]␊ e [x="f"]␊ ; }
    2:7: the string that begins here is not closed
unclosed string before a strange string: digraph {␊ a -> b [x="c];␊ d -> e [x="* f"];␊}
    2:12: the string that begins here is not closed
unclosed string with an escaped quote: digraph {␊ a [x="b\"]␊}
    2:7: the string that begins here is not closed
unclosed name: digraph g {␊ a -> "b;␊ c -> d␊}
    2:7: the string that begins here is not closed
unclosed name of a graph: digraph "g {␊ a␊}
    1:9: the string that begins here is not closed
unclosed comment: digraph g {␊ a /* b␊}
    2:4: the comment that begins here is never closed
unclosed HTML: digraph g {␊ a [label=<b <c>]␊}
    2:11: the HTML text that begins here is never closed
unclosed list: digraph {␊ a -> b [x=1␊ b -> c␊}
    2:9: the `[` that stands here is not closed before `->`
unclosed list with a semicolon: digraph {␊ a -> b [x=1;␊ b -> c;␊}
    2:9: the `[` that stands here is not closed before `->`
unclosed list before a list: digraph {␊ a -> b [x=1␊ b [x=2]␊}
    2:9: the `[` that stands here is not closed before `[`
unclosed list before a keyword: digraph {␊ a -> b [x=1␊ node [x=2]␊}
    2:9: the `[` that stands here is not closed before the keyword `node`
unclosed list before a subgraph: digraph {␊ a -> b [x=1␊ { b }␊}
    2:9: the `[` that stands here is not closed before `{`
unclosed list at the end: digraph {␊ a -> b [x=1␊}
    2:9: the `[` that stands here is not closed before `}`
unclosed list without a value: digraph {␊ a [x=␊}
    2:4: the `[` that stands here is not closed before `}`
""")

EDGES = read_cases(r"""
dash: digraph { a - b }
    1:13: expected a statement or `}`, found `-`
arrow with a blank: digraph { a - > b }
    1:13: expected a statement or `}`, found `-`
long arrow: digraph { a --> b }
    1:13: expected `->`, found `--`
double arrow: digraph { a => b }
    1:14: expected a value, found `>`
half an arrow: digraph { a > b }
    1:13: expected a statement or `}`, found `>`
arrow backwards: digraph { a <- b }
    1:13: the HTML text that begins here is never closed
undirected edges: digraph { a -- b; c -- d [x=1] }
    1:13: an edge of a digraph is written `->`, found `--`
    1:21: an edge of a digraph is written `->`, found `--`
directed edge: graph { a -> b }
    1:11: an edge of a graph is written `--`, found `->`
directed edge in the second graph: digraph { a -> b } graph { a -> b }
    1:30: an edge of a graph is written `--`, found `->`
nothing behind an arrow: digraph { a -> }
    1:16: expected a node or `{`, found `}`
semicolon behind an arrow: digraph { a -> ; b }
    1:16: expected a node or `{`, found `;`
nothing before an arrow: digraph { -> b }
    1:11: expected a statement or `}`, found `->`
two arrows: digraph { a -> -> b }
    1:16: expected a node or `{`, found `->`
list before the arrow: digraph { a [x=1] -> b }
    1:19: expected a statement or `}`, found `->`
comma at the end: digraph { a, }
    1:14: expected a node, found `}`
group in a list: digraph { a, {b} -> c }
    1:14: expected a node, found `{`
no port: digraph { a: -> b }
    1:14: expected a port, found `->`
no compass point: digraph { a:p: -> b }
    1:16: expected a compass point, found `->`
three ports: digraph { a:b:c:d -> e }
    1:16: expected a statement or `}`, found `:`
fault in a group: digraph { a -> { b ! c␊ d } -> e }
    1:20: expected a statement or `}`, found `!`
fault in the middle of a chain: digraph {␊ a ->␊ b -> c -> ! -> d␊}
    3:12: expected a node or `{`, found `!`
""")

NAMES = read_cases(r"""
keyword as tail: digraph { node -> a }
    1:16: expected `[` behind `node`, found `->`
keyword as head: digraph { a -> Edge }
    1:16: expected a node or `{`, found the keyword `Edge`
keyword as the name of a graph: digraph node { a }
    1:9: expected `{`, found the keyword `node`
keyword as the name of a subgraph: digraph { subgraph edge { a } }
    1:20: expected `{`, found the keyword `edge`
keyword as an attribute: digraph { a [node=1] }
    1:14: expected an attribute or `]`, found the keyword `node`
keyword as a value: digraph { a [x=node, y=1] }
    1:16: expected a value, found the keyword `node`
keyword that has no place: digraph { strict a }
    1:11: expected a statement or `}`, found the keyword `strict`
point in a name: digraph { a.b -> c }
    1:12: expected a statement or `}`, found `.`
minus in the name of a graph: digraph my-graph { a -> b [x] }
    1:11: expected `{`, found `-`
    1:28: expected `=` and a value after this name, found `]`
two names of a graph: digraph my cat { a; -> }
    1:12: expected `{`, found `cat`
    1:21: expected a statement or `}`, found `->`
two names of a subgraph: digraph { subgraph s t { a } b }
    1:22: expected `{`, found `t`
joined to a name: digraph { "a" + b }
    1:15: expected a statement or `}`, found `+`
name joined: digraph { a + "b" }
    1:13: expected a statement or `}`, found `+`
at sign: digraph { a @ b }
    1:13: expected a statement or `}`, found `@`
slash: digraph { a / b }
    1:13: expected a statement or `}`, found `/`
comment of another language: digraph { % c␊ a }
    1:11: expected a statement or `}`, found `%`
vertical tab: digraph { a ␋ b }
    1:13: expected a statement or `}`, found the character U+000B
delete character: digraph { a ␡ }
    1:13: expected a statement or `}`, found the character U+007F
""")

ATTRIBUTES = read_cases(r"""
flag: digraph { a [bold] }
    1:14: expected `=` and a value after this name, found `]`
flag in a line: digraph {␊ a [␊ bold␊ x=1␊ ]␊}
    3:2: expected `=` and a value after this name, found `x`
number with a unit: digraph { a [w=10pt] }
    1:18: expected `=` and a value after this name, found `]`
pair of numbers: digraph { a [pos=1,2] }
    1:20: expected `=` and a value after this name, found `]`
two words: digraph { a [label=two words, x=1] }
    1:24: expected `=` and a value after this name, found `,`
apostrophes: digraph { a [label='x y'] }
    1:20: expected a value, found `'`
HTML without outer brackets: digraph { a [label=<b>x</b>] }
    1:23: expected `=` and a value after this name, found `</b>`
bracket in HTML: digraph { a [label=<a > b>] }
    1:25: expected `=` and a value after this name, found `>`
no value: digraph { a [x=, y=1] }
    1:16: expected a value, found `,`
no value at the end: digraph { a [x=] }
    1:16: expected a value, found `]`
no equals sign: digraph { a [x 1] }
    1:14: expected `=` and a value after this name, found `1`
colon: digraph { a [x:1, y=2] }
    1:14: expected `=` and a value after this name, found `:`
braces as a value: digraph { a [x={1}] }
    1:16: expected a value, found `{`
brackets as a value: digraph { a [x=[1]] }
    1:16: expected a value, found `[`
two commas: digraph { a [x=1,,y=2] }
    1:18: expected an attribute or `]`, found `,`
nothing to join: digraph { a [x="1"+] }
    1:19: expected an attribute or `]`, found `+`
name to join: digraph { a [x="1"+b] }
    1:19: expected an attribute or `]`, found `+`
macro in a list: digraph { a [@m] }
    1:14: expected an attribute or `]`, found `@`
two faults in a list: digraph { a [bold, x=1, y=] }
    1:14: expected `=` and a value after this name, found `,`
    1:27: expected a value, found `]`
list that was not opened: digraph {␊ a x=1]␊ b␊}
    2:7: expected a statement or `}`, found `]`
list alone: digraph { [x=1] }
    1:11: expected a statement or `}`, found `[`
no value of the graph's attribute: digraph { x= }
    1:14: expected a value, found `}`
two equals signs: digraph { x=y=z }
    1:14: expected a statement or `}`, found `=`
equals sign behind a port: digraph { a:p = 1 }
    1:15: expected a statement or `}`, found `=`
default without a list: digraph { node }
    1:16: expected `[` behind `node`, found `}`
default as an attribute: digraph { node = 5 }
    1:16: expected `[` behind `node`, found `=`
default before an edge: digraph { edge a -> b }
    1:18: expected `[` behind `edge`, found `->`
""")

STATEMENTS = read_cases(r"""
empty statement: digraph { a;; b }
    1:13: expected a statement or `}`, found `;`
lonely semicolon: digraph { ; }
    1:11: expected a statement or `}`, found `;`
subgraph without a body: digraph { subgraph s; a }
    1:21: expected `{`, found `;`
glued keyword: digraphX { a -> b }␊
    1:1: expected `digraph` or `graph`, found `digraphX`
glued keywords: strictdigraph g { a }
    1:1: expected `digraph` or `graph`, found `strictdigraph`
glued keyword and a second graph: digraphX {␊ a -> b [␊}␊digraph g { -> }
    1:1: expected `digraph` or `graph`, found `digraphX`
    4:13: expected a statement or `}`, found `->`
no keyword: g { a }
    1:1: expected `digraph` or `graph`, found `g`
no kind of graph: strict { a }
    1:8: expected `digraph` or `graph`, found `{`
prose before a graph: hello␊digraph g { a }
    1:1: expected `digraph` or `graph`, found `hello`
junk behind a graph: digraph { a } junk [
    1:15: expected another graph or the end of the text, found `junk`
semicolon behind a graph: digraph { a };
    1:14: expected another graph or the end of the text, found `;`
fault in the second graph: digraph { a }␊digraph { b -> }
    2:16: expected a node or `{`, found `}`
every fault: digraph g {␊ a -> ! -> b␊ c [x]␊ d -> e␊ f -- g␊ ;␊ h.i␊}
    2:7: expected a node or `{`, found `!`
    3:5: expected `=` and a value after this name, found `]`
    5:4: an edge of a digraph is written `->`, found `--`
    7:3: expected a statement or `}`, found `.`
faults in one line: digraph { a -> ; b [x]; c -- d; e.f; }
    1:16: expected a node or `{`, found `;`
    1:21: expected `=` and a value after this name, found `]`
    1:27: an edge of a digraph is written `->`, found `--`
    1:34: expected a statement or `}`, found `.`
""")

REFUSED = (*UNCLOSED, *EDGES, *NAMES, *ATTRIBUTES, *STATEMENTS)

REFUSED_BY_US_ALONE = read_cases(r"""
no text:
    1:1: there is no graph in this file
nothing but blanks: ␊␊
    1:1: there is no graph in this file
nothing but comments: // one␊/* two */
    1:1: there is no graph in this file
unclosed string behind a graph: digraph { a } "b
    1:15: the string that begins here is not closed
unclosed comment behind a graph: digraph { a } /* digraph { b }
    1:15: the comment that begins here is never closed
unclosed HTML behind a graph: digraph { a } <b
    1:15: the HTML text that begins here is never closed
at sign behind a graph: digraph { a } @ digraph {
    1:15: expected another graph or the end of the text, found `@`
""")
"""What Graphviz passes by in silence, though somebody meant something else."""
