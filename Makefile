# Each target sets up what it needs. Two commands matter: `make demo` and `make test`.
# Variables: PYTHON (interpreter), VENV (folder of the environment), WORKERS (test processes).

PYTHON  ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV    ?= .venv
WORKERS ?= 2
BIN     := $(VENV)/bin
PYTEST  := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --nbmake
PINNED  := pyproject.toml constraints.txt

# Setting up twice at once in one folder would end badly, so `make -j` changes nothing.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-full docs bench bench-accuracy bench-forecasting bench-speed bench-search lint format clean

help:
	@echo "make demo       train on real data and show the results in output/ (3 minutes)"
	@echo "make test       lint, types, tests, docstrings, notebooks, docs"
	@echo "make test-full  the same tests, and those at default settings (long)"
	@echo "make docs       the documentation site, in build/docs"
	@echo "make bench      accuracy, forecasts and speed, next to others (hours)"
	@echo "                or one of them: make bench-accuracy, bench-forecasting, bench-speed"
	@echo "make bench-search  memory and time of a search of 200 fits (minutes)"
	@echo "make lint       lint, format and types only"
	@echo "make format     let ruff mend lint and format"
	@echo "make clean      remove the environment, caches and outputs"

demo: $(VENV)/.demo
	$(BIN)/python -m skseq

test: lint
	$(PYTEST)

test-full: lint
	$(PYTEST) -m "full or not full"

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going docs build/docs

bench: bench-accuracy bench-forecasting bench-speed bench-search

bench-accuracy: $(VENV)/.bench
	$(BIN)/python benchmarks/accuracy.py

bench-forecasting: $(VENV)/.bench
	$(BIN)/python benchmarks/forecasting.py

bench-search: $(VENV)/.bench
	$(BIN)/python benchmarks/search.py

bench-speed: $(VENV)/.bench
	$(BIN)/python benchmarks/speed.py

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Two processes on two cores: one thread each.
test test-full: export OMP_NUM_THREADS = 1

# The stamp files: an environment is brought up to date when the pins have changed.
$(VENV)/.demo: $(PINNED)
	$(call install,plot)
$(VENV)/.test: $(PINNED)
	$(call install,test)
$(VENV)/.docs: $(PINNED)
	$(call install,docs)
$(VENV)/.bench: $(PINNED)
	$(call install,bench)

define install
	@$(PYTHON) -c 'import sys; sys.exit("skseq needs Python 3.11 or newer, not " + sys.version.split()[0] + ": make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing skseq[$(1)] into $(VENV): a few minutes the first time ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(1)]"
	@touch $@
endef

clean:
	rm -rf .venv* build dist output docs/notebooks docs/api/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
