# `make run` does the main job, `make test` runs what a change must pass: both need Rust alone. `make check` is
# everything.
# The plain cargo commands behind each target are in README.md.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PROFILE ?= release
STORE ?= store
BIND ?= 127.0.0.1:8080
DATASET ?= online-retail
SECONDS ?= 60
# Two customers of it, for the lines that are printed.
ONE := $(if $(filter cdnow,$(DATASET)),00001,12347)
OTHER := $(if $(filter cdnow,$(DATASET)),00002,12348)
TARGET := $(or $(CARGO_TARGET_DIR),target)
# What --version says; without the commit while developing, which would link anew for each.
NAMED = $(if $(filter dev,$(PROFILE)),,SEGMENT_BUILD_VERSION="$$(api/deploy/version)")
BIN := $(TARGET)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
# A store's model takes the data it was fitted to. Where the default store has that of another data set, as one of
# version 0.1.0 has, the runs go to a store beside it.
MODELLED = $(BIN)/segment models --json --store $(STORE) 2>/dev/null | sed -n '/"in_force": true/,/"name"/s/.*"name": "\(.*\)",/\1/p' || true
OWN_STORE = $(if $(filter file,$(origin STORE)),$$(of=$$($(MODELLED)); echo "$(STORE)$${of:+$$([ "$$of" = $(DATASET) ] || echo -$(DATASET))}"),$(STORE))

.PHONY: help build spark segment run notebooks report test check bench cluster soak fuzz dictionary openapi dist release clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## Build both programs: `segment` and `segmentation-api`
	$(NAMED) cargo build --locked --profile $(PROFILE) -p segmentation-lib --features cli --bin segment
	$(NAMED) cargo build --locked --profile $(PROFILE) -p api --bin segmentation-api

spark: ## Build `segment-spark`, through which `segment run --input sc://…` reads Spark clusters; needs protoc
	@command -v protoc >/dev/null || { echo "protoc is not installed: package protobuf-compiler" >&2; exit 1; }
	$(NAMED) cargo build --locked --manifest-path segmentation-lib/spark/Cargo.toml --target-dir $(TARGET)/spark --profile $(PROFILE)
	@mkdir -p $(BIN) && cp $(TARGET)/spark/$(notdir $(BIN))/segment-spark $(BIN)/

segment: build ## Segment the data set DATASET (bundled: online-retail, cdnow) and publish it to STORE
	@store=$(OWN_STORE); \
	[ "$$store" = $(STORE) ] || echo "note: $(STORE)/ has the runs of other data and stays as it is; these go to $$store/ (STORE=DIR names another)"; \
	$(BIN)/segment run --dataset $(DATASET) --store "$$store"

run: segment ## Build, segment the bundled data, publish, serve on BIND
	@printf '\nServing on http://$(BIND) (Ctrl-C stops). Paste into another terminal:\n\n'
	@printf '  curl http://$(BIND)/v1/customers/$(ONE)/segment\n'
	@printf '  curl "http://$(BIND)/v1/segments/lookup?ids=$(ONE),$(OTHER),99999"\n'
	@printf "  curl -H 'content-type: application/json' -d '{\"ids\":[\"$(ONE)\",\"$(OTHER)\"]}' http://$(BIND)/v1/segments/lookup\n"
	@printf '  curl http://$(BIND)/v1/segments\n'
	@printf '  curl http://$(BIND)/v1/run\n\n  Segment explorer: http://$(BIND)/   Documentation: http://$(BIND)/docs\n\n'
	@MALLOC_ARENA_MAX=1 exec $(BIN)/segmentation-api --store "$(OWN_STORE)" --bind $(BIND)

notebooks: ## Set JupyterLab and the Rust kernel up, warm the build, open JupyterLab
	notebooks/tools/setup
	notebooks/tools/warm
	cd notebooks && exec ../.venv/bin/jupyter lab --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  --LabApp.news_url=None $(LAB) 01-explore.ipynb

report: ## Write the notebooks on DATASET as one HTML file and one PDF into report/ (REPORT_LANG=pt or en: in one language)
	notebooks/tools/setup
	.venv/bin/python notebooks/tools/report.py --dataset $(DATASET)

test: ## Run the Rust tests, the checks of dictionary and API description, the main job end to end
	.ci/test

check: ## Everything: lints, licences, tests, browsers, notebooks, packages, clouds
	.ci/run

bench: ## Time the engine's kernels, then against its peers in Python; write RESULTS.md, LIFETIME.md, WHOLE-RUN.md, TYPED.md and GROWTH.md into segmentation-lib/benches
	cargo bench --locked -p segmentation-lib --no-default-features --features engine --bench kernels
	segmentation-lib/benches/peers.py
	segmentation-lib/benches/lifetime.py
	segmentation-lib/benches/whole_run.py
	segmentation-lib/benches/typed.py
	segmentation-lib/benches/growth.py

cluster: build spark ## Read generated lines from Apache Spark, a master and two workers, one killed meanwhile; write CLUSTER.md and PUSH-DOWN.md into segmentation-lib/benches
	cargo build --locked --profile $(PROFILE) -p segmentation-lib --features cli --example generate
	segmentation-lib/benches/cluster.py --programs $(BIN) $(CLUSTER)
	segmentation-lib/benches/push_down.py --programs $(BIN)

soak: build ## Attack the service for SECONDS (60) while honest clients ask; its bounds are in api/THREATS.md
	PROFILE_DIR=$(notdir $(BIN)) CARGO_TARGET_DIR=$(TARGET) api/benches/soak.py --seconds $(SECONDS) $(SOAK)

fuzz: ## Fuzz what strangers' bytes get to, each target for SECONDS (60); needs nightly Rust and cargo-fuzz
	cp Cargo.lock api/fuzz/
	for target in id_lists bodies cursors keys snapshots; do \
	  mkdir -p api/fuzz/corpus/$$target; \
	  cargo +nightly fuzz run --fuzz-dir api/fuzz $$target api/fuzz/corpus/$$target api/fuzz/seeds/$$target -- -max_total_time=$(SECONDS) -max_len=65536 -rss_limit_mb=1024; \
	done

dictionary: ## Write metadata.xlsx from the code
	cargo run --locked --profile $(PROFILE) -p segmentation-lib --features cli --bin segment -- dictionary

openapi: ## Write api/openapi.json from the code
	cargo run --locked --profile $(PROFILE) -p api --example openapi > api/openapi.json.new
	mv api/openapi.json.new api/openapi.json

dist: ## Build static programs and package them into target/dist: .deb, container image, SBOM, checksums
	api/deploy/dist

release: ## Package the version that TAG names (v0.1.0), with changelog and signature
	api/deploy/release/prepare $(TAG)

clean: ## Remove build output, keep data and store
	cargo clean
