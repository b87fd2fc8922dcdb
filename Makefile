# Every way to use Longhaul. `make` lists them.

export TARGET ?= ministack
PYTHON3 ?= python3
VENV    := .venv
PYTHON  := $(VENV)/bin/python
INFRA   := $(PYTHON) -m infra

# The environment is made again when the lock or the version changes, and only then.
READY := $(VENV)/.ready

# Errors are told, warnings are not: whoever sets up cannot do anything about them.
QUIET_PIP := $(PYTHON) -m pip -qq --disable-pip-version-check

# Resolves the lock for all Pythons and platforms at once, which pip cannot.
UV_VERSION := 0.13.9

# A command that fails has said why. On a terminal, make's own line about it would be the last that
# a person reads. So make ends without a word there: of this signal, no shell says anything. The trap
# is for Ctrl-C, which ends a command in good order: this shell then ends as the command does.
run = @trap : INT; $(1) || { code=$$?; if [ -t 2 ]; then kill -s PIPE $$PPID; fi; exit $$code; }

# Locks of what is installed apart from .venv, each when it is needed.
LOCKS := infra/checks/checkov infra/checks/pip-audit infra/node infra/site/site tests/site/aws
LOCKS += examples/django/requirements examples/fastapi/requirements tests/own_way/terraform

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

##@ Try it
.PHONY: help
help: ## Show this list
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then b='\033[1m'; c='\033[36m'; d='\033[2m'; o='\033[0m'; fi; \
	awk -v b="$$b" -v c="$$c" -v d="$$d" -v o="$$o" -v target='$(TARGET)' 'BEGIN { FS = ":.*## "; \
	    printf "\n%sLonghaul%s  downloads that outlive the request\n", b, o } \
	  /^##@ / { printf "\n%s%s%s\n", b, substr($$0, 5), o } \
	  /^[a-z-]+:.*## / { printf "  %smake %-13s%s %s\n", c, $$1, o, $$2 } \
	  END { printf "\n%sTARGET=%s; there are ministack, localstack and aws.%s\n\n", d, target, o }' \
	  $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: $(READY) ## See a real export, from nothing to a checked ZIP
	$(call run,$(PYTHON) -m infra.demo)

.PHONY: scenario
scenario: $(READY) ## Slow downloads behind nginx: as one request, and as a job
	$(call run,$(PYTHON) -m infra.scenario $(if $(FACTOR),--factor $(FACTOR)))

# Only a NAME of this command: some systems have such a variable, the machine's name.
.PHONY: example
example: $(READY) ## Run an example behind a login: NAME=react; without NAME, list them
	$(call run,$(PYTHON) -m infra.examples $(if $(filter command line,$(origin NAME)),"$$NAME"))

##@ Run it
.PHONY: up
up: $(READY) ## Start the target and deploy; AUTH=none, jwt or iam says who may use it
	$(call run,$(INFRA) up $(if $(ENFORCE_IAM),--enforce-iam))

.PHONY: template
template: $(READY) ## Write template and code into dist/template, to deploy it your own way
	$(call run,$(PYTHON) -m infra.publish)

.PHONY: down
down: $(READY) ## Stop the emulator and drop its data; on AWS, delete the stack
	$(call run,$(INFRA) down $(if $(YES),--yes "$$YES"))

.PHONY: seed
seed: $(READY) ## Put sample files into the local stack's source bucket
	$(call run,$(INFRA) seed)

.PHONY: url
url: $(READY) ## Print the API's base URL
	$(call run,$(INFRA) url)

# USER is also a variable of every shell: the login's name, which is who gets the token by default.
.PHONY: token
token: $(READY) ## Print a token of the local issuer; USER=alice, CLAIMS='{…}', TTL=seconds
	$(call run,$(INFRA) token $(if $(CLAIMS),--claims "$$CLAIMS") $(if $(TTL),--ttl "$$TTL") -- "$$USER")

.PHONY: selection-key
selection-key: $(READY) ## Print the key that signs selections; KID=… if there are several
	$(call run,$(INFRA) selection-key $(if $(KID),--kid "$$KID"))

.PHONY: outputs
outputs: $(READY) ## Print the stack's names and addresses as JSON
	$(call run,$(INFRA) outputs)

.PHONY: logs
logs: $(READY) ## Follow the logs of the functions; JOB=… for one job: its id or traceId
	$(call run,$(INFRA) logs $(if $(JOB),--job "$$JOB") $(if $(MINUTES),--since "$$MINUTES"))

.PHONY: observe
observe: $(READY) ## See inside: metrics, dashboards, logs and traces, until Ctrl-C
	$(call run,$(INFRA) observe)

.PHONY: mail
mail: $(READY) ## Show the mail that the local stack has caught
	$(call run,$(INFRA) mail)

.PHONY: redrive
redrive: $(READY) ## Put dead letters back, and retry jobs that were given up
	$(call run,$(INFRA) redrive $(if $(SINCE),--since $(SINCE)))

# Only a USER of this command: the one of the shell is the person who types it.
.PHONY: erase
erase: $(READY) ## Delete all jobs and archives of a user: USER=alice
	$(call run,$(INFRA) erase $(if $(filter command line,$(origin USER)),--user "$$USER") $(if $(YES),--yes))

.PHONY: checksums
checksums: $(READY) ## Keep the CRC-32s of an S3 Batch Operations report: REPORT=…
	$(call run,$(INFRA) checksums $(if $(REPORT),"$$REPORT"))

##@ Work on it
.PHONY: setup
setup: $(READY) ## Make the Python environment in .venv
	@echo 'Ready: $(VENV)'

