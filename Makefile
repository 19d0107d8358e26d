# Each target is a few lines; without make, run them by hand (on Windows: .venv\Scripts instead of .venv/bin).
BIN = .venv/bin

.PHONY: demo test bench
demo: .venv/demo    ## answer every file of audio_samples/
	$(BIN)/parley demo

test: .venv/test    ## every check and every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: .venv/test   ## every benchmark there is
	$(BIN)/python benchmarks/spine.py
	$(BIN)/python benchmarks/intent.py
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
