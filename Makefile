# The only door: people and continuous integration call these verbs and nothing else.
SHELL := bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLUSTER := $(PYTHON) -m dev.cluster
WITH_CLUSTER = eval "$$($(CLUSTER) env)" &&
CATALOGUES := $(shell find operator -name '*.po')
# A line for each package that pip gets or builds, and none of the rest: minutes pass without one.
PIP = set -o pipefail; $(BIN)/pip install --disable-pip-version-check --no-color --progress-bar off \
  --constraint constraints.txt $(1) | \
  awk '/^(Collecting|Installing)/ {print "  " tolower($$1), $$2 == "collected" ? NF - 3 " packages" : $$2; fflush()}'
# Tests start hundreds of Pythons, each of which would compile all of asw where it may keep nothing.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/$(VENV)/bytecode
# Tests of the cluster mostly wait. One process runs those marked `alone`: not a group of xdist's,
# which pytest 9.2 does not honour.
OF_CLUSTER := tests/cluster tests/platform_suite tests/apiserver
MOTO := moto[server,dynamodb,events,s3,sns,sqs,ssm,stepfunctions]==5.2.5
# No addresses: which index is asked is the business of whoever installs.
# aiobotocore wants older ones of two than it is tested with here; the connector's image has the tested ones.
FOR_CONNECTOR = <(grep -vE '^(python-dateutil|multidict)=' constraints.txt)
LOCK = $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --constraint $(or $(1),constraints.txt) \
  --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

##@ Try
.PHONY: help setup demo run
help: ## Print these verbs
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.dev $(VENV)/.messages $(VENV)/.moto ## Install asw and all that its development needs into .venv

demo: $(VENV)/.run ## Run examples/01-sum on this machine, without a cluster
	@$(BIN)/asw run examples/01-sum

$(VENV)/.run: pyproject.toml constraints.txt
	@echo "setting up $(VENV), usually a minute:"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "asw needs Python 3.11 or newer: make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(call PIP,--editable .)
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "adding what development needs, usually two minutes:"
	@$(call PIP,--editable '.[dev]')
	@$(call PIP,--no-deps botocore aiobotocore aioitertools jmespath wrapt)
	@touch $@

# AWS's services for tests, in an environment of their own: its botocore is not ours.
$(VENV)/.moto: $(VENV)/.dev
	@test -x $(VENV)/moto/bin/python || $(BIN)/python -m venv $(VENV)/moto
	@$(VENV)/moto/bin/pip install --quiet --disable-pip-version-check --constraint dev/moto.txt '$(MOTO)'
	@touch $@

# Compiled by the install above, and here when they were edited since.
$(VENV)/.messages: $(CATALOGUES) | $(VENV)/.dev
	@$(BIN)/python hatch_build.py
	@touch $@

$(VENV)/.release: $(VENV)/.run
	@$(call PIP,--editable '.[release]')
	@touch $@

##@ Check
.PHONY: bench-warm fmt lint unit test stage-lint stage-quick stage-cluster stage-beside stage-alone stage-rest conformance fuzz soak soak-warm cover verify bench bench-engine bench-connector bench-views bench-cli bench-starts bench-many bench-pools bench-idle bench-maps bench-scale bench-failover bench-tenants bench-burst bench-waits bench-schedules bench-triggers bench-retention bench-archive
fmt: setup ## Format the code
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

lint: setup ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/mypy --strict --explicit-package-bases dev functions/python3/asw_runtime
	@$(BIN)/lint-imports --no-cache

unit: setup ## The quick tests: no cluster, no network, no processes
	@$(BIN)/pytest --numprocesses auto tests/unit

test: setup ## Every test that this machine can run, a real cluster's included
	@$(BIN)/python -m dev.stages lint quick cluster beside alone rest

# What `make test` consists of, in this order; dev/stages.py says what each usually takes.
stage-lint: lint
stage-quick:
	@$(BIN)/pytest --quiet --numprocesses auto tests/unit tests/chaos
stage-cluster:
	@$(BIN)/python -m dev.ready
stage-beside:
	@$(WITH_CLUSTER) $(BIN)/pytest --numprocesses 5 -m "cluster and not alone" $(OF_CLUSTER)
