"""
What stands on each of the eight slides of an area, in one language: names, figures and sentences, ready to be set.

Everything comes from `AreaContent` and `CommunityContent`, which passed the gate, and from the catalogues.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.safety import LEAST_ANSWERS
from geo.community_types import AreaContent, CommunityContent, PollResult, Promise, RemarkLine, SeasonLine
from geo.release_types import DAY_QUARTERS, WEEK_QUARTERS, Figure, Period
from geo.schema import LAYERS
from geo.taxonomy import Taxonomy
from views import community_words as words
from views.i18n import Translator

SLIDES = ("ours", "most", "kept", "helped", "prevent", "coming", "safe", "remarks")
# What fits on a slide that is read from ten metres; the rest is on the sheet.
MOST_LINES, MOST_DETAILS, MOST_TOPICS, MOST_WEEKS, MOST_EVENINGS, MOST_REMARKS = 6, 4, 4, 5, 4, 6
MOST_COLUMNS = 4
# Heights on a screen 1080 high: of the table of what helped, of a card's texts with the signs
# in one of its lines and the most sentences.
HELPED_ROOM, WIDE_CARD, TALL_CARD = 600, (236, 24.5, 3), (520, 15.5, 4)
# What the rules say where a content does not.
LEAST = {"min_events": 5, "min_dispute_events": 10, "min_households": 50}
STATES = ("done", "open", "missed", "not_taken_up")
KINDS = ("walk", "watch", "remark")


@dataclass(frozen=True)
class Said:
    """A figure in words, and how it is drawn: `shown`, `small` or `withheld`."""

    text: str
    status: str


@dataclass(frozen=True)
class Row:
    """A line of figures: shape, name, the season's range, each period's figure."""

    layer: str
    name: str
    total: Said
    figures: tuple[Said, ...]


@dataclass(frozen=True)
class Slides:
    """All that the templates of one language set; see `slides`."""

    t: Translator
    name: str
    beside: str
    too_small: str
    total_head: str
    columns: tuple[str, ...]
    layers: tuple[Row, ...]
    lines: tuple[Row, ...]
    more_lines: int
    withheld: frozenset[str]
    when: tuple[dict[str, Any], ...]
    settled: tuple[Row, ...]
    kept: tuple[dict[str, Any], ...]
    details: tuple[dict[str, str], ...]
    more_details: int
    helped: tuple[dict[str, str], ...]
    more_helped: int
    prevent: tuple[dict[str, Any], ...]
    wide_cards: bool
    more_topics: int
    coming: tuple[dict[str, Any], ...]
    more_weeks: int
    polls: tuple[dict[str, Any], ...]
    remarks: tuple[dict[str, str], ...]
    more_remarks: int
    questions: tuple[dict[str, Any], ...]
    remark_topics: tuple[tuple[str, str], ...]
    rules: str
    least_answers: int


def slides(
    content: AreaContent,
    whole: CommunityContent,
    topics: Mapping[str, Any],
    taxonomy: Taxonomy,
    t: Translator,
    questions: Mapping[str, Sequence[str]],
    remark_topics: Sequence[str],
) -> Slides:
    """
    Put one area's content into words.

    Parameters
    ----------
    topics : mapping of key to geo.topics.Topic
    questions : mapping of a question's key to its options' keys, best first
        For the form of slide 7.
    remark_topics : sequence of str
        What the form of slide 8 offers.
    """
    small = content.area.too_small
    # What the area's own figures would say is not even prepared where nothing may be shown.
    if small:
        content = replace(content, layers=(), lines=(), settled=(), times=())
    layers, lines, settled, times = content.layers, content.lines, content.settled, content.times
    rows = [season_row(line, whole.season, taxonomy, t) for line in lines]
    on_slide = {"ours": _all(layers), "most": [*_all(lines[:MOST_LINES]), *times], "kept": _all(settled)}
    details = _details(content.promises, topics, t)
    helped = list(_helped(content, settled, topics, taxonomy, t))
    shown = _fitting(helped)
    wanted = [key for key in content.topics if key in topics]
    advice, wide = _cards(wanted, topics, whole.season, t)
    remarks = sorted(content.remarks, key=lambda remark: (remark.date, remark.people or 0), reverse=True)
    return Slides(
        t=t,
        name=words.area_name(content.area, t),
        beside=_beside(content, whole, t),
        too_small=t("deck.too_small", households=whole.rules.get("min_households", LEAST["min_households"]))
        if small
        else "",
        total_head=total_head(whole.season, t),
        columns=columns(whole.season, t),
        layers=tuple(season_row(line, whole.season, taxonomy, t) for line in _by_layer(layers)),
        lines=tuple(rows[:MOST_LINES]),
        more_lines=len(rows[MOST_LINES:]),
        withheld=frozenset(name for name, shown in on_slide.items() if any(f.status == "withheld" for f in shown)),
        when=_when(times, taxonomy, t),
        settled=tuple(season_row(line, whole.season, taxonomy, t) for line in _by_layer(settled) if line.group is None),
        kept=_kept(content.promises, t),
        details=tuple(details[:MOST_DETAILS]),
        more_details=len(details[MOST_DETAILS:]),
        helped=tuple(helped[:shown]),
        more_helped=len(helped[shown:]),
        prevent=tuple(advice),
        wide_cards=wide,
        more_topics=len(wanted) - len(advice),
        coming=tuple(_week(week, topics, t) for week in sorted(content.coming, key=lambda c: c.week)[:MOST_WEEKS]),
        more_weeks=len(content.coming[MOST_WEEKS:]),
        polls=_polls(content.polls, questions, t),
        remarks=tuple(_remark(remark, topics, t) for remark in remarks[:MOST_REMARKS]),
        more_remarks=len(remarks[MOST_REMARKS:]),
        questions=_questions(questions, t),
        remark_topics=tuple((key, _topic(key, topics, t)) for key in remark_topics if key in topics),
        rules=rule_words(whole, t),
        least_answers=LEAST_ANSWERS,
    )


def columns(season: Sequence[Period], t: Translator) -> tuple[str, ...]:
    """The heads of the periods' figures; none where they are too many to stand side by side, or one says all."""
    return tuple(words.period_words(period, t) for period in season) if 1 < len(season) <= MOST_COLUMNS else ()


