# Everything runs as ".venv/bin/python -m ...", by relative paths: console scripts break when the
# folder is moved, and make takes a folder with a space in its name for two.
PYTHON ?= python3
UV ?= uv
ARGS ?=

# What the tools under tests/ import of one another.
with_tools = PYTHONPATH=tests:tests/tools:tests/publish:tests/oracles

# Tests start a hundred Pythons, and without bytecode each takes seconds longer. Where it is not
# wanted beside the code, it is kept in .venv.
ifneq ($(PYTHONDONTWRITEBYTECODE),)
export PYTHONDONTWRITEBYTECODE =
export PYTHONPYCACHEPREFIX = $(CURDIR)/.venv/bytecode
endif

# What somebody has answered shows in nothing that is stored or tested.
test quick refresh alone: export MCALC_ANSWERS = $(CURDIR)/.venv/answers.sqlite

.PHONY: help lab test quick refresh alone bench soak picture mutants test-matrix test-hub student instructor slides site tag measure links lock clean stale

help:
	@echo 'make lab       JupyterLab on the notebooks   ARGS="--no-browser --port=9000"'
	@echo 'make test      everything that must hold before a change goes in'
	@echo 'make quick     what takes less than a minute of it, before each commit'
	@echo 'make refresh   run the notebooks and store their outputs   ARGS=notebooks/one.ipynb'
	@echo 'make alone     each cell again, alone, after a whole run   ARGS=notebooks/one.ipynb'
	@echo 'make bench     time it, beside other libraries; or a part of it   ARGS=2'
	@echo 'make soak      a long run against JAX   ARGS="programs --seed 5 --count 500"'
	@echo 'make student   notebooks for a class, in build/student; each is run without an answer'
	@echo 'make instructor   the same with solutions and tests: a course for nbgrader'
	@echo 'make slides    the chapters as slides that need no network, in build/slides'
	@echo 'make site      the notebooks as pages to read, for any web server, in build/site'
	@echo 'make tag       mark in the notebooks where slides begin   ARGS=notebooks/one.ipynb'
	@echo 'make measure   memory and processor time that a student needs'
	@echo 'make picture   the picture in README.md, from JupyterLab in Chromium'
	@echo 'make mutants   change a token of mcalc at a time: do the tests notice?   ARGS="--sample 120 graph.primitives"'
	@echo 'make test-matrix   the tests with other versions, with uv   ARGS="3.12 oldest"'
	@echo 'make test-hub  a class of twenty on a JupyterHub of its own; needs npm'
	@echo 'make links     your own repository in all links   REPO=you/yours'
	@echo 'make lock      pin the dependencies anew, with uv   ARGS=--upgrade'
	@echo 'make clean     remove what the others made'
	@echo 'The first time takes a minute and a network. Another Python: make lab PYTHON=python3.12'

lab: .venv/reader
	.venv/bin/python -m jupyterlab --ServerApp.root_dir=notebooks \
		--LabApp.default_url=/lab/tree/index.ipynb $(ARGS)

# The examples in docstrings. The file left out is read by JupyterLab, which gives it its `c`.
doctests = --doctest-modules mcalc --ignore=mcalc/explorers/jupyter_server_config.py

# nbval imports for four seconds in every process, so only those that run notebooks have it.
test: .venv/test
	.venv/bin/python -m ruff check mcalc tests notebooks
	.venv/bin/python -m ruff format --check mcalc tests notebooks
	.venv/bin/python -m mypy
	.venv/bin/python -m pytest -n 3 --dist worksteal -rs -p no:nbval
	.venv/bin/python -m pytest -q -p no:nbval $(doctests)
	@rm -f $(MCALC_ANSWERS) # what tests have answered
	.venv/bin/python -m pytest -n 2 --dist loadfile --nbval --nbval-cell-timeout 60 \
		--nbval-sanitize-with tests/tools/nbval.cfg notebooks
	.venv/bin/python tests/tools/notebooks.py check --stored

# What a contributor runs before each commit: less than a minute on two cores.
# Left out of the rooms in it: every pair of operands of every NumPy function.
QUICK = tests/test_house.py tests/test_errors.py tests/test_tables.py tests/test_model.py tests/graph \
	--deselect tests/graph/test_calls.py::test_operands tests/check/test_compiled.py \
	tests/jacobian/test_closed_forms.py tests/jacobian/test_matrices.py tests/notation/test_notation.py \
	tests/typed/test_reader_messages.py tests/typed/test_read_numbers.py

quick: .venv/test
	.venv/bin/python -m ruff check mcalc tests notebooks
	.venv/bin/python -m ruff format --check mcalc tests notebooks
	.venv/bin/python -m mypy
	.venv/bin/python -m pytest -n 2 --dist worksteal -q -p no:nbval $(QUICK) $(doctests)
	.venv/bin/python tests/tools/notebooks.py check --stored

refresh alone: .venv/reader
	.venv/bin/python tests/tools/notebooks.py $@ $(ARGS)