stage-alone:
	@$(WITH_CLUSTER) $(BIN)/pytest -m alone $(OF_CLUSTER)
stage-rest:
	@$(WITH_CLUSTER) $(BIN)/pytest --numprocesses auto --dist loadfile -m "not cluster" --ignore tests/unit --ignore tests/chaos

conformance: setup ## Compare with what AWS answered: CASES=FOLDER of recordings, REPORT=FILE
	@$(BIN)/python -m tests.conformance "$(CASES)" "$(REPORT)"

fuzz: setup ## Random definitions and inputs: SEED=TEXT COUNT=20000 FIRST=0
	@$(BIN)/python -m tests.fuzz --seed "$(SEED)" --count $(or $(COUNT),20000) --first $(or $(FIRST),0)

soak: setup ## Chaos with new seeds: FOR=10m, or SEED=N for one scenario, or both; STORED=1: of what is stored; WAITS=jobs: of waiting
	@PYTHONPATH=operator $(BIN)/python -m tests.chaos $(if $(FOR),--for "$(FOR)") $(if $(SEED),--seed "$(SEED)") $(if $(STORED),--stored) $(if $(WAITS),--waits $(WAITS))

soak-warm: ## Kill warm pods and operators on the local cluster: FOR=10m, SEED=N for the same order
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) PYTHONPATH=operator $(BIN)/python -m tests.soak $(if $(FOR),--for "$(FOR)") $(if $(SEED),--seed "$(SEED)")

cover: setup ## Unit tests with branch coverage: language and engine have 95 % at least
	@$(BIN)/pytest --numprocesses auto tests/unit/asl tests/unit/engine --cov=asw.asl \
	  --cov=asw.engine --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=95
	@$(BIN)/pytest tests/unit --cov=asw --cov-branch --cov-report=term-missing:skip-covered

verify: fmt crds messages docs ## Formatting and generated files leave a clean tree
	@git diff --exit-code

bench: bench-engine ## Measure the engine, then tasks on the local cluster beside bare Jobs
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench

bench-burst: ## Measure what 60 and 300 executions at once do to the node
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.burst

bench-warm: ## Measure warm functions on the local cluster, beside Jobs
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.warm

bench-idle: ## Measure 100 warm functions with real pods, until all have gone to zero
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) PYTHONPATH=operator $(BIN)/python -m bench.idle

bench-pools: setup ## Measure what 100, 300 and 1,000 warm functions cost, without a cluster
	@PYTHONPATH=operator $(BIN)/python -m bench.pools

bench-waits: setup ## Measure what executions cost that wait for callbacks, activities, people and jobs: COUNT=1000
	@PYTHONPATH=operator $(BIN)/python -m bench.waits $(COUNT)

bench-schedules: setup ## Measure how late runs of Schedules start, and what these cost: COUNT=10000
	@PYTHONPATH=operator:. $(BIN)/python -m bench.schedules $(COUNT)

bench-triggers: setup ## Measure how fast ends start runs by Triggers, and what an end costs: COUNT=2000
	@PYTHONPATH=operator:. $(BIN)/python -m bench.triggers $(COUNT)

bench-scale: ## Measure the operator at 100, 1,000 and 10,000 live executions
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.scale

bench-maps: ## Measure distributed Maps of 100, 1,000 and 10,000 children
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.maps

bench-retention: ## Measure how fast ended executions are deleted, and what that costs others: COUNT=3000
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.retention --count $(or $(COUNT),3000)

bench-archive: setup ## Measure how fast runs are archived, and found among a million: COUNT=10000 ROWS=1000000
	@PYTHONPATH=operator:. $(BIN)/python -m bench.archive --count $(or $(COUNT),10000) --rows $(or $(ROWS),1000000)

bench-many: ## Measure verbs in a namespace of 2,000 large executions
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.many

bench-failover: ## Measure how fast a standby goes on, on the local cluster
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.failover

bench-tenants: ## Attack from one namespace and measure another: ATTACKS="NAME ..." for some
	@$(BIN)/python -m dev.ready
	@$(WITH_CLUSTER) $(BIN)/python -m bench.tenants $(ATTACKS)

