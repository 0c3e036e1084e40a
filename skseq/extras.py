"""Import optional dependencies where they are needed."""

import importlib
import warnings


def import_extra(module, extra, purpose):
    """Import a module of an optional dependency, which an extra of skseq installs.

    If the library is not installed, raise ImportError with the command to install it for
    the given purpose. Other import errors are not changed. Warnings of the import, such as
    tqdm's in notebooks without progress bars, are not shown.
    """
    library = module.split(".")[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(library)
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise ImportError(
            f"{purpose} needs {library}: pip install 'skseq[{extra}]'."
        ) from None
