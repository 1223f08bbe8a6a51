# Sets everything up by itself: `make run` opens the chat, `make test` runs the tests. Both are quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
SHELL := bash
.SHELLFLAGS := -o pipefail -c

.PHONY: setup run test test-most test-real test-fast lint type bench screens audit lock clean

run: $(VENV)/.ready
	$(BIN)/cairn web

setup: $(VENV)/.ready-dev

test: test-most test-real

test-most: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not real"

# A language model takes all cores for itself.
test-real: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -m real tests/real

test-fast: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow" tests/unit

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

type: $(VENV)/.ready-dev
	$(BIN)/pyright

bench: $(VENV)/.ready-dev
	$(BIN)/python -m benchmarks.run

screens: $(VENV)/.ready-dev
	$(BIN)/python -m benchmarks.screens

# What pip prints, as one line that moves.
progress = awk -v of=$$(grep -c '^[a-z].*==' $(1)) \
	'/^(Collecting|Requirement already)/ {printf "\r  fetching %d of %d packages", ++n, of; fflush()} /^Installing/ {printf "\n  installing them\n"; fflush()}'

# With the versions that were tested, by their hashes; the project itself comes without its dependencies again.
$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting Cairn up in $(VENV): a few minutes, once."
ifdef UV
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps -e .
else
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock | $(call progress,requirements.lock)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
endif
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
ifdef UV
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --require-hashes -r requirements-dev.lock
else
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-dev.lock | $(call progress,requirements-dev.lock)
endif
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
		{ echo "Cairn needs Python 3.11 to 3.14; $(PYTHON) is another. Say which: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# Every locked package has its hashes; with a network, none has a vulnerability that SECURITY.md does not tell of.
audit: $(VENV)/.ready-dev
	@.ci/audit

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links -q -o requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links -q --extra dev -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV)
