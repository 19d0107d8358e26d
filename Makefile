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

.venv/demo: pyproject.toml
	test -d .venv || python3 -m venv .venv
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/test: pyproject.toml .venv/demo
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@
