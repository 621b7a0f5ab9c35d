"""
An attacker on all that a workspace would publish: attempts, and hits.

    python -m bench.attacker --workspace W --releases 24 [--doors 200] [--sample N] [--lang zh]

Works on a copy of the workspace that has published nothing. The periods are months up to where the data are complete,
or 28 days where so many months are not at hand. All but the last two are released; then rows come late and are
corrected, an import is taken back and the polygons move; then the last two. `tests/attack` says what each attack does.
Without `--sample`, the programs aim at every count that is not shown.
"""

import argparse
import tempfile
import time
from pathlib import Path

from geo.releases import stored
from geo.taxonomy import read_taxonomy
from jobs.community import write_community
from jobs.dataset import Dataset, load_dataset
from tests.attack.changes import CHANGES, ask_again, plant_unlisted
from tests.attack.cities import last_periods, release_all, unreleased
from tests.attack.differences import Tally
from tests.attack.households import Remaker, tally_doors, try_doors, twice, without
from tests.attack.recount import rows_of
from tests.attack.run import attack_releases, guess_nothing_elsewhere
from tests.attack.scanner import scan, secrets_of
from tests.attack.solve import Contradiction
from views.i18n import Translator

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run every attack and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", required=True, type=Path)
    parser.add_argument("--releases", type=int, default=24)
    parser.add_argument("--doors", type=int, default=200, help="households to take out, and to double")
    parser.add_argument("--sample", type=int, help="counts for each program to aim at; all, if not given")
    parser.add_argument("--lang", default="zh", choices=["zh", "en"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = attack(load_dataset(options.workspace), Path(folder), options)
    print("\n".join(tally.lines()))
    for hit in tally.all_hits[:40]:
        print(hit)
    raise SystemExit(1 if tally.all_hits else 0)


def attack(original: Dataset, folder: Path, options: argparse.Namespace) -> Tally:
    """All attacks on one workspace."""
    dataset = unreleased(original, folder / "w")
    periods = last_periods(dataset, options.releases)
    tally, started = Tally(), time.perf_counter()

    def say(what: str) -> None:
        print(f"{time.perf_counter() - started:8.0f} s  {what}", flush=True)

    first, refused = release_all(dataset, periods[:1])
    remaker = Remaker(dataset, folder / "doors")
    more, more_refused = release_all(dataset, periods[1:-2])
    first, refused = first + more, refused | more_refused
    rows = [rows_of(dataset)] * len(first)
    say(f"{len(first)} released, {len(dataset.events)} events, refused: {refused or 'none'}")
    tally.join(plant_unlisted(dataset, periods[-2], folder / "planted"))
    for what, change in CHANGES.items():
        dataset = change(dataset)
        tally.join(ask_again(dataset, what))
        say(f"asked again after {what}")
    last, refused_last = release_all(dataset, periods[-2:])
    rows += [rows_of(dataset)] * len(last)
    releases = stored(dataset.workspace)
    say(f"{len(last)} more released, refused: {refused_last or 'none'}")
    tally.join(attack_releases(releases, rows, sample=options.sample))
    say("totals, pairs and programs")
    write_community(dataset, folder / "out", Translator(options.lang))
    files, found = scan(folder / "out", secrets_of(dataset, read_taxonomy(), ROOT / "data"))
    tally.add("files of the community folder opened", files, found)
    say("community folder")
    for name, alter in (("without one door's events", without), ("with one door's events twice", twice)):
        doors = try_doors(remaker, [p for p in periods[1:] if p.key not in refused], alter, most=options.doors)
        say(f"{name}: {doors.changed} of {doors.tried} doors change a class")
        tally.join(tally_doors(name, doors))
    try:
        guess = guess_nothing_elsewhere(releases, sample=options.sample or 2000).lines()[1]
    except Contradiction:
        guess = "nothing lies elsewhere: the figures themselves deny it"
    print(f"not counted, a guess that no release confirms: {guess}")
    return tally


if __name__ == "__main__":
    main()
