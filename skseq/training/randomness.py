"""Random numbers that neither read nor change any global state."""

import functools
import numbers

import numpy as np
from sklearn.utils import check_random_state
from torch.utils._python_dispatch import TorchDispatchMode

LARGEST_SEED = 2**31 - 1


def draw_seed(random_state):
    """Return an integer seed.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An integer is taken as it is. An instance is drawn from, as everywhere in
        scikit-learn. None asks the operating system, so that numpy's global state is
        left alone.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] % LARGEST_SEED)
    if isinstance(random_state, numbers.Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(LARGEST_SEED))


class seeded(TorchDispatchMode):
    """Let every random operation of torch in this thread draw from one generator.

    Modules initialise themselves from torch's global state, and `fork_rng` guards
    that state for the whole process only, not for a thread. A dispatch mode belongs
    to its thread and reaches modules that skseq did not write as well.

    Parameters
    ----------
    generator : torch.Generator
        Where random numbers come from instead.
    """

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run an operation, with the generator if it takes one."""
        kwargs = dict(kwargs or {})
        func = _with_generator(func)
        if "generator" in _arguments(func) and kwargs.get("generator") is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)


@functools.cache
def _with_generator(func):
    """Return the overload of an operation that takes a generator, if there is one.

    `torch.randn` and its like are two operations, one with a generator and one without.
    """
    names = _arguments(func)
    if "generator" in names:
        return func
    packet = func.overloadpacket
    for other in (getattr(packet, name) for name in packet.overloads()):
        found = _arguments(other)
        if "generator" in found and [n for n in found if n != "generator"] == names:
            return other
    return func


def _arguments(func):
    return [argument.name for argument in func._schema.arguments]
