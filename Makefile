# Each target sets itself up on a machine that has only Python 3.11 or newer; a second time that costs nothing.
PYTHON ?= python3
VENV ?= .venv
# For the model that `make live` asks, and what serves it: they are built, and need a C++ compiler.
LIVE_VENV ?= .venv-live
# For the plugins of others that `make compat` tries.
COMPAT_VENV ?= .venv-compat
# What to install on top, for example EXTRA="pytest~=8.4.0".
EXTRA ?=

# Bytecode makes the imports of a test process three times faster.
unexport PYTHONDONTWRITEBYTECODE

BIN := $(VENV)/bin
# Another EXTRA is another installation.
READY := $(VENV)/.ready-$(shell echo '$(EXTRA)' | cksum | cut -d ' ' -f 1)

PROSE := $(sort $(wildcard *.md docs/*.md clients/*/*.md))

.PHONY: install demo test lint format bench live compat clean

install: $(READY)  ## Install what the other targets need.

demo: $(READY)  ## Play the bundled scenarios by their own reference steps, offline, and print the report.
	$(BIN)/python -m pytest --pare-config pare.yaml

test: $(READY)  ## Run all tests, most of them with branch coverage.
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n 2 --dist worksteal
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

lint: $(READY)  ## Check style, types, and the prose of the manual.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell $(PROSE) pytest_pare scenarios clients tests benchmarks conftest.py
	$(BIN)/proselint --output-format compact check $(PROSE)
	$(BIN)/mypy

format: $(READY)  ## Bring the code into shape.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## Run the measurements that the manual quotes.
	$(BIN)/python -m benchmarks

live: $(READY) $(LIVE_VENV)/.ready  ## Play, record and replay with a small model on this machine; takes minutes.
	$(BIN)/python -m tests.live $(LIVE_VENV)/bin/python

compat: $(COMPAT_VENV)/.ready  ## Try other pytest plugins, and the recipes with current agent frameworks; needs the network.
	PARE_COMPAT=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(COMPAT_VENV)/bin/python -m pytest tests/compat

clean:  ## Remove the virtual environment and what tools left behind.
	rm -rf $(VENV) $(LIVE_VENV) $(COMPAT_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* dist build

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"$(PYTHON) is {sys.version.split()[0]}; 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group lint --group test $(EXTRA)
	@rm -f $(VENV)/.ready-* && touch $@

$(COMPAT_VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(COMPAT_VENV)
	$(COMPAT_VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(COMPAT_VENV)/bin/python -m pip install --quiet --editable . --group test --group compat
	@touch $@

$(LIVE_VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(LIVE_VENV)
	$(LIVE_VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(LIVE_VENV)/bin/python -m pip install --quiet --group live
	@touch $@
