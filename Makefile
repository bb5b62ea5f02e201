# Two commands matter: `make demo` and `make test`. `make help` lists the others.

SHELL := bash
export PATH := $(HOME)/.cargo/bin:$(PATH)
# For `aerie demo`, for example: make demo ARGS="--port 3100 --data /tmp/demo"
ARGS ?=

.PHONY: help demo test ui build release fmt lint licences clean-demo

help:
	@echo "make demo      server, worker and sandbox in one process, ready to click (ARGS=\"--port 3000 …\")"
	@echo "make test      everything: formatting, lints, types, Rust tests on both databases, UI tests, journeys"
	@echo "make ui        the pages, into ui/dist and crates/sandbox/workspace/dist"
	@echo "make build     pages and binary, for development: target/debug/aerie"
	@echo "make release   pages and binary, optimised, with the pages inside: target/release/aerie"
	@echo "make fmt       formats Rust and TypeScript"
	@echo "make lint      formatting, clippy, eslint and types, without tests"
	@echo "make licences  licences and sources of all dependencies (needs cargo-deny)"
	@echo "make clean-demo  forgets the demo's data (.aerie)"

demo: build
	@exec target/debug/aerie demo $(ARGS)

test:
	@scripts/test

ui:
	@scripts/ensure node
	@scripts/build-ui

build:
	@scripts/ensure node rust cc
	@scripts/build-ui
	@cargo build --locked -p server

release:
	@scripts/ensure node rust cc
	@scripts/build-ui
	@cargo build --locked --release -p server

fmt:
	@scripts/ensure node rust
	@scripts/build-ui --install-only
	@cargo fmt --all
	@npm --prefix ui run format
	@npm --prefix crates/sandbox/workspace run format
	@npm --prefix e2e run format

lint:
	@scripts/test --lint-only

licences:
	@cargo deny --locked check licenses bans sources

clean-demo:
	@rm -rf .aerie
