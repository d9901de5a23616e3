# One command each; `make` alone lists them. Everything runs in .venv, which appears when it is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

DEMO_CAPTURE := tests/runtime/captures/trim.pcap.gz
DEMO_CHANGE := tests/histories/tcp/old.dot tests/histories/tcp/new.dot

# Print a command as one would type it, then run it.
show = @echo && echo '$$ $(1)' && PATH="$(CURDIR)/$(BIN):$$PATH" $(1)

.DEFAULT_GOAL := help
.PHONY: help generate demo test interop sim bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("dotmirror needs Python 3.11 or newer, $(PYTHON) is " + sys.version.split()[0] + "; try: make PYTHON=python3.13")'
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

generate: $(READY) ## render specs/ into generated/ (run it after editing a drawing)
	@$(BIN)/dotgen generate

demo: $(READY) ## generate, draw, review a change, decode two kernels, and two nodes that mirror on bad days too
	$(call show,dotgen generate)
	$(call show,dotgen draw specs/states/*.dot -o demo/)
	$(call show,dotgen diff $(DEMO_CHANGE) --html demo/review.html)
	$(call show,dotmirror decode $(DEMO_CAPTURE) | tail -n 12)
	$(call show,dotmirror demo)
	@printf '%s\n' '' \
		'The pictures are in demo/: open demo/disk_states.svg and demo/review.html in a browser.' \
		'Next: draw an arrow in specs/states/disk_states.dot, run `make generate` and `dotgen diff`.' \
		'README.md has the first hour; `make test` checks everything.'

test: $(READY) ## fresh output, format, lint, types, tests
	@$(BIN)/dotgen generate --check
	@$(BIN)/dotgen lint
	@$(BIN)/black --check codegen generated runtime tests
	@$(BIN)/ruff check codegen generated runtime tests
	@$(BIN)/mypy
	@$(BIN)/pytest --numprocesses auto --dist worksteal --every-row

interop: $(READY) ## hold everything against programs that nobody here wrote (the Linux kernel, drbdmeta, tshark ...)
	@$(BIN)/python -m tests.interop.kernel.build
	@DOTMIRROR_CRASH_SEEDS=12 $(BIN)/pytest --every-row \
		tests/interop tests/simulation tests/runtime/engine tests/runtime/nbd \
		tests/runtime/metadata/test_crashes.py

sim: $(READY) ## let two engines live through many random worlds of accidents (DOTMIRROR_SIM_SEEDS=2000)
	@DOTMIRROR_SIM_SEEDS=$${DOTMIRROR_SIM_SEEDS:-500} $(BIN)/pytest --numprocesses auto --dist worksteal tests/simulation

bench: $(READY) ## measure against the contenders, side by side
	@$(BIN)/python tests/bench/run.py

lock: $(READY) ## write requirements.lock anew from pyproject.toml
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/pip install --quiet --disable-pip-version-check pip-tools
	@$(VENV)/lock/bin/pip-compile --quiet --upgrade --extra dev --generate-hashes --strip-extras \
		--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file requirements.lock pyproject.toml

clean: ## remove what the other targets made
	@rm -rf $(VENV) demo .dotgen_cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
