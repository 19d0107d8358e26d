# Each target is a few lines; without make, run them by hand (on Windows: .venv\Scripts instead of .venv/bin).
BIN = .venv/bin

ANYWHERE = not model and not browser and not device
unexport PYTHONDONTWRITEBYTECODE  # tests start hundreds of processes, and pytest rewrites each test file

.PHONY: demo check test coverage bench
demo: .venv/demo    ## answer every file of audio_samples/
	$(BIN)/parley demo

check: .venv/test   ## everything that needs no model, browser or device: a minute on two cores
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 3 --dist worksteal --durations=25 -m "$(ANYWHERE)"

test: .venv/test    ## every check and every test; what waits in real time is not disturbed by others
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 3 --dist loadfile --durations=25 -m "not browser and not device"
	$(BIN)/pytest --durations=25 -m "browser or device"

coverage: .venv/test  ## what `make check` runs of the pipeline: nine tenths at least
	$(BIN)/pytest -n 3 --dist worksteal -m "$(ANYWHERE)" --cov=pipeline --cov-report=term:skip-covered --cov-fail-under=90

bench: .venv/test   ## every benchmark there is
	$(BIN)/python benchmarks/spine.py
	$(BIN)/python benchmarks/intent.py
	$(BIN)/python benchmarks/dialogue.py
	$(BIN)/python benchmarks/talk.py
	$(BIN)/python benchmarks/expression.py
	$(BIN)/python benchmarks/serve.py

.venv/demo: pyproject.toml
	test -d .venv || python3 -m venv .venv
	$(BIN)/pip install --quiet --editable .
	touch $@

# torch 2.13.0 has a build for CPUs; other versions bring gigabytes for GPUs.
.venv/test: .venv/demo tests/requirements-without-dependencies.txt
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet torch==2.13.0 --editable '.[test,samples,transformers,coqui,wake,hotkey,telemetry]'
	$(BIN)/pip install --quiet --no-deps --requirement tests/requirements-without-dependencies.txt
	$(BIN)/python tests/support/prune_torchaudio.py
	touch $@