def total_head(season: Sequence[Period], t: Translator) -> str:
    """The head of the sums: the season, or its one period."""
    return words.period_words(season[0], t) if len(season) == 1 else t("deck.season.sum")


def season_row(line: SeasonLine, season: Sequence[Period], taxonomy: Taxonomy, t: Translator) -> Row:
    """A line of figures in words, as on the slides."""
    # A figure per column, or none at all: one under the wrong month would be worse than none.
    aligned = 1 < len(line.figures) == len(season) <= MOST_COLUMNS
    figures = tuple(Said(words.figure_words(f, t), f.status) for f in line.figures) if aligned else ()
    total = Said(words.range_words(line, t), words.status_of(line))
    return Row(line.layer, words.line_name(line, taxonomy, t), total, figures)


# --- private ------------------------------------------------------------------------------------------------------


def _all(lines: Sequence[SeasonLine]) -> list[Figure]:
    return [figure for line in lines for figure in line.figures]


def _beside(content: AreaContent, whole: CommunityContent, t: Translator) -> str:
    season = words.season_words(whole.season, t)
    households = content.area.households
    if content.area.too_small:
        return season
    known = t("deck.households", n=f"{households:,}") if households is not None else t("deck.households.unknown")
    return t("deck.beside", season=season, households=known)


def rule_words(whole: CommunityContent, t: Translator) -> str:
    """How figures are rounded, what "0–4" means, and that covered is not prevented."""
    events, disputes = (whole.rules.get(name, least) for name, least in LEAST.items() if name != "min_households")
    step = whole.rules.get("step", 5)
    return t("deck.foot.figures", step=step, n=events, small=events - 1, disputes=disputes, few=disputes - 1)


def _by_layer(lines: Iterable[SeasonLine]) -> list[SeasonLine]:
    return sorted(lines, key=lambda line: LAYERS.index(line.layer) if line.layer in LAYERS else len(LAYERS))


def _when(times: Sequence[Figure], taxonomy: Taxonomy, t: Translator) -> tuple[dict[str, Any], ...]:
    """The quarters of the day and of the week, each with the figures of the layers that have any."""
    tables = []
    for table, parts in (("area_day", DAY_QUARTERS), ("area_week", WEEK_QUARTERS)):
        found = {(f.layer, f.part): f for f in times if f.table == table and f.group is None}
        layers = [layer for layer in LAYERS if any(key[0] == layer for key in found)]
        rows = []
        for part in parts:
            figures = [found.get((layer, part)) for layer in layers]
            said = [_in_quarter(figure, t) for figure in figures]
            rows.append({"name": t(f"deck.part.{part}"), "figures": said})
        if layers:
            tables.append({"title": t(f"deck.when.{table}"), "layers": layers, "rows": rows})
    return tuple(tables)


