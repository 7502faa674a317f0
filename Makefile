# Everything starts here; each target brings what it needs and takes seconds the second time.
# ARGS go to the command: make demo ARGS=line, make test ARGS='tests/dialog -k ladder'

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test lint bench bench-hearing bench-records pjsua2 install lock clean
BIN := .venv/bin

help:      ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## */  make \1\t/' | expand -t 22

setup:     ## What demo needs: apt packages, .venv with the ivr command, pjsua2
	@scripts/setup.sh run

setup-dev: ## What test, lint and bench need besides: test tools, a real Asterisk
	@scripts/setup.sh dev

demo: setup ## First run on a fresh machine: service and robot caller on loopback
	@$(BIN)/ivr demo $(ARGS)

test: setup-dev ## The whole test suite, real Asterisk and SIPp included
	@$(BIN)/python -m pytest $(ARGS)

lint: setup-dev ## Style, types, layers, wording, shell scripts
	@scripts/lint.sh

bench: setup-dev ## 1 to 100 callers on the service and on Asterisk's own dialplan: bench/out
	@$(BIN)/python -m bench $(ARGS)

bench-hearing: setup-dev ## How well callers are heard, how soon answered, beside a peer: bench/out/hearing
	@scripts/setup.sh render
	@$(BIN)/ivr models pull whisper kokoro
	@$(BIN)/python -m bench.hearing $(ARGS)

bench-records: setup-dev ## Promises a second, how late they are dialled, what the writer carries: bench/out/records
	@$(BIN)/python -m bench.records $(ARGS)

pjsua2:    ## Build the pjsua2 wheel (cached outside the repository)
	@scripts/build-pjsua2.sh

install:   ## As root: the service in /opt/sanling, with a user and a systemd unit of its own
	@scripts/install-service.sh

lock:      ## Lock again what pyproject.toml asks for
	@scripts/lock.sh $(ARGS)

clean:     ## Away with what was made here; the cache outside the repository stays
	rm -rf .venv build dist demo-out bench/out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find ivr tests bench -name __pycache__ -prune -exec rm -rf {} +