# A target that is named must run. With none named, each that can is taken, and the others are told.
.PHONY: test
test: $(READY) ## Run every test: unit, integration, end to end on each target
	$(call run,$(PYTHON) -m tests.run $(if $(filter file,$(origin TARGET)),,$(TARGET)))

.PHONY: screenshots
screenshots: $(READY) ## Take pictures of the page; DOCS=yes also replaces those in docs/
	$(call run,$(PYTHON) -m tests.browser.screenshots $(if $(DOCS),--docs))

.PHONY: wreck
wreck: TIMES ?= 20
wreck: $(READY) ## Kill workers TIMES times at each step, and have services fail
	$(call run,$(PYTHON) -m pytest tests/wreck --times $(TIMES) --numprocesses 2 --dist loadfile)

.PHONY: simulate
simulate: $(READY) ## Play plans against a model of AWS, into bench/results/simulate.md
	$(call run,$(PYTHON) -m bench.simulate)

.PHONY: bench
bench: $(READY) ## Measure it beside other tools and S3's own copies; QUICK=1 for a short run
	$(call run,$(PYTHON) -m bench $(if $(QUICK),--quick))

.PHONY: bench-large
bench-large: $(READY) ## Make archives of 8 GB and of 100,000 files; check every byte
	$(call run,$(PYTHON) -m bench.large)

.PHONY: check
check: $(READY) ## Lint, check format, types, imports and the template
	$(call run,$(PYTHON) -m ruff check .)
	$(call run,$(PYTHON) -m ruff format --check .)
	$(call run,$(PYTHON) -m mypy)
	$(call run,$(VENV)/bin/lint-imports --no-logo --no-cache)
	$(call run,$(PYTHON) -m infra.checks)

.PHONY: site
site: $(READY) ## Build the documentation's site into build/site, with all links checked
	$(call run,$(PYTHON) -m infra.site)

.PHONY: format
format: $(READY) ## Format the code, and fix what can be fixed
	$(call run,$(PYTHON) -m ruff check --fix --quiet .)
	$(call run,$(PYTHON) -m ruff format .)

.PHONY: release
release: $(READY) ## Build the files of a release from the last commit, into dist/
	$(call run,$(PYTHON) -m infra.release)

.PHONY: client
client: $(READY) ## Build clients/js, and what the stack serves of it
	$(call run,$(PYTHON) -m infra.js)

.PHONY: lock
lock: ## Pin what pyproject.toml and requirements-dev.in ask for
	@$(PYTHON3) -m venv --clear .longhaul/lock
	@.longhaul/lock/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@.longhaul/lock/bin/uv pip compile --quiet --universal --generate-hashes --upgrade \
	  --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command 'make lock' --output-file requirements-dev.txt requirements-dev.in \
	  pyproject.toml
	@for list in jwt otlp deflate; do \
	  .longhaul/lock/bin/uv pip compile --quiet --generate-hashes --upgrade --no-annotate \
	    --python-version 3.11 --python-platform aarch64-manylinux2014 --no-emit-package pycparser \
	    --no-emit-index-url --no-emit-find-links --constraint requirements-dev.txt \
	    --custom-compile-command 'make lock' \
	    --output-file requirements-$$list.txt requirements-$$list.in || exit; \
	done
	@for list in $(LOCKS); do \
	  .longhaul/lock/bin/uv pip compile --quiet --universal --generate-hashes --upgrade \
	    --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate \
	    --custom-compile-command 'make lock' --output-file $$list.txt $$list.in || exit; \
	done
	@.longhaul/lock/bin/uv pip compile --quiet --universal --no-deps --generate-hashes --upgrade \
	  --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate \
	  --custom-compile-command 'make lock' --output-file infra/reference.txt infra/reference.in
	@rm -rf .longhaul/lock
	@echo 'All locks are pinned anew: git diff --stat shows which.'

.PHONY: clean
clean: ## Stop the local targets; remove .venv, .longhaul and the caches
	@if [ -x $(PYTHON) ]; then for target in ministack localstack; do \
	  $(PYTHON) -m infra --target $$target down >/dev/null 2>&1 || true; done; fi
	@rm -rf $(VENV) .longhaul .chalice/deployments .chalice/deployed build dist longhaul.egg-info
	@rm -rf clients/js/dist clients/js/node_modules
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'Clean.'

$(READY): requirements-dev.txt chalicelib/version.py infra/reference.txt
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Longhaul needs Python 3.11 or later; $(PYTHON3) is $$($(PYTHON3) --version 2>&1)."; \
	  echo "Name another one: make setup PYTHON3=python3.13"; exit 1; } >&2
	@$(PYTHON3) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON3) cannot make virtual environments."; \
	  echo "On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; } >&2
	@[ ! -L $(VENV) ] || { \
	  echo "$(VENV) is a link, and what it leads to would be emptied. Remove the link: rm $(VENV)"; exit 1; } >&2
	@echo 'Setting up, once. This takes a minute or two.' >&2
	@echo "  A Python environment in $(VENV): $$($(PYTHON3) --version)" >&2
	@$(PYTHON3) -m venv --clear $(VENV)
	@echo "  $$(grep -c '^[a-z].*==' requirements-dev.txt) packages, as requirements-dev.txt pins them" >&2
	@$(QUIET_PIP) install --no-compile --require-hashes -r requirements-dev.txt
	@echo '  Longhaul itself' >&2
	@$(QUIET_PIP) install --no-compile --no-deps --no-build-isolation --editable .
	@echo "  Swagger UI, for the API's reference page" >&2
	@$(PYTHON) -m infra.reference
	@touch $@
