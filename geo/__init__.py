"""What touches the world: reading, cleaning, locating, keeping and writing."""

import os

# One thread for linear algebra, said before numpy is loaded: the matrices here are small, threads only wait for one
# another, and sums come out alike on every machine. A value set from outside stands.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
