# Licet: every command that people who work on it need. `make help` lists them.
SHELL := /bin/bash
GO ?= go
LICET_SHARED ?= $(abspath ../shared)
export LICET_SHARED
LINT_VERSION := v2.15.0
LINT := $(CURDIR)/bin/golangci-lint

.PHONY: arm64 levels bench-lm golden-lm witness help demo build test test-long check fmt lint race fuzz bench bench-peers tools browser python peers presidio

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## build bin/licet
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/licet ./cmd/licet

demo: build ## the whole story on a fictional community, then its pages on a loopback port
	./bin/licet demo

test: browser witness python lint ## lint, unit, property, command-line and browser tests (under 10 minutes)
	$(GO) vet ./... ./testdata/village
	$(GO) test -timeout 20m ./... ./testdata/village

test-long: ## the same with longer property runs, crash runs and fuzzing
	LICET_LONG=1 $(GO) test -timeout 60m ./... ./testdata/village
	$(MAKE) presidio levels arm64 fuzz

# The golden hash of training and writing, where the compiler may use other instructions.
levels: ## the same bits for the other levels of amd64
	GOAMD64=v3 $(GO) test -count=1 -run 'TestSameBits|Agree|TestFMA' ./lm/...

# The processor is imitated: a hash of a tiny training run takes it some seconds.
arm64: ## the same bits on arm64, under qemu
	@command -v qemu-aarch64-static >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends qemu-user-static; \
		else echo "this needs qemu-aarch64-static: install the Debian package \"qemu-user-static\""; exit 1; fi; }
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test -c -o bin/lm-arm64.test ./lm
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test -c -o bin/lanes-arm64.test ./lm/lanes
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test -c -o bin/sgemm-arm64.test ./lm/sgemm
	cd lm && qemu-aarch64-static ../bin/lm-arm64.test -test.run 'TestSameBits|TestFixedFunctions'
	cd lm/lanes && qemu-aarch64-static ../../bin/lanes-arm64.test
	cd lm/sgemm && qemu-aarch64-static ../../bin/sgemm-arm64.test -test.run 'TestFMA|TestDirectIsGemm|TestChainIsOneSum'

check: lint ## quick check while working: lint and short tests
	$(GO) test -short ./... ./testdata/village

fmt: $(LINT) ## format the code
	$(LINT) fmt

lint: $(LINT) ## run the linters
	$(LINT) run

race: ## tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short ./...

FUZZ_TIME ?= 20s
fuzz: ## every fuzz target for FUZZ_TIME each
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "fuzz $$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 2s $$pkg; \
		done; done

bench: build ## benchmarks of every package
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-peers: peers ## Licet, datatrove and Presidio side by side: speed on one core, and F1
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/speed ./bench/speed
	bin/peers/bin/python bench/side_by_side.py bin/speed bin/peers/bin/python $(LICET_SHARED)/data

bin/openblas: bench/openblas.c
	@echo '#include <cblas.h>' | $(CC) -E - >/dev/null 2>&1 || { echo "this needs the Debian packages \"gcc\" and \"libopenblas-dev\""; exit 1; }
	@mkdir -p bin
	$(CC) -O2 -Wall -o $@ $< -lopenblas

bench-lm: build bin/openblas bin/golden/.installed ## the language model beside OpenBLAS, PyTorch, transformers and PEFT (5 minutes on a quiet machine)
	bin/golden/bin/python bench/lm_peers.py > bin/lm_peers.jsonl
	./bin/licet bench lm --peers bin/lm_peers.jsonl --openblas bin/openblas

tools: $(LINT) ## install the linter into bin/

$(LINT):
	GOBIN=$(CURDIR)/bin GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

WITNESS := $(CURDIR)/bin/litewitness
witness: $(WITNESS) ## install the witness that the tests of cosignatures start
$(WITNESS):
	GOBIN=$(CURDIR)/bin GOFLAGS= $(GO) install filippo.io/torchwood/cmd/litewitness@v0.6.1

browser: ## make sure that a browser is there for the browser tests
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium; \
		else echo "the browser tests need chromium: install the Debian package \"chromium\""; exit 1; fi; }

# Python is for a test and for comparisons only; what is locked is in bench/requirements*.txt and worker/requirements.txt.
python: bin/python/.installed ## install the Python library that a test loads datasets with, into bin/python
peers: bin/peers/.installed ## install what bench/peers.py compares with, into bin/peers
golden-lm: bin/golden/.installed ## make the vectors that the language model is compared with again (needs 6 GB in bin/golden)
	bin/golden/bin/python worker/golden.py models lm/testdata/golden
	$(GO) test -count=1 -run TestPEFTReadsOurs ./lm -update -save $(CURDIR)/bin/golden/saved
	bin/golden/bin/python worker/golden.py ours lm/testdata/golden bin/golden/saved
	bin/golden/bin/python worker/golden_tokenizers.py $(LICET_SHARED)/data lm
presidio: peers ## ask a real Presidio Analyzer on a loopback port what it sees
	$(GO) test -tags presidio -count 1 -run Real -v ./view/redact/presidio

bin/python/.installed: bench/requirements.txt
bin/peers/.installed: bench/requirements-peers.txt
bin/golden/.installed: worker/requirements.txt
bin/python/.installed bin/peers/.installed bin/golden/.installed:
	@python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || { echo "this needs Python 3.11 or later with venv: install the Debian packages \"python3\" and \"python3-venv\""; exit 1; }
	python3 -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: -r $<
	touch $@
