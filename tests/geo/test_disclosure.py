"""What can be worked out: by hand, against the exact programs, and against all whole tables that fit, one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.disclosure import ROOM, Structure, audit, narrowed, withhold_more

FLOOR = 5


def shown_range(count):
    value = 5 * ((count + 2) // 5)
    return max(FLOOR, value - 2), value + 2


def publish(structure, true, published, withheld=()):
    """Ranges as the public knows them: rounded, small, withheld or never published."""
    low, high = np.zeros(structure.size), np.full(structure.size, np.inf)
    shown = np.zeros(structure.size, dtype=bool)
    for position in published:
        if position in withheld:
            low[position] = FLOOR
        elif true[position] < FLOOR:
            high[position] = FLOOR - 1
        else:
            low[position], high[position] = shown_range(true[position])
            shown[position] = True
    return low, high, shown


def filled(structure, tables):
    """All counts from the inner cells of each table."""
    true = np.zeros(structure.size, dtype=int)
    for cells, columns, table in zip(structure.cells, structure.columns, tables, strict=True):
        true[cells], true[columns], true[structure.rows] = table, table.sum(axis=0), table.sum(axis=1)
    true[structure.total] = true[structure.rows].sum()
    return true


def everything_but_rests(structure):
    inner = [cells[:-1, :-1].ravel() for cells in structure.cells]
    ends = [columns[:-1] for columns in structure.columns]
    return np.concatenate([[structure.total], structure.rows[:-1], *inner, *ends]).tolist()


def protect(structure, true, published, seed=0):
    low, high, shown = publish(structure, true, published)
    floor = np.where(np.isin(np.arange(structure.size), published), FLOOR, 0)
    order = np.random.default_rng(seed).permutation(structure.size)
    chosen = withhold_more(structure, low, high, shown, floor=floor, order=order)
    return chosen, publish(structure, true, published, set(chosen.tolist()))


# --- by hand ------------------------------------------------------------------------------------------------------


def test_sums_hold_for_any_table():
    structure = Structure.of(3, [2, 4])
    tables = [np.arange(12).reshape(4, 3), np.full((4, 5), 0)]
    tables[1][:, 0] = tables[0].sum(axis=1)
    assert not np.any(structure.sums @ filled(structure, tables))


def test_moves_keep_all_sums():
    structure = Structure.of(3, [2, 4])
    hidden = np.zeros(structure.size, dtype=bool)
    for where, sign in [*structure.moves, *structure.swaps(np.arange(structure.size, dtype=float), hidden)]:
        for line in where:
            change = np.zeros(structure.size)
            np.add.at(change, line, sign)
            assert not np.any(structure.sums @ change)


def one_area(total, group):
    """One area with one group in it; the city is not published."""
    structure = Structure.of(1, [1])
    true = filled(structure, [np.array([[group, total - group], [0, 0]])])
    return structure, true, [int(structure.rows[0]), int(structure.cells[0][0, 0])]


def test_the_rest_of_an_area_is_its_total_less_its_groups():
    structure, true, published = one_area(total=22, group=13)
    low, high, shown = publish(structure, true, published)
    least, most = audit(structure, low, high, shown)
    # 20 stands for 18 to 22, 15 for 13 to 17: the rest is 1 to 9.
    assert (least[structure.cells[0][0, -1]], most[structure.cells[0][0, -1]]) == (1, 9)
    assert not len(narrowed(structure, low, high, shown))


def test_a_group_that_is_all_of_a_small_area_is_withheld():
    # 5 and 5 stand for 5 to 7 both: the rest would be 0 to 2.
    structure, true, published = one_area(total=6, group=6)
    low, high, shown = publish(structure, true, published)
    assert narrowed(structure, low, high, shown).tolist() == [structure.cells[0][0, -1]]
    chosen, (low, high, shown) = protect(structure, true, published)
    # Withholding the group alone would leave it 5 to 7, since less would be called small.
    assert set(chosen.tolist()) >= {structure.rows[0]}
    assert not len(narrowed(structure, low, high, shown))


def test_the_least_important_that_suffices_is_withheld():
    structure = Structure.of(1, [2])
    true = filled(structure, [np.array([[13, 8, 1], [30, 30, 30]])])
    group, other, total = structure.cells[0][0, 0], structure.cells[0][0, 1], structure.rows[0]
    low, high, shown = publish(structure, true, [group, other, total])
    # 22 is 18 to 22, 13 and 8 are at their least: nothing but 1 is left for the rest.
    assert high[total] - low[group] - low[other] == 1
    order = np.zeros(structure.size, dtype=int)
    order[[other, group, total]] = 1, 2, 3
    chosen = withhold_more(structure, low, high, shown, floor=np.full(structure.size, FLOOR), order=order)
    assert chosen.tolist() == [other]  # it gives 8 - 5 = 3: 1 + 3 is room enough


def test_nothing_is_withheld_where_nothing_is_told():
    structure = Structure.of(2, [2])
    true = filled(structure, [np.full((3, 3), 20)])
    chosen, _ = protect(structure, true, everything_but_rests(structure))
    assert not len(chosen)


def test_a_city_without_a_single_report_tells_nothing():
    structure = Structure.of(40, [3, 4, 4])
    true = np.zeros(structure.size, dtype=int)
    chosen, (low, high, shown) = protect(structure, true, everything_but_rests(structure))
    assert not len(chosen)
    assert not len(narrowed(structure, low, high, shown))


def test_figures_that_fit_no_counts_are_a_bug():
    structure, true, published = one_area(total=22, group=13)
    low, high, shown = publish(structure, true, published)
    low[structure.cells[0][0, 0]] = 30
    with pytest.raises(ValueError, match="no counts fit"):
        audit(structure, low, high, shown)


# --- against the exact programs -----------------------------------------------------------------------------------


@st.composite
def worlds(draw, most=14, rows=(1, 4), columns=((1, 3), (0, 2))):
    """A structure and true counts, many of them small."""
    n = draw(st.integers(*rows))
    widths = [w for w in (draw(st.integers(*c)) for c in columns) if w]
    structure = Structure.of(n, widths)
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    mean = rng.choice([0.3, 2, 6, most / 1.5], size=(n + 1, 1))
    first = np.minimum(rng.poisson(mean * np.ones((n + 1, widths[0] + 1))), most)
    tables = [first]
    for width in widths[1:]:
        shares = rng.dirichlet(np.full(width + 1, 0.6))
        tables.append(np.array([rng.multinomial(total, shares) for total in first.sum(axis=1)]))
    return structure, filled(structure, tables), seed


@settings(max_examples=40, deadline=None)
@given(worlds(most=40, rows=(1, 5), columns=((1, 4), (0, 4), (0, 3))))
def test_the_quick_proof_agrees_with_the_exact_programs(world):
    structure, true, seed = world
    published = everything_but_rests(structure)
    low, high, shown = publish(structure, true, published)
    least, most = audit(structure, low, high, shown)
    exact = np.flatnonzero(~shown & (np.floor(most + 1e-6) - np.ceil(least - 1e-6) < ROOM))
    quick = narrowed(structure, low, high, shown)
    assert set(quick.tolist()) <= set(exact.tolist())
    assert bool(len(quick)) == bool(len(exact))
    _, (low, high, shown) = protect(structure, true, published, seed)
    least, most = audit(structure, low, high, shown)
    assert np.all((np.floor(most + 1e-6) - np.ceil(least - 1e-6) >= ROOM) | shown)
    assert np.all((least <= true) & (true <= most))


@settings(max_examples=20, deadline=None)
@given(worlds(most=40))
def test_the_same_counts_give_the_same_answer(world):
    structure, true, seed = world
    published = everything_but_rests(structure)
    first, second = (protect(structure, true, published, seed)[0].tolist() for _ in range(2))
    assert first == second


# --- against all whole tables that fit ----------------------------------------------------------------------------


def values_that_fit(structure, low, high, most):
    """Every value that each count takes in some table of whole numbers up to `most` that fits what is published."""
    fitting = [_tables(cells.shape, most) for cells in structure.cells]
    kept = []
    for cells, columns, tables in zip(structure.cells, structure.columns, fitting, strict=True):
        sums, rows = tables.sum(axis=1), tables.sum(axis=2)
        inside = ((tables >= low[cells]) & (tables <= high[cells])).all(axis=(1, 2))
        inside &= ((sums >= low[columns]) & (sums <= high[columns])).all(axis=1)
        inside &= ((rows >= low[structure.rows]) & (rows <= high[structure.rows])).all(axis=1)
        total = rows.sum(axis=1)
        inside &= (total >= low[structure.total]) & (total <= high[structure.total])
        kept.append(tables[inside])
    # Tables go together where their rows have the same totals.
    rows = [{tuple(row) for row in tables.sum(axis=2).tolist()} for tables in kept]
    common = set.intersection(*rows)
    values = [set() for _ in range(structure.size)]  # type: list[set[int]]
    for cells, columns, tables in zip(structure.cells, structure.columns, kept, strict=True):
        tables = tables[[tuple(row) in common for row in tables.sum(axis=2).tolist()]]
        for where, found in (
            (cells, tables),
            (columns, tables.sum(axis=1)),
            (structure.rows, tables.sum(axis=2)),
        ):
            for index, position in np.ndenumerate(where):
                values[position] |= set(found[(slice(None), *index)].tolist())
        values[structure.total] |= set(tables.sum(axis=(1, 2)).tolist())
    return values


def _tables(shape, most):
    """All tables of whole numbers up to `most`."""
    cells = shape[0] * shape[1]
    return np.indices((most + 1,) * cells, dtype=np.int8).reshape(cells, -1).T.reshape(-1, *shape)


@pytest.mark.parametrize(
    ("rows", "columns", "most", "largest"), [(1, [1, 1], 24, 10), (2, [1], 13, 7), (1, [2], 13, 7)]
)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_hidden_count_keeps_five_values_among_all_tables_that_fit(rows, columns, most, largest, seed):
    rng = np.random.default_rng(seed)
    structure = Structure.of(rows, columns)
    tables = [rng.integers(0, largest + 1, size=(rows + 1, columns[0] + 1))]
    for _ in columns[1:]:
        tables.append(np.array([[part := rng.integers(0, n + 1), n - part] for n in tables[0].sum(axis=1)]))
    true = filled(structure, tables)
    published = everything_but_rests(structure)
    _, (low, high, shown) = protect(structure, true, published, seed)
    values = values_that_fit(structure, low, high, most)
    for position in np.flatnonzero(~shown):
        assert len(values[position]) >= 5, (tables, position)
        assert true[position] in values[position]
