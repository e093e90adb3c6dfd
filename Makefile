# Everything a fresh Debian/Ubuntu machine with Python >= 3.11 needs: `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run test crash load bench lint clean install install-dev lock demo-district

run: install
	$(BIN)/yiguan demo

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: requirements.lock pyproject.toml tools/setup.sh
	PYTHON=$(PYTHON) tools/setup.sh run

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml tools/setup.sh
	PYTHON=$(PYTHON) tools/setup.sh test

test: install-dev
	tools/setup.sh check-test-machine
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/audit.py

crash: install-dev
	nice $(BIN)/python -m tests.crash.campaign $(CRASH)

load: install-dev
	$(BIN)/python -m tests.load $(LOAD)

bench: install-dev
	$(BIN)/python -m bench $(BENCH)

lock:
	uv pip compile -q pyproject.toml --generate-hashes --no-header --no-annotate --universal --python-version 3.11 -o requirements.lock
	uv pip compile -q pyproject.toml --extra dev --generate-hashes --no-header --no-annotate --universal --python-version 3.11 -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache data/var
