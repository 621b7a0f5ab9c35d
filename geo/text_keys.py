"""A number for each text or pair of numbers, so that what is equal is found by sorting instead of by a table."""

import numpy as np
import pyarrow as pa

BLOCK = 1 << 16  # texts at a time: what is made of them stays in the cache


def text_keys(texts: pa.StringArray) -> np.ndarray:
    """
    A number of 64 bits a text, the same for the same text; two different ones may share one by chance.

    Among a million texts that happens once in forty million tables.
    """
    offsets, data = string_bytes(texts)
    numbers = _whole_numbers(texts, offsets, data)
    if numbers is not None:
        return numbers
    longest = int(np.diff(offsets).max(initial=0))
    if len(data) < 8 or longest > 64:
        import pandas as pd

        return pd.util.hash_array(texts.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    words = np.ndarray((len(data) // 8,), "<u8", data)
    keys = np.empty(len(texts), np.uint64)
    for top in range(0, len(texts), BLOCK):
        keys[top : top + BLOCK] = _keys(offsets[top : top + BLOCK + 1].astype(np.int64), words, data)
    return keys


def _whole_numbers(texts: pa.StringArray, offsets: np.ndarray, data: np.ndarray) -> np.ndarray | None:
    """Texts of digits that begin with none of 0 as the numbers that they are; None where some text is another."""
    lengths = np.diff(offsets)
    if not len(lengths) or not 0 < int(lengths.min()) <= int(lengths.max()) <= 18:
        return None
    first = data[offsets[:-1]]
    if int(first.min()) < ord("1") or int(first.max()) > ord("9"):
        return None
    try:
        return np.asarray(texts.cast(pa.int64()).to_numpy(zero_copy_only=False).view(np.uint64))
    except pa.ArrowInvalid:
        return None


def _keys(places: np.ndarray, words: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Keys of some texts of at most 64 bytes: their bytes, eight at a time, and their length."""
    starts, ends = places[:-1], places[1:]
    lengths = ends - starts
    key = lengths.astype(np.uint64)
    for at in range(0, int(lengths.max(initial=0)), 8):
        here = lengths > at
        full = bool(here.all())
        begin = starts if full else starts[here]
        left = (ends if full else ends[here]) - begin - at
        word = _eight(begin + at, words, data)
        if int(left.min()) < 8:
            # What stands behind a short end belongs to the next text.
            gone = (np.maximum(8 - left, 0) * 8).astype(np.uint64)
            word = (word << gone) >> gone
        if full:
            key = mixed(key, word)
        else:
            key[here] = mixed(key[here], word)
    return key


def _eight(places: np.ndarray, words: np.ndarray, data: np.ndarray) -> np.ndarray:
    """The eight bytes from each place on as a number, from two neighboring words."""
    last = len(words) - 1
    low, shift = places >> 3, ((places & 7) << 3).astype(np.uint64)
    beyond = low >= last
    out = words[np.minimum(low, last)] >> shift
    # Shifted twice: by 64 at once is not defined.
    out |= (words[np.minimum(low + 1, last)] << (np.uint64(63) - shift)) << np.uint64(1)
    for i in np.flatnonzero(beyond):  # the last few bytes fill no word
        tail = bytes(data[places[i] : places[i] + 8]).ljust(8, b"\0")
        out[i] = int.from_bytes(tail, "little")
    return out


def mixed(key: np.ndarray | np.uint64, word: np.ndarray) -> np.ndarray:
    """Two arrays of 64-bit numbers as one, every bit of both in it."""
    out = key ^ word
    out *= np.uint64(0x9E3779B97F4A7C15)
    out ^= out >> np.uint64(32)
    return out


def shared_keys(keys: np.ndarray) -> tuple[int, np.ndarray]:
    """How many keys are distinct, and where those stand that occur more than once. Sorting is cheaper than a table."""
    order = np.sort(keys)
    again = order[1:] == order[:-1]
    distinct = len(order) - int(np.count_nonzero(again))
    twice = order[1:][again]
    if not len(twice):
        return distinct, np.empty(0, np.int64)
    twice = twice[np.append(True, twice[1:] != twice[:-1])]
    if len(twice) > len(keys) // 8:
        place = np.minimum(np.searchsorted(twice, keys), len(twice) - 1)
        return distinct, np.flatnonzero(twice[place] == keys)
    # Few are shared: twenty bits of each key sort out nearly all others first.
    mark = np.zeros(1 << 20, bool)
    mark[twice & np.uint64(0xFFFFF)] = True
    maybe = np.flatnonzero(mark[keys & np.uint64(0xFFFFF)])
    place = np.minimum(np.searchsorted(twice, keys[maybe]), len(twice) - 1)
    return distinct, maybe[twice[place] == keys[maybe]]


def string_bytes(texts: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """Where each text begins and ends, n + 1 places, and the bytes that they count in."""
    _, places, data = texts.buffers()
    offsets = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1] if len(texts) else None
    raw = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    return (offsets if offsets is not None else np.zeros(1, np.int32)), raw
