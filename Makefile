# Two commands are all a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
RUN := .venv/bin

.PHONY: demo test check bench crash setup lock clean

demo:  ## set up, start everything on the embedded database, print the addresses
	@$(PYTHON) tools/setup.py run
	@$(RUN)/commonhall demo

test:  ## set up, then every check and every test
	@$(PYTHON) tools/setup.py dev
	@$(RUN)/python tools/test.py

check:  ## set up, then the checks that take seconds: style, types, arrows
	@$(PYTHON) tools/setup.py dev
	@$(RUN)/python tools/test.py --quick

bench:  ## set up, then the benchmarks: ratios against peers and the machine's limit
	@$(PYTHON) tools/setup.py bench
	@$(RUN)/python -m benchmarks

crash:  ## set up, then kill web and worker processes five hundred times under load
	@$(PYTHON) tools/setup.py dev
	@$(RUN)/python -m tests.journeys.crash --kills 500

setup:
	@$(PYTHON) tools/setup.py dev

lock:  ## write the lock files anew
	sh requirements/lock.sh

clean:
	rm -rf .venv .data .build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf src/commonhall/web/assets src/commonhall/web/frontend/node_modules
