# One command for each thing a contributor does; `make help` lists them.
# Needs python3 (3.11 or newer, with venv) and make, nothing else.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# Tests wait often: for servers, workers and browsers.
WORKERS ?= 3
# Neighbours share rows of their module and a browser, so each worker takes a stretch of them.
DIST := worksteal
ARGS ?=
# RELOAD=1 restarts the server after each edit. Its second process outlives a plain `kill`.
RELOAD ?=

BIN := .venv/bin
RUN_STAMP := .venv/.installed
DEV_STAMP := .venv/.installed-dev
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
ADDRESS := http://$(HOST):$(PORT)
# Fails where nothing can listen at this address, before anything is said of it.
LISTEN := import socket, sys; socket.create_server((sys.argv[1], int(sys.argv[2])))
TAKEN := Nothing can be served at $(ADDRESS)/: most likely something runs there already. \
	End that, or take another port: make run PORT=8001
# What a server would have, and nothing of this machine.
PRODUCTION := env -i PATH="$$PATH" HOME="$$HOME" DEBUG=false SITE_URL=https://news.example.org \
	SECRET_KEY=not-the-key-of-any-site-but-long-enough-for-every-check-0123456789

LONG := benchmarks/kill_%.py benchmarks/backup_under_load.py benchmarks/readers_under_load.py \
	benchmarks/lighthouse.py
BENCHMARKS = $(shell grep -l __main__ benchmarks/*.py)
# Runs all of them, then fails if one failed.
run_benchmarks = failed=0; for file in $(1); do name=$$(basename "$$file" .py); echo "== $$name"; \
	$(BIN)/python -m "benchmarks.$$name" || failed=1; done; exit $$failed

.DEFAULT_GOAL := help
.PHONY: help run test check check-types check-rest bench long lock vendor format messages clean
.SUFFIXES:

help:  ## List these commands
	@grep -hE '^[a-z]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Creating .venv ..."
	@$(PYTHON) -m venv .venv

$(RUN_STAMP): requirements.txt | $(BIN)/python
	@echo "Installing what the site needs ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing what the site and its developers need ..."
	@$(PIP) -r requirements-dev.txt -r requirements.txt
	@touch $(RUN_STAMP) $@

# manage.py reads it, servers do not.
.env:
	@printf '# Read by manage.py on this machine alone.\nDEBUG=true\n' > $@

run: $(RUN_STAMP) .env  ## Serve the site with sample issues and a worker on http://127.0.0.1:8000 (HOST=, PORT=, RELOAD=1)
	@$(BIN)/python -c '$(LISTEN)' '$(HOST)' '$(PORT)' 2>/dev/null || { echo "$(TAKEN)" >&2; exit 1; }
	@echo "Preparing the database ..."
	@$(MANAGE) migrate --no-input --verbosity 0
	@$(MANAGE) create_demo
	@printf '\n  The site       %s/\n  For its staff  %s/admin/\n' '$(ADDRESS)' '$(ADDRESS)'
	@printf '  New password   %s\n  To end         Ctrl-C\n\n' '$(MANAGE) changepassword admin'
	@# The shell becomes the server, and the worker ends when the server does, in whatever way.
	@grep -qs '^SITE_URL=' .env || export SITE_URL="$${SITE_URL:-$(ADDRESS)}"; \
		$(MANAGE) run_tasks --parent $$$$ >/dev/null & \
		exec $(MANAGE) runserver $(if $(RELOAD),,--noreload) '$(HOST):$(PORT)' >/dev/null

test: $(DEV_STAMP) .env  ## Run all tests (ARGS="-k words" for some of them)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist $(DIST) $(ARGS)

check: check-rest check-types  ## Lint, check types, contracts, templates, settings and translations

# Takes as long as all the rest: `make -j2 check` does both at once.
check-types: $(DEV_STAMP)
	$(BIN)/mypy

check-rest: $(DEV_STAMP) .env
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	PYTHONPATH=. $(BIN)/lint-imports
	find . -name '*.html' -path '*templates/*' -not -path './.venv/*' -not -path './node_modules/*' \
		-print0 | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check --fail-level WARNING
	$(PRODUCTION) $(MANAGE) check --deploy --tag security --fail-level WARNING
	$(BIN)/python -m pytest --quiet tests/newsletter/test_translations.py

bench: $(DEV_STAMP) .env  ## Measure the figures of docs/benchmarks.md
	@$(call run_benchmarks,$(filter-out $(LONG),$(BENCHMARKS)))

long: $(DEV_STAMP) .env  ## Run what is too long for CI: kills, load, long journeys
	@$(BIN)/python -m pytest -n $(WORKERS) --dist $(DIST) -m long $(ARGS)
	@$(call run_benchmarks,$(filter $(LONG),$(BENCHMARKS)))

vendor: $(RUN_STAMP)  ## Bundle scripts of others and cut Pretendard into static/vendor (needs Node 20)
	cd vendor && npm ci --ignore-scripts --no-audit --no-fund && npm run build
	$(PIP) -r vendor/requirements.txt
	$(BIN)/python vendor/fonts.py

format: $(DEV_STAMP)  ## Put imports, code and templates in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	find . -name '*.html' -path '*templates/*' -not -path './.venv/*' -not -path './node_modules/*' \
		-print0 | xargs -0 -r $(BIN)/djade --target-version 5.2

messages: $(DEV_STAMP) .env  ## Collect the texts to translate (needs gettext) and compile them
	$(MANAGE) makemessages --all --no-obsolete --no-wrap --add-location file \
		--ignore '.venv/*' --ignore 'node_modules/*' --ignore 'tests/*'
	$(BIN)/pybabel compile --directory locale --domain django --statistics
	$(BIN)/pybabel compile --directory locale-libraries --domain "django djangojs"

lock: $(DEV_STAMP)  ## Compile requirements*.txt from pyproject.toml, with hashes (ARGS=--upgrade)
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header \
		--python-version 3.11 --quiet $(ARGS) -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header \
		--python-version 3.11 --quiet $(ARGS) -c requirements.txt -o requirements-dev.txt
	$(BIN)/uv pip compile pyproject.toml --extra providers --universal --generate-hashes --no-header \
		--python-version 3.11 --quiet $(ARGS) -c requirements.txt -o requirements-providers.txt

clean:  ## Remove what was installed and built; the database and uploads stay
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