bench-cli: setup ## Measure commands from start to end, without a cluster
	@$(BIN)/python -m bench.cli

bench-starts: setup ## Measure the runtimes of functions, from the start of a process to its result pushed
	@$(BIN)/python -m bench.starts $(INTERPRETERS)

bench-views: setup ## Measure what drawing a run and a large machine costs
	@$(BIN)/python -m bench.views

bench-engine: setup ## Measure the engine alone, without a cluster, beside moto's
	@$(BIN)/python -m bench.engine

bench-connector: setup ## Measure what a call of an AWS service costs over the service's own answer
	@$(BIN)/python -m bench.connector
	@$(BIN)/python -m bench.connector_pod

##@ Cluster
.PHONY: cluster-up image test-images publish deploy test-cluster logs cluster-down
cluster-up: ## A local cluster: kind where Docker answers, else a node built from source
	@$(CLUSTER) up

image: ## Build operator and function images and load them into the cluster: PLATFORMS=linux/amd64,linux/arm64 builds others too
	@$(PYTHON) -m dev.images $(if $(PLATFORMS),--platforms "$(PLATFORMS)")

test-images: setup ## Build every image for arm64 and run it under QEMU
	@ASW_TEST_IMAGES=all $(BIN)/pytest tests/images/test_platforms.py

publish: $(VENV)/.dev ## Push all images with SBOM and signature: REGISTRY=registry.example/asw KEY=cosign.key, TAG= PLATFORMS= IMAGES= BASES=
	@$(BIN)/python -m dev.publish "$(REGISTRY)" $(if $(KEY),--key "$(KEY)") $(if $(TAG),--tag "$(TAG)") \
	  $(if $(PLATFORMS),--platforms "$(PLATFORMS)") $(addprefix --image ,$(IMAGES)) $(addprefix --base ,$(BASES))

deploy: image ## Install or upgrade the chart on the local cluster: ARCHIVE=1 with a PostgreSQL that keeps finished runs
	@$(WITH_CLUSTER) $(PYTHON) -m dev.deploy $(if $(ARCHIVE),--archive)

run: setup ## Run the operator from this machine against the local cluster
	@$(WITH_CLUSTER) $(BIN)/asw operator --yes

test-cluster: setup stage-cluster stage-beside stage-alone ## Only the tests that need the cluster

logs: ## Follow the operator's log
	@$(WITH_CLUSTER) kubectl --namespace asw-system logs --follow deployment/asw

cluster-down: ## Take the cluster away; nothing but cached binaries stays
	@$(CLUSTER) down

##@ Generate
.PHONY: crds messages docs lock sbom
crds: setup ## Write crds/ and the chart's copies from the models
	@$(BIN)/python -m dev.crds

messages: setup ## Bring the catalogues of messages up to what the code says
	@$(BIN)/python -m dev.messages

lock: $(VENV)/.release ## Write locks/: what images install, each file by its hash
	@$(LOCK) --extra archive --extra telemetry --output-file locks/operator.txt pyproject.toml
	@printf 'aiobotocore\naiohttp\norjson\npydantic\n' | $(call LOCK,$(FOR_CONNECTOR)) --output-file - - | \
	  awk '/^[^ ]/ {keep = !/^(python-dateutil|multidict|six)==/} keep' > locks/connector.txt
	@printf 'multidict\npython-dateutil\n' | $(LOCK) --output-file - - >> locks/connector.txt
	@printf 'Babel\nhatchling\ncyclonedx-bom\n' | $(LOCK) --output-file locks/build.txt -

sbom: $(VENV)/.release ## Write dist/sbom.cdx.json: what the operator is made of (CycloneDX)
	@mkdir -p dist && $(PYTHON) -m venv --clear dist/sbom
	@dist/sbom/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/operator.txt
	@dist/sbom/bin/pip uninstall --quiet --yes pip
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --output-file dist/sbom.cdx.json dist/sbom/bin/python

docs: setup ## Write the pages of verbs, findings, schemas and, where there are cases, the language
	@$(BIN)/python -m dev.verbs
	@$(BIN)/python -m dev.language
	@$(BIN)/python -m dev.schemas
	@$(BIN)/python -m dev.findings