bench soak: .venv/peers/installed
	$(with_tools) .venv/peers/bin/python tests/tools/$@.py $(ARGS)

picture mutants: .venv/test
	$(with_tools) .venv/bin/python tests/tools/$@.py $(ARGS)

test-matrix: .venv/test
	.venv/bin/python tests/tools/matrix.py --uv "$(UV)" $(ARGS)

test-hub: .venv/hub/installed
	.venv/bin/python -m pytest -q -s tests/hub/class_of_twenty.py $(ARGS)

student instructor slides site tag measure: .venv/reader
	$(with_tools) .venv/bin/python tests/publish/classroom.py $@ $(ARGS)

links:
	@"$(PYTHON)" tests/tools/links.py $(REPO)

# One version of each package for all Pythons, so that all readers see the same outputs; flit_core,
# so that mcalc itself installs without a network.
compile = echo flit_core | "$(UV)" pip compile - pyproject.toml --quiet --no-config --universal \
	--python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-annotate
lock:
	$(compile) $(ARGS) --output-file requirements.lock
	$(compile) $(ARGS) --output-file tests/requirements.lock --extra test --constraints requirements.lock
	cp requirements.lock tests/hub # uv keeps what stands there, as far as it goes
	$(compile) --output-file tests/hub/requirements.lock --extra hub --no-strip-extras

clean:
	@test ! -e build/instructor/gradebook.db || { echo \
		'build/instructor holds a gradebook: move it to a place of its own first.' >&2; exit 1; }
	rm -rf build .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -prune -exec rm -rf {} +

# What is wrong with $(PYTHON), in one line; asked only if there is no .venv that works.
ask = import sys; sys.version_info < (3, 11) and sys.exit( \
	"mcalc needs Python 3.11 or newer, $(PYTHON) is %d.%d.%d; try: make lab PYTHON=python3.12" \
	% sys.version_info[:3]); from importlib.util import find_spec; find_spec("ensurepip") or sys.exit( \
	"$(PYTHON) has no venv module; on Debian and Ubuntu: sudo apt install python3-venv")
trouble = $(shell $(pip) --version >/dev/null 2>&1 || out=$$("$(PYTHON)" -c '$(ask)' 2>&1) || echo "$$out")

# An editable install holds the name of the folder: if that has changed, install again.
origin = from importlib.util import find_spec; print(find_spec("mcalc").origin)
stale := $(shell test "$$(.venv/bin/python -Ic '$(origin)' 2>&1)" -ef mcalc/__init__.py || echo stale)

# Without bytecode, which Python adds as it needs it, JupyterLab is up ten seconds sooner (23 of 33).
pip = .venv/bin/python -m pip --disable-pip-version-check --quiet
install = @$(pip) $(2) install $(1) >.venv/install.log 2>&1 || { echo \
	"The installation failed. If there is no network: only the first time needs one. Details: .venv/install.log"; \
	exit 1; } >&2

# Sliders answer 40 ms sooner with the first; without the other, JupyterLab lays a question about its
# news over the notebook.
server = mcalc/explorers/jupyter_server_config.py mcalc/explorers/labconfig

# A stamp is written last, so an installation that was cut short is taken up again.
.venv/reader: requirements.lock pyproject.toml $(wildcard $(server)) $(stale)
	$(if $(trouble),$(error $(trouble)))
	@$(pip) --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@echo "Installing into .venv ..."
	$(call install,--no-compile --require-hashes --requirement requirements.lock)
	$(call install,--no-deps --no-build-isolation --editable .)
	@mkdir -p .venv/etc/jupyter && cp -r $(server) .venv/etc/jupyter/
	@touch $@

.venv/test: .venv/reader tests/requirements.lock
	$(call install,--no-compile --require-hashes --requirement tests/requirements.lock)
	@touch $@

# An environment of its own, as a class's hub has it: with bytecode, without which servers and
# kernels take 30 MB more each, and without a debugger, for which every kernel takes 8.
.venv/hub/installed: .venv/test tests/hub/requirements.lock
	@.venv/bin/python -m venv --clear --without-pip .venv/hub
	@echo "Installing into .venv/hub ..."
	$(call install,--require-hashes --requirement tests/hub/requirements.lock,--python .venv/hub)
	@$(pip) --python .venv/hub uninstall --yes debugpy
	@mkdir -p .venv/hub/etc/jupyter && cp -r $(server) .venv/hub/etc/jupyter/
	@touch $@

# Also an environment of its own, so that no reader and no test needs them: the peers that mcalc is
# measured and tried against, over the tests' versions of everything else.
.venv/peers/installed: .venv/test tests/tools/peers.txt
	@.venv/bin/python -m venv --clear --without-pip .venv/peers
	@echo "Installing into .venv/peers ..."
	$(call install,--no-compile --require-hashes --requirement tests/requirements.lock,--python .venv/peers)
	$(call install,--no-compile --requirement tests/tools/peers.txt,--python .venv/peers)
	$(call install,--no-deps --no-build-isolation --editable .,--python .venv/peers)
	@touch $@
