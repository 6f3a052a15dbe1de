# make demo and make test need Python 3.11 or later (with venv) and nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps

.PHONY: demo test coverage check bench proof lock format clean
.DELETE_ON_ERROR:

demo: $(VENV)/.run
	@$(BIN)/jackfield demo

# The same code, the same examples and the same order of sets; and no process compiles what another has compiled.
test: $(VENV)/.dev
	PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE= \
	$(BIN)/pytest --numprocesses=2 --dist=worksteal $(ARGS)

# Which lines and branches the tests reach; it takes half as long again.
coverage: $(VENV)/.dev
	$(MAKE) test ARGS="--cov --cov-report=term:skip-covered $(ARGS)"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

ALSO_SIZED := $(addprefix tests/unit/,codec files/test_any_text.py genesys/test_wire.py \
    model/evidence/test_bets.py services/test_knowing.py simulator/test_any_request.py)
proof: $(VENV)/.dev
	JACKFIELD_PROOF=full $(BIN)/pytest tests/proofs $(ALSO_SIZED) -s --timeout=3600 $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The locks hold pinned requirements and no index addresses.
lock: $(VENV)/.dev
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --extra serve --extra simulator --group build --universal --python-version 3.11 \
	    --no-header --no-annotate --output-file requirements/run.lock --quiet --upgrade
	$(BIN)/uv pip compile pyproject.toml --extra postgres --extra serve --extra simulator --extra tokens --group build --group dev --universal --python-version 3.11 \
	    --no-header --no-annotate --constraint requirements/run.lock --output-file requirements/dev.lock --quiet --upgrade

clean:
	rm -rf $(VENV) dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

# A stamp is written last, so an interrupted installation is done again.
$(VENV)/.run: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Jackfield needs Python 3.11 or later; say which: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || { echo "installing into $(VENV) (once)"; $(PYTHON) -m venv $(VENV); }
	@$(PIP) --requirement requirements/run.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@echo "installing the development tools into $(VENV) (once)"
	@$(PIP) --requirement requirements/dev.lock
	@touch $@
