# Each target installs what it needs. The main targets are `demo` and `test`.
# Variables: PYTHON (interpreter), VENV (folder of the environment), WORKERS (test processes).

PYTHON  ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV    ?= .venv
WORKERS ?= 2
BIN     := $(VENV)/bin
PYTEST  := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --nbmake
PINNED  := pyproject.toml constraints.txt

# Parallel installations into one folder would interfere, so `make -j` has no effect.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-full docs bench bench-accuracy bench-forecasting bench-labelling bench-anomalies bench-speed bench-search lint format clean test-package test-lowest

help:
	@echo "make demo       train on real data and write the results to output/ (3 minutes)"
	@echo "make test       run the linter, type checker, tests, notebooks and documentation build"
	@echo "make test-full  the same, with the tests at default settings (slow)"
	@echo "make test-package  build the package, install it into an empty environment and use it"
	@echo "make test-lowest   run a part of the tests with the oldest dependencies of pyproject.toml"
	@echo "make docs       build the documentation site in build/docs"
	@echo "make bench      run all benchmarks (hours), or one of them:"
	@echo "                make bench-accuracy, bench-forecasting, bench-labelling, bench-anomalies, bench-speed, bench-search"
	@echo "make lint       run the linter, format check and type checker"
	@echo "make format     fix format and lint errors with ruff"
	@echo "make clean      remove environments, caches and outputs"

demo: $(VENV)/.demo
	$(BIN)/python -m skseq

test: lint
	$(PYTEST)

test-full: lint
	$(PYTEST) -m "full or not full"

# Both create environments of their own and install packages into them, torch among them, so
# they are not part of `make test`. torch has the version of constraints.txt.
test-package:
	rm -rf dist .venv-package
	$(PYTHON) -m venv .venv-package
	.venv-package/bin/python -m pip install --quiet build twine
	.venv-package/bin/python -m build
	.venv-package/bin/python -m twine check --strict dist/*
	rm -rf .venv-package
	$(PYTHON) -m venv .venv-package
	.venv-package/bin/python -m pip install --quiet -c constraints.txt dist/*.whl
	cd .venv-package && bin/python ../tests/smoke.py

test-lowest: export OMP_NUM_THREADS = 1
test-lowest:
	rm -rf .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet -c tests/lowest.txt -e . hypothesis polars pyarrow pytest pytest-timeout
	.venv-lowest/bin/python -m pytest -q tests/smoke.py tests/sequences tests/inputs tests/series tests/persistence

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going docs build/docs

bench: bench-accuracy bench-forecasting bench-labelling bench-anomalies bench-speed bench-search

bench-accuracy: $(VENV)/.bench
	$(BIN)/python -m benchmarks.accuracy

bench-forecasting: $(VENV)/.bench
	$(BIN)/python -m benchmarks.forecasting

bench-labelling: $(VENV)/.bench
	$(BIN)/python -m benchmarks.labelling

bench-anomalies: $(VENV)/.bench
	$(BIN)/python -m benchmarks.anomalies

bench-search: $(VENV)/.bench
	$(BIN)/python -m benchmarks.search

bench-speed: $(VENV)/.bench
	$(BIN)/python -m benchmarks.speed

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# One thread for each test process.
test test-full: export OMP_NUM_THREADS = 1

# Stamp files: the environment is updated when the pinned versions change.
$(VENV)/.demo: $(PINNED)
	$(call install,plot)
$(VENV)/.test: $(PINNED)
	$(call install,test)
$(VENV)/.docs: $(PINNED)
	$(call install,docs)
$(VENV)/.bench: $(PINNED)
	$(call install,bench)

define install
	@$(PYTHON) -c 'import sys; sys.exit("skseq needs Python 3.11 or newer, got " + sys.version.split()[0] + "; run make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing skseq[$(1)] into $(VENV), which takes a few minutes the first time ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(1)]"
	@touch $@
endef

clean:
	rm -rf .venv* build dist output docs/notebooks docs/api .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
