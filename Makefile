# The two commands: `make demo` and `make test`. Both set everything up first; Python 3.11 and make are all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= demo/workspace
APP ?= 1
PORT ?= 8501
OPENBLAS_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS

.PHONY: setup demo app test check format lock bench pictures clean

setup: $(VENV)/.app-ready

$(VENV)/.app-ready: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.test-ready: $(VENV)/.app-ready tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	touch $@

demo: setup
	$(BIN)/python cli.py demo -w $(WORKSPACE)
ifneq ($(APP),0)
	$(BIN)/python cli.py app -w $(WORKSPACE) --port $(PORT)
endif

app: setup
	$(BIN)/python cli.py app -w $(WORKSPACE) --port $(PORT)

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest -q

check: $(VENV)/.test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -x -n auto --dist loadfile -m "not slow and not browser and not open_data"

format: $(VENV)/.test-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Needs uv; the files it writes are committed.
lock:
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --group app -o requirements.txt
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --group dev -c requirements.txt -o tests/requirements.txt

# The pictures of README and docs, from the sample city; needs Chromium.
pictures: $(VENV)/.test-ready
	$(BIN)/python cli.py demo -w $(WORKSPACE) --lang en
	$(BIN)/python -m bench.pictures --workspace $(WORKSPACE)

# The figures behind the claims; each command says what it needs.
bench: $(VENV)/.test-ready
	$(BIN)/python -m bench.plan_choices
	$(BIN)/python -m bench.null_runs
	$(BIN)/python -m bench.safety_floor

clean:
	rm -rf demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
