"""The one error whose reader can mend the cause: a sentence that says what is wrong, and one that says what to do."""

from typing import Any


class InputError(ValueError):
    """
    Something the reader gave is wrong and can be mended by the reader.

    Anything else is a bug and keeps its traceback.

    Parameters
    ----------
    message : str
        What is wrong, with the value found, in English.
    remedy : str
        What to do about it, in English.
    key : str
        The sentence's key in the catalogues `views/locales/*/`; the remedy's key is `key + ".remedy"`.
    facts
        The values both sentences quote, by the names the catalogues use.
    """

    def __init__(self, message: str, *, remedy: str = "", key: str, **facts: Any) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy
        self.key = key
        self.facts = facts
