"""Libraries that skseq can do without: imported where they are needed."""

import importlib


def import_extra(module, extra, purpose):
    """Return a module of an extra, or say how to get it.

    Parameters
    ----------
    module : str
        Dotted name of the module.
    extra : str
        The extra of skseq that brings it.
    purpose : str
        What needs it.

    Raises
    ------
    ImportError
        If it is not installed. One that is there, but fails, says so itself.
    """
    library = module.split(".")[0]
    try:
        importlib.import_module(library)
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise ImportError(
            f"{purpose} needs {library}: pip install 'skseq[{extra}]'."
        ) from None
