"""Write stored predictions: `python -m tests.golden.write [name ...]`, all by default.

Run it from the root of the repository, with one thread, and only when predictions are meant
to change. The commit message must say why they changed.
"""

import sys

import torch

from .cases import CASES
from .files import write_case


def write(names):
    """Run the cases with these names, or all, and write their files."""
    unknown = sorted(set(names) - set(CASES))
    if unknown:
        raise SystemExit(f"No such case: {', '.join(unknown)}. See tests/golden/cases.py.")
    torch.set_num_threads(1)
    for name in names or CASES:
        write_case(name, CASES[name]())
    print(f"{len(names or CASES)} files written")


if __name__ == "__main__":
    write(sys.argv[1:])
