# Hanare: every task of a developer. `make help` lists them.
SHELL := /bin/bash
PYTHON := .venv/bin/python
LAB := $(PYTHON) -m hanare_lab.enter --
BENCHES := $(basename $(notdir $(wildcard bench/bench_*.py)))

.DEFAULT_GOAL := help
VARIANT ?= basic
VERSION ?= 1
WORKERS ?= 2
LAB_WORKERS ?= 3
# A lab for each worker; a file's tests share one, as they share its city. Each lab has a /tmp of its own, so not there.
# One more than processors: a story waits for clocks for half of its time.
LABS := --tx '$(LAB_WORKERS)*popen//python=$(PYTHON) -m hanare_lab.enter -- $(PYTHON)' --dist loadfile --basetemp=var/lab

.PHONY: help setup demo image check test test-unit test-server test-lab test-image story soak bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+%?:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16
	@printf '%s\n' '' 'One bench: $(addprefix make ,$(subst bench_,bench-,$(BENCHES)))'

setup: ## Install what this machine lacks (Debian 12 or 13, root); repeat it freely
	@tools/setup

demo: setup ## One whole telework session; stays up until Ctrl-C (ONCE=1: ends by itself; STICK=qemu: boots the image)
	@$(PYTHON) -m hanare_lab.demo$(if $(filter qemu,$(STICK)),_emulated --variant=$(VARIANT)) $(if $(ONCE),--once)

image: setup ## The stick's OS image in var/image/VARIANT (VARIANT=basic, office, full or kitting; root)
	@PYTHONPATH=core:image $(PYTHON) -m hanare_image.build --variant=$(VARIANT) --version=$(VERSION)

check: setup ## All gates: style, types, rooms, file sizes, translations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy core server hub keyd gateway stick image lab
	.venv/bin/lint-imports
	$(PYTHON) tools/check_house.py

test: check test-unit test-server test-lab ## Everything once: gates, units, both databases, the lab and its stories

test-unit: setup ## Rules and processes that need no lab; coverage of core/ by branch, at least 95 %
	.venv/bin/pytest -n $(WORKERS) -m "not lab" tests --ignore=tests/server --cov --cov-fail-under=95

test-server: setup ## The server's tests, on SQLite and on PostgreSQL
	DJANGO_SETTINGS_MODULE=hanare_server.settings HANARE_TEST_DATABASE=sqlite .venv/bin/pytest -n $(WORKERS) --durations=20 -m "not lab" tests/server
	DJANGO_SETTINGS_MODULE=hanare_server.settings HANARE_TEST_DATABASE=postgresql .venv/bin/pytest -n $(WORKERS) --durations=20 -m "not lab" tests/server

test-lab: setup ## What needs namespaces: the lab itself, gateway, stick, and every story
	.venv/bin/pytest $(LABS) -m "lab and not emulated and not soak" --durations=40 tests --ignore=tests/server

test-image: setup ## The image with a way in for tests: built, started with Secure Boot in an emulated PC, typed into
	@PYTHONPATH=core:image $(PYTHON) -m hanare_image.build --variant=lab/variants/test.toml
	$(LAB) .venv/bin/pytest -m "emulated and not soak" tests/emulated

story: setup ## One story: make story CASE=suspend
	$(LAB) .venv/bin/pytest -m lab tests/stories -k "$(CASE)"

soak: setup ## The long tests, by parts; rewrites docs/soak.md (PART=name: one part)
	@$(PYTHON) tools/soak.py $(PART)

bench: $(addprefix bench-,$(BENCHES:bench_%=%)) ## Every bench; each prints a table and writes bench/results/NAME.json

bench-image: setup
	$(PYTHON) -m bench.bench_image

bench-boot: setup
	@PYTHONPATH=core:image $(PYTHON) -m hanare_image.build --variant=lab/variants/test.toml
	$(PYTHON) -m bench.bench_boot --prepare
	$(LAB) $(PYTHON) -m bench.bench_boot

bench-%: setup ## One bench
	$(LAB) $(PYTHON) -m bench.bench_$*

clean: ## Remove what was built here (the Debian 13 tree is kept in its cache)
	rm -rf var .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
