# Every command a contributor needs. `make demo` and `make test` are the two to know.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
OTHER_PYTHONS ?= 3.12 3.13
# An idle process takes over tests of a busy one, or the last slow file would run alone.
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# Where Python is told to keep no bytecode, each of the many processes that tests start would compile the gateway again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-system demo test check lint types contracts test-slow test-pythons audit-graphql coverage mutate chaos bench lock schema clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.installed ## create .venv and install everything

$(VENV)/.installed: requirements.lock pyproject.toml plugins/chargebee/pyproject.toml plugins/plaintext/pyproject.toml \
		plugins/quickbooks/pyproject.toml plugins/recurly/pyproject.toml plugins/stripe/pyproject.toml \
		examples/flights/pyproject.toml examples/marketplace/pyproject.toml examples/storage/pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		-e . -e plugins/chargebee -e plugins/plaintext -e plugins/quickbooks \
		-e plugins/recurly -e plugins/stripe \
		-e examples/flights -e examples/marketplace -e examples/storage
	@touch $@

setup-system: ## install what tests need from Debian: a browser, hledger, strace, node
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends chromium hledger strace >/dev/null
	@command -v node >/dev/null || apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null

demo: setup ## load a year of flights, bill it and serve the result
	$(BIN)/gateway demo

test: setup ## the tests: 10 minutes on 2 cores
	$(PYTEST) -m "not slow and not unbuilt"

check: lint types contracts test-slow ## all that is slower or is no test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports --no-cache

audit-graphql: ## install the audits of GraphQL over HTTP, which the slow tests run
	cd tests/graphql_http_audit && npm ci --silent --no-audit --no-fund

test-slow: setup audit-graphql
	$(PYTEST) -m slow --timeout 1800

test-pythons: ## the tests on the other supported Pythons
	@for version in $(OTHER_PYTHONS); do \
		python=$$(.ci/find-python $$version) && $(MAKE) test PYTHON=$$python VENV=.venv-$$version || exit 1; \
	done

coverage: setup ## every branch of the core is tested
	$(BIN)/python -m coverage run -m pytest -q tests/core tests/corpus -m "not slow and not unbuilt"
	$(BIN)/python -m coverage report

mutate: setup ## change the rules of rating, metering and periods one by one; a test has to notice each
	WORKERS=$(WORKERS) TESTS="$(TESTS)" $(BIN)/python tests/mutation/run.py $(ONLY)

chaos: setup ## a thousand seeds of the simulator, and every cell of the delivery matrix
	$(BIN)/python -m tests.simulator --seeds 1000
	$(BIN)/python -m tests.delivery_matrix

bench: setup ## measure every path that has a bar
	$(BIN)/python -m benchmarks.run

lock: ## resolve the newest allowed versions and pin them with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-package usage-gateway --extra parquet pyproject.toml plugins/chargebee/pyproject.toml plugins/plaintext/pyproject.toml \
		plugins/quickbooks/pyproject.toml plugins/recurly/pyproject.toml plugins/stripe/pyproject.toml \
		examples/flights/pyproject.toml examples/marketplace/pyproject.toml \
		examples/storage/pyproject.toml --group pyproject.toml:dev -o requirements.lock

schema: setup ## write schema.graphql from the code
	$(BIN)/python -m gateway.schema.export

clean:
	rm -rf .venv .venv-* .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
