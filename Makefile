# `make demo` shows it, `make test` proves it. Each installs first what it needs and this machine lacks.
PYTHON ?= python3
READY = @$(PYTHON) -m setup.prepare
PYTEST = .venv/bin/pytest $(if $(VERTELPAAL_HOME),--basetemp="$(VERTELPAAL_HOME)/tests")
STYLE = .venv/bin/ruff check && .venv/bin/ruff format --check
AGAIN = Once more, alone, what failed beside other tests. What passes now hangs on the moment: mend it all the same.
.PHONY: demo test lint proof bench lock sbom audit clean

demo: export VERTELPAAL_HOME ?= $(CURDIR)/.home
demo:
	$(READY) demo
	@.venv/bin/vertelpaal demo

# Types are looked at by a test of the house, beside the others: alone it takes half a minute of one core the first time.
# Four processes, also on two cores, because many tests wait for a browser, a database or a clock.
# What tests start is compiled once and not at each start, whatever the shell they are called from is set to.
test proof bench: export PYTHONDONTWRITEBYTECODE =
test:
	$(READY) test
	$(STYLE)
	@$(if $(VERTELPAAL_HOME),mkdir -p "$(VERTELPAAL_HOME)")
	$(PYTEST) -n 4 --dist loadgroup || { test $$? -eq 1 && echo "$(AGAIN)" && $(PYTEST) --last-failed --maxfail 3; }

lint:
	$(READY) lint
	$(STYLE) && .venv/bin/mypy

proof:
	$(READY) test
	$(PYTEST) -m proof -n 3 --dist loadgroup --no-loadscope-reorder -rP --durations 0 --durations-min 5

bench:
	$(READY) test
	.venv/bin/python -m benchmarks

lock:
	$(READY) lint
	.venv/bin/python -m setup.lock

sbom:
	$(READY) lint
	@.venv/bin/python -m setup.sbom

audit:
	$(READY) lint
	@.venv/bin/python -m setup.audit $(OPTIONS)

clean:
	rm -rf .venv node_modules build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
