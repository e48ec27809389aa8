# What people and continuous integration run. `make demo` shows the whole of it on this machine.

SWIFT ?= swift
SOURCES = Package.swift Sources functions Tests
BUILD ?= .build
RELEASE = $(BUILD)/release

.PHONY: demo build test lint format simulate mutants fuzz model kills bench programs clean install plugin

demo: build plugin ## from episodes to an installed model, on this machine
	deploy/local/demo.sh $(RELEASE)

build: install ## release binaries of all programs
	$(SWIFT) build --scratch-path $(BUILD) --configuration release

test: install plugin ## all tests, against real processes where they say so
	$(SWIFT) build
	Tests/run.sh

lint: ## the style, as a check
	$(SWIFT) format lint --strict --recursive $(SOURCES)

format: ## the style, applied
	$(SWIFT) format --in-place --recursive $(SOURCES)

simulate: install ## a million seeded lives of a fleet; SCHEDULES=N for another number
	$(SWIFT) build --scratch-path $(BUILD) --configuration release --product signalbox
	$(RELEASE)/signalbox simulate --seed 1 --schedules $(or $(SCHEDULES),1000000)

mutants: install ## the simulator finds each of the mistakes in Tests/Mutants
	Tests/Mutants/run.sh

fuzz: install ## every reader of strangers' bytes under libFuzzer; SECONDS=N for each
	Tests/Fuzz/run.sh --seconds $(or $(SECONDS),60)

model: install ## the lifecycle as a Promela model, checked by spin
	Tests/Model/check.sh

kills: install plugin ## a hundred SIGKILLs of functions, trainers and the local cloud, 80 stops of training runs, and stores that are away for two minutes
	$(SWIFT) build --build-tests
	SIGNALBOX_KILLS=100 Tests/run.sh --skip-build --filter RandomKillTests
	SIGNALBOX_KILLS=20 Tests/run.sh --skip-build --filter TrainerKillTests
	SIGNALBOX_OUTAGE_SECONDS=120 Tests/run.sh --skip-build --filter OutageTests

bench: build plugin ## the figures of docs, measured here
	Tests/Bench/bench.sh $(RELEASE)

programs: ## the StableHLO programs of every preset, from their JAX source
	Sources/Training/Programs/export.sh

install: ## the Debian packages that are missing
	deploy/local/install.sh

plugin: install ## the PJRT plugin for CPUs, pinned by hash
	deploy/local/fetch-plugin.sh >/dev/null

clean: ## what was built, and the states of demos; .tools and other local clouds stay
	$(SWIFT) package clean
	rm -rf .signalbox/demo
