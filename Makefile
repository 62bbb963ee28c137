# Every command makes what it needs: nothing comes before `make demo` or `make test`.
run := .venv/bin/python -m
PYTEST_ARGS ?= -n 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST))

demo: ## Audit the bundled example: HTML, PDF and audit.json into reports/demo
	@.ci/setup
	$(run) auditor demo --out reports/demo

test: lint ## Lint, types, tests and the examples in docstrings (PYTEST_ARGS="-k records" runs some)
	$(run) pytest $(PYTEST_ARGS)

lint: ## Lint, format and types, without changing a file
	@.ci/setup dev
	$(run) ruff check .
	$(run) ruff format --check .
	$(run) mypy

lock: ## Take the newest versions that fit into constraints.txt
	@.ci/setup dev
	$(run) uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" --quiet --output-file constraints.txt

clean: ## Remove the environment and every cache
	rm -rf .venv .uv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
