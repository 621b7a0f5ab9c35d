"""A meeting's answers as tables in words: evenings with their intervals, remarks with what became of them."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from geo.community_types import PollResult, RemarkLine
from views.charts import share_text
from views.i18n import Translator


def share_words(result: PollResult, t: Translator) -> str:
    """The share with its interval in per cent, or that the answers are too few."""
    if result.share is None or result.low is None or result.high is None:
        return t("meeting.too_few")
    return t("meeting.share", share=share_text(result.share), low=share_text(result.low), high=share_text(result.high))


def evenings_table(results: Iterable[PollResult], t: Translator) -> pd.DataFrame:
    """
    One row an evening and question, newest first.

    Parameters
    ----------
    results : PollResult
        Of one area, from `jobs.meetings.poll_results`.

    Returns
    -------
    DataFrame
        Columns in words: day, question, answered, share with its interval.
    """
    rows = sorted(results, key=lambda result: -result.date.toordinal())
    return pd.DataFrame(
        {
            t("meeting.column.date"): [result.date.isoformat() for result in rows],
            t("meeting.column.question"): [t(f"meeting.short.{result.question}") for result in rows],
            t("meeting.column.answered"): pd.Series([result.answered for result in rows], dtype="int64"),
            t("meeting.column.share"): [share_words(result, t) for result in rows],
        }
    )


def remarks_table(lines: Sequence[RemarkLine], titles: Mapping[str, str], t: Translator) -> pd.DataFrame:
    """
    One row a remark, in the order given.

    Parameters
    ----------
    titles : topic → its title in this language
        A topic that is no longer there keeps its key.
    """
    return pd.DataFrame(
        {
            t("meeting.column.date"): [line.date.isoformat() for line in lines],
            t("meeting.column.topic"): [titles.get(line.topic, line.topic) for line in lines],
            t("meeting.column.people"): [
                t("meeting.too_few.short") if line.people is None else str(line.people) for line in lines
            ],
            t("meeting.column.answer"): [t(f"meeting.answer.{line.answer}") for line in lines],
            t("meeting.column.reason"): [t(f"meeting.reason.{line.reason}") if line.reason else "" for line in lines],
            t("meeting.column.week"): [line.week.isoformat() if line.week else "" for line in lines],
        }
    )