def _in_quarter(figure: Figure | None, t: Translator) -> Said:
    """A quarter's figure, in few words: up to three stand side by side."""
    if figure is None:
        return Said(t("deck.seldom"), "withheld")
    text = t("deck.withheld.short") if figure.status == "withheld" else words.figure_words(figure, t)
    return Said(text, figure.status)


def _kept(promises: Sequence[Promise], t: Translator) -> tuple[dict[str, Any], ...]:
    """How many were promised, done, are open, were missed: a row for each kind of which there were any."""
    rows = []
    for kind in KINDS:
        states: Counter[str] = Counter(promise.state for promise in promises if promise.kind == kind)
        counts = {state: states[state] for state in STATES}
        # An answer of "not taken up" is an answer, no promise.
        promised = sum(states.values()) - states["not_taken_up"]
        if promised:
            rows.append({"kind": kind, "name": t(f"deck.kind.{kind}"), "promised": promised, **counts})
    return tuple(rows)


def _details(promises: Sequence[Promise], topics: Mapping[str, Any], t: Translator) -> list[dict[str, str]]:
    order = {"missed": 0, "open": 1, "not_taken_up": 2}
    rest = [promise for promise in promises if promise.state in order]
    rest.sort(key=lambda p: (order[p.state], p.week or dt.date.max, p.kind, p.topic or ""))
    return [
        {
            "state": promise.state,
            "what": _what(promise, topics, t),
            "why": _reason(promise.reason, t) if promise.reason else t(f"deck.state.{promise.state}"),
        }
        for promise in rest
    ]


def _what(promise: Promise, topics: Mapping[str, Any], t: Translator) -> str:
    parts = [words.week_words(promise.week, t)] if promise.week else []
    parts.append(t(f"deck.one.{promise.kind}"))
    what = t("deck.space").join(parts)
    return t("deck.about", what=what, topic=_topic(promise.topic, topics, t)) if promise.topic else what


def _reason(key: str | None, t: Translator) -> str:
    return words.in_words(("meeting.reason", "plan_book.reason", "deck.reason"), key, t) if key else ""


def _topic(key: str, topics: Mapping[str, Any], t: Translator) -> str:
    topic = topics.get(key)
    return getattr(topic, f"title_{t.language}") if topic is not None else t("deck.no_words")


def _helped(
    content: AreaContent,
    settled: Sequence[SeasonLine],
    topics: Mapping[str, Any],
    taxonomy: Taxonomy,
    t: Translator,
) -> Iterable[dict[str, str]]:
    promised = [promise.topic for promise in content.promises if promise.topic]
    for key in dict.fromkeys([*promised, *content.topics]):
        if key not in topics:
            continue
        own = [promise for promise in content.promises if promise.topic == key]
        done = Counter(promise.kind == "remark" for promise in own if promise.state == "done")
        said = [t("deck.helped.done", n=done[False])] if done[False] else []
        said += [t("deck.helped.remark", n=done[True])] if done[True] else []
        for line in settled:
            if line.group is not None and taxonomy[line.group].topics[:1] == (key,):
                said.append(t("deck.helped.settled", count=words.range_words(line, t)))
        known = getattr(topics[key], f"evidence_{t.language}", "") or t("deck.helped.little")
        yield {"topic": _topic(key, topics, t), "here": t.joined(said), "trials": known}


def _fitting(helped: Sequence[dict[str, str]]) -> int:
    """How many rows of what helped fit on the slide; one always does."""
    room = HELPED_ROOM
    for number, row in enumerate(helped[:MOST_TOPICS]):
        lines = max(words.lines_of(row["trials"], 33), words.lines_of(row["here"], 13), words.lines_of(row["topic"], 9))
        room -= 44 + 42 * lines
        if room < 0:
            return max(number, 1)
    return len(helped[:MOST_TOPICS])


