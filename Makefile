# A thin door; `python3 tools/dev.py` has the same commands where there is no make.
# Options go in ARGS: make demo ARGS="--format json"
PYTHON ?= python3

.PHONY: demo test interop bench faults bulk soak setup lock clean

demo test interop bench faults bulk soak setup lock clean:
	@$(PYTHON) tools/dev.py $@ $(ARGS)
