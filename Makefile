# Everything the portal does from a fresh checkout. All it needs is make and python3 (3.11 or newer).

PYTHON ?= python3
TESTERS ?= $(shell nproc 2>/dev/null || echo 2)
VENV   := .venv
STAMP  := $(VENV)/made-for
RUN    := $(VENV)/bin/python
NO_DB  := DATABASE_URL=postgresql://nobody@127.0.0.1:1/unused

# A virtual environment knows its own path: one that was moved, or whose Python is gone, is made again.
WHOLE := $(shell test "$$(cat $(STAMP) 2>&1)" = "$(CURDIR)" && test -x $(RUN) && $(RUN) -c '' 2>&1 && echo yes)
ifneq ($(WHOLE),yes)
.PHONY: $(STAMP)
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test serve lint format bench

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## The Python environment alone, in .venv

demo: $(STAMP) ## A grid, a partner and some forty enrollments, then a running portal (ONCE=1: stop at the end)
	@$(RUN) manage.py demo

test: $(STAMP) ## Every test, a process for each processor (ONLY=tests/portal for some, TESTERS=1 for fewer)
	@$(RUN) -m pytest -n $(TESTERS) $(ONLY)

serve: $(STAMP) ## The portal and its worker on http://127.0.0.1:$(PORT), 8000 unless PORT says otherwise
	@$(RUN) manage.py serve

lint: $(STAMP) ## Format, lint, types, layers, migrations
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(NO_DB) $(VENV)/bin/mypy .
	@$(NO_DB) $(VENV)/bin/lint-imports
	@$(RUN) manage.py makemigrations --check --dry-run

format: $(STAMP) ## Format the code, and mend what ruff can
	@$(VENV)/bin/ruff check --fix --quiet . || true
	@$(VENV)/bin/ruff format .

bench: $(STAMP) ## Measure (ONLY=name for one measurement)
	@$(RUN) manage.py bench $(ONLY)

$(STAMP): requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Remedy: install Python 3.11 or newer, or make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + ". Remedy: make PYTHON=/path/to/a/newer/python3")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments. Remedy, on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Making the Python environment in $(VENV) (a minute or two the first time)"
	@test "$(WHOLE)" = yes || $(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-input -r requirements.txt
	@echo "$(CURDIR)" > $@
