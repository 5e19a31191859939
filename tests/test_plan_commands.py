"""The dbt command of a task, as data: what Airflow renders stays what it was meant to be."""

from __future__ import annotations

import json

import jinja2
from hypothesis import given
from hypothesis import strategies as st

from dagwright.plan.commands import SharedCommand, templated_json, whole_argv

TEXT = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=8)
VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
)


# Jinja itself makes line ends of a template's own text alike; those of values it leaves.
LINE = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs", "Cc"]), max_size=8)


@given(VALUE, LINE, TEXT)
def test_json_stays_json_whatever_a_template_gives(value, around: str, got: str) -> None:
    template = templated_json({"plain": value, "made": f"{around}{{{{ x }}}}{around}"})
    rendered = jinja2.Environment(autoescape=False).from_string(template).render(x=got)  # noqa: S701
    assert json.loads(rendered) == {"plain": value, "made": around + got + around}


def rendered_json(value: object, got: object) -> object:
    environment = jinja2.Environment(autoescape=False)  # noqa: S701
    return json.loads(environment.from_string(templated_json(value)).render(x=got))


def test_a_template_alone_may_make_a_truth_and_text_never_does() -> None:
    given = {"a": " {{ x }} ", "b": ["{{ x }}"], "c": "no {{ x }}", "d": "False", "{{ x }}": 1}
    for got in (False, True, None):
        made = {"a": got, "b": [got], "c": f"no {got}", "d": "False", f"{got}": 1}
        assert rendered_json(given, got) == made
    assert rendered_json({"day": "{{ x }}"}, "20260101") == {"day": "20260101"}


def test_the_whole_command_holds_every_part_in_order() -> None:
    shared = SharedCommand(
        ("--target", "ci"), {"--project-dir": "/dbt"}, {"day": "of {{ ds }}"}, {}
    )
    words = ("run", "--select", "fqn:shop.orders")
    assert whole_argv(words, shared) == [
        *("dbt", "run", "--select", "fqn:shop.orders", "--project-dir", "/dbt"),
        *("--target", "ci", "--vars", '{"day":{% filter tojson %}of {{ ds }}{% endfilter %}}'),
    ]
