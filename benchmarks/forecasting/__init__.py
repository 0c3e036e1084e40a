"""Errors of forecasters with default parameters, compared with other packages."""
