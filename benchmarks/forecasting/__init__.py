"""Errors of forecasters with default parameters, next to other packages."""
