"""Import optional dependencies where they are needed."""

import importlib


def import_extra(module, extra, purpose):
    """Import a module of an optional dependency.

    Parameters
    ----------
    module : str
        Dotted name of the module.
    extra : str
        The extra of skseq that installs the dependency.
    purpose : str
        The function or feature that needs it, for the error message.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the library is not installed. Errors of an installed library are not changed.
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
