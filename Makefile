# Every command of this repository. `make help` lists them.
# Two do everything on a fresh machine: `make demo` and `make test`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-build build demo demo-failure test test-rust test-python bench-bundle bench-workspace conformance fuzz lint fmt generate coverage lock clean

run := scripts/with-environment
# One profile for building and testing, so that nothing is compiled twice.
cargo_flags := --profile product --locked
target := $(or $(CARGO_TARGET_DIR),target)

help: ## Lists the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## Checks what must be there, installs the rest into the cache directory and says what and why
	@scripts/setup

setup-build:
	@scripts/setup --build

build: setup-build ## Builds bin/sluice
	$(run) cargo build $(cargo_flags) --package sluice
	@mkdir -p bin && install -m 755 $(target)/product/sluice bin/sluice

demo: build ## Takes a real data product from blueprint to production on three local workspaces
	$(run) bin/sluice demo --yes

demo-failure: build ## As demo, and then a release that fails in production and is taken back
	$(run) bin/sluice demo --yes --failure

test: setup build test-rust test-python ## Sets up and runs every test

test-rust:
	$(run) cargo test $(cargo_flags) --workspace --no-fail-fast

test-python:
	$(run) .venv/bin/python -m pytest -q

bench-bundle: setup ## Measures the bundle engine beside the Databricks CLI that DATABRICKS_CLI names (released build; nothing else should run)
	$(run) cargo bench --profile release --locked --workspace --bench bundle

bench-workspace: setup ## Measures the local workspace (released build; nothing else should run): a table of medians
	$(run) cargo bench --profile release --locked --workspace --bench workspace

conformance: setup build ## The Databricks CLI that DATABRICKS_CLI names, against local workspaces; not a part of `make test`
	$(run) .venv/bin/python -m pytest -q conformance

fuzz: ## Feeds the readers of YAML, bundles and states with made-up texts, 10 minutes each (wants cargo-fuzz and a nightly compiler)
	@for target in yaml bundle state; do (cd fuzz && cargo +nightly fuzz run $$target -- -max_total_time=600 -rss_limit_mb=2048 -timeout=10); done

lint: setup ## Runs what CI runs before the tests: formatting, repository rules, generated files, clippy
	$(run) cargo fmt --all --check
	$(run) cargo xtask tidy
	$(run) cargo xtask generate --check
	$(run) cargo clippy $(cargo_flags) --workspace --all-targets -- --deny warnings
	@if command -v cargo-deny >/dev/null; then $(run) cargo deny --all-features check; \
		else echo "lint: cargo-deny is not installed; licences and advisories were not checked" >&2; fi

fmt: ## Formats the Rust code
	$(run) cargo fmt --all

coverage: setup build ## Runs the client suite and writes docs/coverage.md from what it saw
	SLUICE_WRITE_COVERAGE=1 $(run) .venv/bin/python -m pytest -q tests/clients

generate: setup ## Writes the generated files anew
	$(run) cargo xtask generate

lock: ## Locks the Python environments of the tests and of the demo's engineer anew (wants uv)
	cd python/dev && uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
		--override overrides.txt requirements.in --output-file requirements.txt
	cd python/demo && uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
		requirements.in --output-file requirements.txt

clean: ## Removes what was built here; caches and the local workspaces' data stay
	rm -rf bin target .venv .pytest_cache
