# Two commands for a newcomer: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Two at a time, a file to a worker: what fits two cores.
PYTEST_ARGS ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo run test check lock format clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/installed  ## the platform with its demonstration at http://localhost:8000 (ONCE=1: run it and print the results)
	$(if $(ONCE),$(BIN)/python -m embedded once $(DEMO_ARGS),$(BIN)/python -m embedded up --demo)

run: $(VENV)/installed  ## the platform without the demonstration
	$(BIN)/python -m embedded up

test: $(VENV)/installed-dev  ## everything: lint, types, import contracts, migrations, tests
	@tools/find-chromium >/dev/null
	$(MAKE) check
	NEGATOSCOPE_CHROMIUM="$$(tools/find-chromium)" $(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/installed-dev  ## lint and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format: $(VENV)/installed-dev  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/installed-dev  ## write the installed versions into constraints.txt
	(sed -n '/^#/p' constraints.txt; $(BIN)/pip freeze --exclude-editable | grep -v '@') > constraints.new && mv constraints.new constraints.txt

clean:  ## remove what the demonstration and the tests made (the environment stays)
	rm -rf var .pytest_cache .mypy_cache .ruff_cache test-results

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,peers,onnx,openclip]'
	touch $@
