# Every target sets up what it needs in .venv, in .venv-backends where it needs every provider of
# Airflow, or in .venv-adapters where it needs every adapter of dbt; nothing outside this folder is
# touched.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
WORKERS ?= 2
BACKENDS := .venv-backends
ADAPTERS := .venv-adapters
BIGQUERY := .venv-bigquery

.DEFAULT_GOAL := help

.PHONY: help demo test test-backends test-docker test-kubernetes test-adapters quick check fmt lint types contracts docs update airflow-tables bench bench-run lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/ready: pyproject.toml tests/requirements.txt
	@$(PYTHON) -m venv $(VENV) || { echo "cannot make a virtual environment: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement tests/requirements.txt --editable .
	@touch $@

# Apart from .venv: the providers of three clouds are four hundred packages.
$(BACKENDS)/ready: $(VENV)/ready tests/backends/requirements.txt
	@$(PYTHON) -m venv $(BACKENDS)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BACKENDS)/bin/python --requirement tests/backends/requirements.txt --editable .
	@touch $@

# Apart from both: each adapter brings the client of its warehouse.
$(ADAPTERS)/ready: $(VENV)/ready tests/profiles/requirements.txt
	@$(PYTHON) -m venv $(ADAPTERS)
	@$(BIN)/uv pip install --quiet --python $(ADAPTERS)/bin/python --requirement tests/profiles/requirements.txt
	@touch $@

# Apart from both: dbt-bigquery holds Google's packages back.
$(BIGQUERY)/ready: $(VENV)/ready tests/backends/bigquery.txt
	@$(PYTHON) -m venv $(BIGQUERY)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIGQUERY)/bin/python --requirement tests/backends/bigquery.txt
	@touch $@

demo: $(VENV)/ready ## Compile the sample shop, run it in a real Airflow, show what ran
	@$(BIN)/python configs/demo.py

test: $(VENV)/ready ## Run every test
	@$(RUN) pytest -n $(WORKERS) --dist loadgroup
	@$(MAKE) --no-print-directory test-backends test-adapters

test-backends: $(BACKENDS)/ready $(BIGQUERY)/ready ## Run the tests that need the operators of every runtime, or a whole Airflow
	@$(BACKENDS)/bin/python -m pytest -n $(WORKERS) -rs --dist loadgroup tests/backends tests/live

test-docker: $(BACKENDS)/ready ## Run the shop in a real Docker, installed by apt where root runs this
	@DAGWRIGHT_TEST_DOCKER=1 DAGWRIGHT_TEST_ENGINE=docker $(BACKENDS)/bin/python -m pytest -n0 tests/backends/test_docker.py tests/backends/test_docker_deferred.py tests/backends/test_docker_postgres.py tests/backends/test_docker_doctor.py tests/backends/test_clouds.py tests/live/test_docker_deferred.py tests/live/test_watcher_docker.py

test-kubernetes: $(BACKENDS)/ready ## Run the shop in a real Kubernetes, built from source the first time
	@DAGWRIGHT_TEST_KUBERNETES=1 $(BACKENDS)/bin/python -m pytest tests/backends/test_pods.py tests/backends/test_pods_doctor.py tests/backends/test_pods_in_clouds.py tests/backends/test_pod_manifests.py

test-adapters: $(VENV)/ready $(ADAPTERS)/ready ## Load profiles by the adapters of dbt that install
	@DAGWRIGHT_ADAPTERS=$(ADAPTERS)/bin/python $(RUN) pytest -n $(WORKERS) tests/profiles

quick: $(VENV)/ready ## Run the tests that need neither Airflow, dbt nor patience
	@$(RUN) pytest -n $(WORKERS) -m "not slow and not airflow and not dbt"

check: fmt-check lint types contracts docs ## Format, lint, types, contracts and documents

.PHONY: fmt-check
fmt-check: $(VENV)/ready
	@$(BIN)/ruff format --check --quiet .

fmt: $(VENV)/ready ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

lint: $(VENV)/ready ## Lint the code
	@$(BIN)/ruff check --quiet .

types: $(VENV)/ready ## Check the types
	@$(BIN)/mypy

contracts: $(VENV)/ready ## Check who imports whom
	@$(BIN)/lint-imports

docs: $(VENV)/ready ## Run what the documents show, and check what they list
	@$(RUN) pytest --quiet tests/test_documents.py tests/test_architecture.py

update: $(VENV)/ready ## Rewrite expected outputs from what the code says now; read the diff
	@$(RUN) pytest --quiet --update tests -m "not slow and not airflow and not dbt"

airflow-tables: $(VENV)/ready ## Ask every Airflow, 2.10 to 3.3, what it accepts; slow
	@$(BIN)/python tests/airflow_tables

bench: $(VENV)/ready ## Measure against the budgets, as ratios in one run
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement tests/bench/requirements.txt
	@$(BIN)/python tests/bench

bench-run: $(BACKENDS)/ready ## Run the shop in a whole Airflow by each mode, and by the peer's; slow (SELECT=...: a part)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BACKENDS)/bin/python --requirement tests/bench/requirements.txt
	@$(BACKENDS)/bin/python tests/bench_run $(SELECT)

lock: $(VENV)/ready ## Choose the versions of everything anew
	@$(BIN)/uv pip compile --quiet --upgrade --universal --no-header --no-annotate --no-emit-index-url \
		pyproject.toml --group dev --output-file tests/requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --no-header --no-annotate --no-emit-index-url \
		--python-version 3.10 tests/backends/requirements.in --output-file tests/backends/requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --no-header --no-annotate --no-emit-index-url \
		--python-version 3.10 tests/profiles/requirements.in --output-file tests/profiles/requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --no-header --no-annotate --no-emit-index-url \
		--python-version 3.10 tests/backends/bigquery.in --output-file tests/backends/bigquery.txt

clean: ## Remove what the other targets made
	@rm -rf $(VENV) $(BACKENDS) $(ADAPTERS) $(BIGQUERY) .build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
