# The recipes of the project; `./justw` alone lists them, `./justw RECIPE …` runs one.

set shell := ["sh", "-eu", "-c"]
set dotenv-load := false
set positional-arguments := true

python := ".venv/bin/python"

[private]
default:
    @"{{ just_executable() }}" --justfile "{{ justfile() }}" --list --unsorted

# Show the whole pipeline on an embedded database: replay, store, read (--once ends when delivered)
demo *args:
    @.venv/bin/tpcapital demo "$@"

# Run the tests, without those that take minutes; three at a time, for they mostly wait
test *args:
    @{{ python }} -m pytest -n 3 --dist loadfile "$@"

# Take the pictures of the page for the documentation (needs chromium)
pictures:
    @TPCAPITAL_PICTURES=1 {{ python }} -m pytest -q tests/browser/test_looks.py -k pictures

# Run only the tests that take minutes, three at a time, for they mostly wait
test-long *args:
    @{{ python }} -m pytest -m long -n 3 --dist load --ignore=tests/compose "$@"

# Build the image and run the containers under traffic (needs a container engine with compose)
test-compose *args:
    @TPCAPITAL_NEEDS_ENGINE=1 {{ python }} -m pytest -m "" tests/compose "$@"

# Redeploy the API under traffic 50 times, or so often as TPCAPITAL_REDEPLOYS says
soak-redeploys *args:
    @TPCAPITAL_NEEDS_ENGINE=1 TPCAPITAL_REDEPLOYS="${TPCAPITAL_REDEPLOYS:-50}" {{ python }} -m pytest -q -s -m "" tests/compose/test_stack.py -k redeployed "$@"

# Type tutorial and installation in a container with nothing but Python (needs an engine)
fresh *args:
    @TPCAPITAL_NEEDS_ENGINE=1 TPCAPITAL_FRESH=1 {{ python }} -m pytest -q -s -m "" tests/compose/test_fresh.py "$@"

# Let this version take over what an older REVISION, else the first tag, wrote (needs an engine)
fresh-upgrade revision="":
    @TPCAPITAL_NEEDS_ENGINE=1 TPCAPITAL_UPGRADE_FROM="$1" {{ python }} -m pytest -q -s -m "" tests/compose/test_upgrade_from.py

# Upgrade the gateway under traffic 50 times, or so often as TPCAPITAL_UPGRADES says
soak-upgrades *args:
    @TPCAPITAL_UPGRADES="${TPCAPITAL_UPGRADES:-50}" {{ python }} -m pytest -q -s -m "" tests/pipeline/test_upgrades.py "$@"

# Run everything under traffic and faults for an hour (--minutes, --seed, --rate, --faults none, --dsn)
soak *args:
    @{{ python }} -m tests.soak "$@"

# Run all tests, also those that take minutes
test-all *args: (test args) (test-long args)

# Fuzz routes, readers and the parser: 100 times the examples of a test run, or TPCAPITAL_FUZZ times
fuzz *args:
    @TPCAPITAL_FUZZ="${TPCAPITAL_FUZZ:-100}" {{ python }} -m pytest -m fuzz --timeout=3600 --hypothesis-show-statistics "$@"

# Test the units under a real systemd: LAB run SCRIPT … runs a script in a throw-away machine
test-systemd lab *args:
    @lab=$1; shift; "$lab" run "$PWD/tests/systemd/in_lab" "$PWD/{{ python }}" "$@"

# Check style, types, shell scripts, the Dockerfile and locks
lint:
    {{ python }} -m ruff check .
    {{ python }} -m ruff format --check .
    {{ python }} -m mypy
    .venv/bin/shellcheck justw .ci/run compose/make-secrets compose/roll tests/systemd/in_lab
    .venv/bin/hadolint compose/Dockerfile
    {{ python }} -m ops.locks --check

# Format the code and put imports in order
fmt:
    {{ python }} -m ruff format .
    {{ python }} -m ruff check --fix .

# What says that nothing else is on standard error, in processes that can open no file.
unmeasurable := "--deselect tests/ops/test_outbox_reader.py::test_a_folder_that_cannot_be_written_is_read_as_a_copy --deselect tests/contracts/test_version.py::test_it_is_known_when_no_file_can_be_opened_any_more"

# Measure the branches that the tests take in both services and the contract; fails under 95 %
coverage *args:
    @rm -rf .coverage-data
    @{{ python }} -m coverage run -m pytest -q -p tests.measured_children -n 2 --dist loadfile --timeout=600 --ignore=tests/browser --ignore=tests/compose --ignore=tests/systemd {{ unmeasurable }} "$@"
    @{{ python }} -m coverage combine -q
    @{{ python }} -m coverage report

# Put small faults into parser, relay, ledger, outbox and reconciliation: a test must fail for each
mutants *args:
    @{{ python }} -m tests.mutants "$@"

# Measure latencies, throughput and memory; prints a table and writes JSON
bench *args:
    @.venv/bin/tpcapital bench "$@"

# Start the gateway alone (settings from the environment)
gateway *args:
    @{{ python }} -m gateway_outbox "$@"

# Start the ingest API alone (settings from the environment)
api *args:
    @{{ python }} -m ingest_api "$@"

# Look into the outbox or act on it: status, ls, show, retry, discard, export, verify, vacuum
outbox *args:
    @.venv/bin/tpcapital outbox "$@"

# Read one signal text from stdin and show what is understood (--jsonl: many)
parse *args:
    @.venv/bin/tpcapital parse "$@"

# Make the hash-locked requirements anew (--upgrade: newest versions that pyproject.toml allows)
lock *args:
    {{ python }} -m ops.locks "$@"

# Fail when pyproject.toml and the locks disagree
lock-check:
    {{ python }} -m ops.locks --check

# Ask osv.dev for known vulnerabilities of the locked versions (69: nobody could be asked)
audit *args:
    @{{ python }} -m ops.audit "$@"

# Write the JSON Schemas and the OpenAPI document from the types
schemas:
    {{ python }} -m ingest_api.openapi

# Write the generated tables of docs/reference from the code
docs:
    {{ python }} -m ops.reference_docs

# Make the documentation's site in the folder site; any warning fails
site:
    @{{ python }} -m sphinx --fresh-env --fail-on-warning --quiet -c docs . site
    @echo "site/index.html"

# Remove what tests, demo and tools left behind; .venv stays
clean:
    rm -rf demo-data bench-results site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* *.egg-info
    find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
