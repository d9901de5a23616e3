"""Templates and models to text: the only file that knows jinja2."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError, TemplateSyntaxError

from codegen.problems import Place, Problem, Rule, Severity, Source

BAD_TEMPLATE: Final = Rule(
    "bad-template",
    Severity.error,
    """A template cannot be read, or asks for a name that its drawing does not give. Mend the
    template; templates/ has an example of each kind.""",
)
RULES: Final = (BAD_TEMPLATE,)

HEADER: Final = "header.j2"
FAULTS: Final = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What an expression in a template can raise."""


class Renderer:
    """All templates of one run; `render` fills one in."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        self.templates = templates
        self.environment = Environment(
            loader=DictLoader(dict(templates)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # noqa: S701 - the output is Python, not HTML
        )
        self.environment.filters["literal"] = _literal

    def render(self, template: str, context: Mapping[str, object]) -> str | Problem:
        """Return the text of a template, or the problem that it has.

        Templates begin with `{{ header }}` in a comment: what header.j2 gives.
        """
        try:
            header = self.environment.get_template(HEADER).render(context)
            text = self.environment.get_template(template).render(context, header=header)
            return text.rstrip("\n") + "\n"
        except TemplateSyntaxError as error:
            return self._problem(error.name or template, error.lineno, str(error.message))
        except FAULTS as error:
            return self._problem(template, _line_of(error), str(error) or type(error).__name__)

    def _problem(self, template: str, line: int, sentence: str) -> Problem:
        source = Source(f"templates/{template}", self.templates.get(template, ""))
        starts = source.line_starts
        offset = starts[min(line, len(starts)) - 1]
        return Problem(Place(source, offset), BAD_TEMPLATE.name, sentence)


def render_html(template: str, context: Mapping[str, object]) -> str:
    """Fill in a template of a web page; whatever the context brings in is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template).render(context)


def hash_of(template: str, tag: str) -> str:
    """What a page's security policy knows its own style or script by."""
    found = re.search(rf"<{tag}>(.*?)</{tag}>", template, re.DOTALL)
    text = found[1] if found else ""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _line_of(error: Exception) -> int:
    """The template's line, which jinja2 keeps only in the traceback."""
    line, step = 1, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == "<template>":
            line = step.tb_lineno
        step = step.tb_next
    return line


def _literal(text: str) -> str:
    """A string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)
