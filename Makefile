# Everything that is done with this repository. `make` alone lists it.

BIN := .venv/bin
WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest
export UV_SYSTEM_CERTS := 1
# pytest keeps the modules that it rewrote, which halves the time until the first test.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up compose compose-down compose-test test test-long test-containers check format schemas openapi messages docs chart chart-trial release audit faults faults-quick faults-upgrade hostile bench

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 16

setup: .venv/complete ## Make .venv with the route311 command; get Java and Maven where that can be done
	@:

.venv/complete: pyproject.toml uv.lock deploy/local/setup.sh deploy/local/pom.xml
	@sh deploy/local/setup.sh
	@touch $@

demo: setup ## Start everything, play one day in Portland, end with a summary
	$(BIN)/route311 demo

up: setup ## Start everything here; Ctrl-C stops it
	$(BIN)/route311 up

compose: setup ## Build the image and start everything in containers, with Docker or podman
	@sh deploy/docker/compose.sh up

compose-down: ## Stop the containers; the volumes stay
	@sh deploy/docker/compose.sh down

compose-test: setup ## Start the containers, hand in a request, see its mail, remove them: minutes
	@sh deploy/docker/compose.sh test

test: setup ## Run every test but long ones, faults, attacks and benchmarks
	$(PYTEST) -n $(WORKERS) -m "not long" --ignore=tests/faults --ignore=tests/hostile --ignore=tests/bench $(ARGS)

test-long: setup ## Run the tests of outages and restarts that take minutes
	$(PYTEST) -m long --ignore=tests/faults --ignore=tests/hostile --ignore=tests/bench $(ARGS)

test-containers: setup ## Run tests with Kafka and PostgreSQL in containers
	@sh deploy/docker/compose.sh run $(PYTEST) $(or $(ARGS),tests/integration/test_stores.py \
		tests/integration/runtime/kafka tests/integration/notify/test_store.py)

check: setup ## Format, lint, types, layers, docs, unit and contract tests with coverage: what a change must pass
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -q -n $(WORKERS) tests/unit tests/contract --cov

format: setup ## Format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: setup ## Write the JSON Schemas and the AsyncAPI document anew from the events
	$(BIN)/python -m shared.contract.schemas
	$(BIN)/python -m docs._tools.access_page
	$(BIN)/python -m deploy.helm.kafka_registry
	$(BIN)/python -m deploy.observability.dashboards
	$(BIN)/python -m docs._tools.routing_page
	$(BIN)/python -m docs._tools.diagrams

openapi: setup ## Write the OpenAPI documents of a running router (DATA, else .route311) into docs/openapi
	$(BIN)/python -m docs._tools.openapi_pages $(DATA)

messages: setup ## Write new texts of pages and messages into their catalogues, say what each lacks
	$(BIN)/python -m docs._tools.translations update $(NEW)

docs: setup ## Build the documentation site into build/site, with every link checked
	$(BIN)/python -m docs._tools.assemble
	$(BIN)/zensical build --strict --clean -f build/mkdocs.yml

chart: setup ## Render the Helm chart in every size and validate it, with the definitions of operators
	@if command -v go >/dev/null; then cut -d' ' -f1 deploy/helm/crds.txt | xargs -n1 go mod download -json >/dev/null; fi
	$(PYTEST) tests/chart $(ARGS)

chart-trial: setup ## Apply the chart to a real API server, which Go builds once: ten minutes
	@test -x build/kubernetes/etcd || sh deploy/helm/api_server.sh "$(CURDIR)/build/kubernetes"
	ROUTE311_KUBERNETES=build/kubernetes $(PYTEST) tests/chart/test_api_server.py $(ARGS)

release: setup ## Build image, wheel, chart, SBOM and checksums into build/release, with buildah or Docker
	$(BIN)/python -m deploy.release

audit: setup ## Ask the OSV database for known vulnerabilities of the locked packages
	$(BIN)/uv audit --frozen --no-dev

faults: setup ## Kill, stop, starve and cut off parts of a router under traffic: about an hour
	$(PYTEST) tests/faults $(ARGS)

faults-quick: setup ## The same with the faults that every change must stand: under 4 minutes
	$(PYTEST) tests/faults -m quick $(ARGS)

faults-upgrade: setup ## Update a router from PREVIOUS, a tag or commit, to this version and back under load
	@test -n "$(PREVIOUS)" || { echo "Say from which version: make faults-upgrade PREVIOUS=v1.0.0"; exit 2; }
	test -d build/previous || git worktree add --force --detach build/previous $(PREVIOUS)
	git -C build/previous checkout --quiet --detach $(PREVIOUS)
	$(MAKE) -C build/previous setup
	ROUTE311_PREVIOUS=build/previous $(PYTEST) tests/faults/test_upgrade.py $(ARGS)

hostile: setup ## Attack a router from outside and its rules with adversarial texts: about 10 minutes
	$(PYTEST) tests/hostile $(ARGS)

bench: setup ## Measure the way of a request, acceptance over HTTP, triage alone, and triage with 10,000 to 1,000,000 open reports
	$(BIN)/route311 bench e2e
	$(BIN)/route311 bench accepts
	$(BIN)/route311 bench triage
	$(BIN)/route311 bench index
