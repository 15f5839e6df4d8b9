"""The sixteen faults of a provider before one healthy fallback, with the shipped configuration.
Where a fault is defined by a long silence, the limits of the configuration are shortened here;
script/faults runs all of them as they are defined and prints what came of them."""

import pytest

from harness.faults import CASES, FALLBACK, PRIMARY, TEXT, WORDS, Arrangement

CUT = ["S08", "S09", "S14"]


def marked(case):
    return pytest.param(case, id=case.id, marks=[pytest.mark.timeout(case.limit_s + 30)])


@pytest.fixture
def run(start):
    return lambda case: case.run(start.directory, start.process, quick=True)


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_the_fault_is_survived(run, case):
    report = run(case)
    assert report.passed, "\n".join(report.wrong)


@pytest.mark.parametrize("case", [case for case in CASES if case.id in CUT],
                         ids=lambda case: case.id)
def test_a_cut_stream_is_never_a_short_success(run, case):
    first = run(case).seen[0]
    assert first.whole or first.clear_error, first.say()
    assert first.text, "the provider had said something"


@pytest.mark.parametrize("case", [case for case in CASES if case.id in CUT],
                         ids=lambda case: case.id)
def test_a_cut_stream_is_continued(run, case):
    first = run(case).seen[0]
    assert first.whole, first.say()


def prefilling(groups):
    """The fallback goes on from what was said, as far as the simulated one does."""
    groups[1]["providers"][0]["provider"]["gemini"]["prefill"] = True


@pytest.mark.parametrize("case", [case for case in CASES if case.id in CUT],
                         ids=lambda case: case.id)
def test_a_cut_stream_is_continued_from_a_prefill(start, case):
    report = case.run(start.directory, start.process, quick=True, edit=prefilling)
    assert report.seen[0].whole, report.seen[0].say()
    # A provider that refuses to go on is asked once more, afresh; one that does says only the rest.
    asked = report.attempts[FALLBACK]
    if case.id == "S14":
        assert [attempt.status for attempt in asked] == [400, 200]
    else:
        assert [attempt.status for attempt in asked] == [200]
        assert asked[0].tokens < len(WORDS), "it said all of it again"


def test_a_cut_stream_is_not_continued_by_another_answer(start):
    """What the fallback says must be what the client has; otherwise the client is told."""
    arrangement = Arrangement(start.directory, start.process)
    arrangement.fallback.set(content=TEXT.replace("word020", "word999"))
    arrangement.primary.set(cutAfterTokens=40)
    seen = arrangement.ask()
    assert seen.clear_error and seen.text == "".join(WORDS[:40]), seen.say()
    assert "another answer" in seen.error


def test_there_are_sixteen():
    assert [case.id for case in CASES] == [f"S{number:02d}" for number in range(1, 17)]


def test_a_case_fails_when_its_fault_is_not_survived(start):
    """The judge itself: with no fallback in the configuration, a 503 for ever is a failure."""
    case = next(case for case in CASES if case.id == "S16")
    report = case.run(start.directory, start.process, quick=True,
                      edit=lambda groups: groups.pop())
    assert not report.passed
    assert report.seen[0].status == 503
    assert not report.attempts[FALLBACK]
    assert report.attempts[PRIMARY]
    assert report.seen[0].text != TEXT