def _cards(
    wanted: Sequence[str], topics: Mapping[str, Any], season: Sequence[Period], t: Translator
) -> tuple[list[dict[str, Any]], bool]:
    """Four cards in two rows where each has room for two sentences, else three side by side; and whether it is rows."""
    rows = [_advice(topics[key], season, t, WIDE_CARD) for key in wanted[:MOST_TOPICS]]
    if len(rows) <= 2 or (len(rows) == MOST_TOPICS and all(len(card["lines"]) > 1 for card in rows)):
        return rows, True
    return [_advice(topics[key], season, t, TALL_CARD) for key in wanted[: MOST_TOPICS - 1]], False


def _advice(topic: Any, season: Sequence[Period], t: Translator, card: tuple[int, float, int]) -> dict[str, Any]:
    lines = tuple(getattr(topic, f"advice_{t.language}", ()) or getattr(topic, f"tasks_{t.language}", ()))
    note = getattr(topic, "season_note", None)
    besides = note(season[-1].end.month, t.language) if note and season else ""
    turn = getattr(topic, f"where_to_turn_{t.language}", "") or getattr(topic, f"refer_to_{t.language}", "")
    room, width, most = card
    room -= 38 * words.lines_of(turn, width)
    chosen: list[str] = []
    for text in ([besides] if besides else []) + list(lines):
        room -= 10 + 41 * words.lines_of(text, width)
        if chosen and (room < 0 or len(chosen) == most):
            break
        chosen.append(text)
    return {"title": getattr(topic, f"title_{t.language}"), "lines": tuple(chosen), "turn": turn}


def _week(week: Any, topics: Mapping[str, Any], t: Translator) -> dict[str, Any]:
    about = t.joined(_topic(key, topics, t) for key in week.topics)
    return {"week": words.week_words(week.week, t), "walks": week.walks, "watches": week.watches, "about": about}


def _polls(
    polls: Sequence[PollResult], questions: Mapping[str, Sequence[str]], t: Translator
) -> tuple[dict[str, Any], ...]:
    """A block a question, with its evenings, the latest first."""
    keys = list(dict.fromkeys([*questions, *(poll.question for poll in polls)]))
    blocks = []
    for key in keys:
        own = sorted((poll for poll in polls if poll.question == key), key=lambda poll: poll.date, reverse=True)
        if own:
            rows = tuple(_evening(poll, t) for poll in own[:MOST_EVENINGS])
            blocks.append(
                {"key": key, "title": words.question_words(key, t), "good": words.good_words(key, t), "rows": rows}
            )
    return tuple(blocks)


def _evening(poll: PollResult, t: Translator) -> dict[str, Any]:
    row: dict[str, Any] = {"date": words.day_words(poll.date, t, year=True)}
    row.update(poll_words(poll.answered, poll.share, poll.low, poll.high, t))
    return row


def poll_words(
    answered: int, share: float | None, low: float | None, high: float | None, t: Translator
) -> dict[str, Any]:
    """One evening's result in words, and the numbers its interval is drawn from (per cent; None: too few to say)."""
    if share is None or low is None or high is None:
        return {"said": t("deck.poll.few"), "share": None, "low": None, "high": None}
    cent = [round(100 * value) for value in (share, low, high)]
    said = t("deck.poll.share", share=cent[0], low=cent[1], high=cent[2], n=answered)
    return {"said": said, "share": cent[0], "low": cent[1], "high": cent[2]}


def _questions(questions: Mapping[str, Sequence[str]], t: Translator) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "key": key,
            "title": words.question_words(key, t),
            "options": tuple((option, words.option_words(key, option, t)) for option in options),
        }
        for key, options in questions.items()
    )


def _remark(remark: RemarkLine, topics: Mapping[str, Any], t: Translator) -> dict[str, str]:
    parts = [t(f"deck.answer.{remark.answer}")]
    if remark.answer == "taken_up" and remark.week:
        parts = [t("deck.answer.taken_up_week", week=words.week_words(remark.week, t))]
    if remark.reason:
        parts.append(_reason(remark.reason, t))
    return {
        "state": {"taken_up": "done", "not_taken_up": "not_taken_up"}.get(remark.answer, "open"),
        "topic": _topic(remark.topic, topics, t),
        "people": t("deck.remark.people", n=remark.people) if remark.people is not None else t("deck.remark.few"),
        "date": words.day_words(remark.date, t),
        "answer": t("deck.colon").join(parts),
    }
