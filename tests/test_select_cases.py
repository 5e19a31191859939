from __future__ import annotations

import pytest

from literate import cases
from select_cases import answer


@pytest.mark.parametrize("case", list(cases("select")), ids=str)
def test_the_answer_is_what_the_case_says(case, update):
    role, text = answer(case)
    assert role in case.blocks, f"the answer is {role}: {text}"
    case.expect(role, text, update=update)
