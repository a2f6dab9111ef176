# `make` alone lists what there is to do.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
# The machine pauses, and tests of whole processes notice: what fails is tried once more, and the summary names it.
PYTEST_FLAGS ?= -n 3 --dist loadgroup --durations=15 --reruns 1 --reruns-delay 2
TESTS ?= tests
# Some images have Python keep no compiled modules: then each of the hundreds of processes that tests start would
# compile the product again, and each worker the tests.
unexport PYTHONDONTWRITEBYTECODE
# Passed on to crm dev and crm demo: make dev ARGS="--port 8080"
ARGS ?=

.PHONY: help setup setup-test demo dev check check-python check-dashboard quick test explore watch coverage bench pictures schema release-schema lock clean

help: ## This list
	@echo "make TARGET, on Linux with Python 3.11 or later:"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## Make .venv, install the locked dependencies, build the pages where Node is (instant the second time)
	@scripts/setup.sh

setup-test:
	@scripts/setup.sh test

demo: setup ## Start everything with 20,000 customers, cut an audience, send a campaign, and stay up
	@exec $(BIN)/crm demo $(ARGS)

dev: setup ## Start everything without data: MongoDB, API, consumers, vendor simulator
	@exec $(BIN)/crm dev $(ARGS)

check: setup-test ## What CI runs before the tests: format, lint, types, imports, sizes, docs, schema, what is announced, dashboard
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line check-python check-dashboard

check-python:
	$(BIN)/ruff format --check --quiet . || { echo "Format it: $(BIN)/ruff format ."; exit 1; }
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_sizes.py
	$(BIN)/python scripts/check_first_lines.py
	$(BIN)/python scripts/check_docs_code.py
	$(BIN)/python scripts/check_import_fields.py
	$(BIN)/python scripts/check_schema.py
	$(BIN)/python scripts/check_announced.py
	$(BIN)/python scripts/check_released_schema.py

check-dashboard:
	@scripts/check_dashboard.sh

quick: setup-test ## Between two edits: the tests that start nothing but one MongoDB, in two minutes
	$(BIN)/pytest -n 2 --dist loadgroup -q -m 'not slow' $(TESTS)

test: setup-test ## All tests, on real MongoDB and RabbitMQ and in a browser (some of them: make test TESTS=tests/bus)
	@scripts/install_test_tools.sh
	@scripts/install_test_clients.sh
	$(BIN)/pytest $(PYTEST_FLAGS) $(TESTS)

explore: setup-test ## Property tests with examples that no run had before, three times: make explore TESTS=tests/audiences
	@for turn in 1 2 3; do $(BIN)/pytest -n 2 --dist loadgroup -q --hypothesis-profile=new -m hypothesis $(TESTS) || exit 1; done

watch: setup-test ## Run tests again whenever a file changes, until Ctrl-C: make watch TESTS=tests/audiences
	@$(BIN)/watchfiles --filter python "$(BIN)/pytest -q -n 2 --dist loadgroup -m 'not slow' $(TESTS)" crm_graphql consumers tests

coverage: setup-test ## Which lines and branches the tests reach, as text and in htmlcov/: make coverage TESTS=tests/orders
	$(BIN)/pytest $(PYTEST_FLAGS) --cov=crm_graphql --cov=consumers --cov-branch --cov-report=term-missing:skip-covered --cov-report=html $(TESTS)

bench: setup-test ## Measure the product beside the raw limits of this machine (one of them: make bench ARGS=ingestion)
	@scripts/install_test_tools.sh
	@scripts/install_test_clients.sh
	$(BIN)/python -m benchmarks $(ARGS)

pictures: setup-test ## Take docs/pictures again: every screen in light and dark, and a campaign being delivered
	@scripts/install_test_tools.sh
	$(BIN)/python -m scripts.pictures

schema: setup ## Write schema.graphql from the code
	@$(BIN)/crm schema > .schema.new && mv .schema.new schema.graphql

release-schema: ## Part of a release: schema.graphql becomes what clients are held to (see CONTRIBUTING.md)
	cp schema.graphql schema.released.graphql

lock: setup ## Lock the dependencies again (newest versions: LOCK_FLAGS=--upgrade make lock); needs uv
	@scripts/lock.sh

clean: ## Remove what builds and checks left; .venv and the data of crm dev stay
	rm -rf dist build htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf graphiql/node_modules dashboard/node_modules dashboard/src/gql tests/clients/node_modules tests/clients/codegen/node_modules crm_graphql/static/{graphiql,dashboard}
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
