# edgeprobe: one Makefile, no recursion. `make help` lists what it can do.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man
SAMPLEDIR = $(DESTDIR)$(PREFIX)/share/doc/edgeprobe/examples

# As many jobs as processors, unless -j says otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2
ifeq ($(CI),true)
WARNINGS += -Werror
endif
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -fPIE

COMMON := $(wildcard common/*/*.c)
PROBES := $(wildcard probes/*.c probes/serve/*.c)
TUI := $(wildcard tui/*.c)
SHARED := $(wildcard tools/shared/*.c)
TOOLS := $(patsubst tools/%.c,%,$(wildcard tools/*.c))
LIBRARIES := libtools.a libprobes.a libtui.a libcommon.a
FINDINGS := common/tables/findings.tsv
TABLES := $(filter-out $(FINDINGS),$(wildcard common/tables/*.tsv))
GENERATED := $(addprefix $(BUILD)/common/tables/,tables.inc findings.inc)
MANUALS := $(wildcard man/*.[1-9])
SAMPLES := $(wildcard man/examples/*.conf)
SOURCES := $(shell find common probes tools tui tests -name '*.[ch]' \
	2>/dev/null | LC_ALL=C sort)

# Tests are programs; tests/run.py runs them and adds up what they say.
UNIT_SOURCES := $(filter %_test.c,$(SOURCES))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/san/%,$(UNIT_SOURCES))
FUZZ_TARGETS := $(patsubst %.c,%,$(filter %_fuzz.c,$(SOURCES)))
FUZZ_TESTS := $(addprefix $(BUILD)/san/,$(FUZZ_TARGETS))
# Counterparts: clients by other people's libraries, and what shows their view.
PEERS := $(addprefix $(BUILD)/,tests/peers/nice_client \
	san/tests/peers/msturn_print)
PROGRAMS := $(UNIT_TESTS) $(FUZZ_TESTS)
LINT_TESTS := $(wildcard tests/lint/*.py)
LAB_TESTS := $(wildcard tests/lab/*_lab.py)

.PHONY: all
all: $(addprefix $(BUILD)/,$(LIBRARIES) $(TOOLS)) ## the tools

# What is needed from Debian. packages.mk holds the flags of the libraries;
# make reads this file again when it changed, so that a first run on a bare
# machine goes on with what it has just installed.
WANTED := $(strip build $(filter demo lab bench soak,$(MAKECMDGOALS)) \
	$(if $(filter check check-% fuzz lint format,$(MAKECMDGOALS)),check))
OFFLINE_GOALS := help clean uninstall
ifneq ($(filter-out $(OFFLINE_GOALS),$(or $(MAKECMDGOALS),all)),)
ifeq ($(findstring n,$(firstword -$(MAKEFLAGS))),)
include $(BUILD)/packages.mk
else
-include $(wildcard $(BUILD)/packages.mk)
endif
endif

.PHONY: FORCE
$(BUILD)/packages.mk: FORCE
	@sh tests/bootstrap.sh $@ $(WANTED)

# One short line a step; V=1 shows the commands.
say = $(if $(V),,@echo '  $(1)';)

COMPILE = $(call say,cc $<)$(CC) -std=c11 -D_GNU_SOURCE -I. -I$(BUILD) \
	-DEDGEPROBE_VERSION='"$(VERSION)"' $(WARNINGS) $(CFLAGS) \
	$(CPPFLAGS) $(PACKAGE_CFLAGS) -MMD -MP -c -o $@ $<
LINK = $(call say,link $@)$(CC) $(CFLAGS) $(LDFLAGS) -pie -o $@ $^
objects = $(patsubst %.c,$(1)/%.o,$(2))

$(BUILD)/san/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(COMPILE) $(SANITIZE)

$(BUILD)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(COMPILE) $(HARDEN)

$(BUILD)/common/tables/findings.inc: common/tables/findings.awk $(FINDINGS)
	@mkdir -p $(@D)
	$(call say,findings)LC_ALL=C awk -f $^ > $@.new && mv $@.new $@

$(BUILD)/common/tables/tables.inc: common/tables/tables.awk $(TABLES)
	@mkdir -p $(@D)
	$(call say,tables)LC_ALL=C awk -f common/tables/tables.awk $(TABLES) \
		> $@.new && mv $@.new $@

$(BUILD)/libcommon.a: $(call objects,$(BUILD),$(COMMON))
$(BUILD)/libprobes.a: $(call objects,$(BUILD),$(PROBES))
$(BUILD)/libtools.a: $(call objects,$(BUILD),$(SHARED))
$(BUILD)/libtui.a: $(call objects,$(BUILD),$(TUI))
$(BUILD)/san/libcommon.a: $(call objects,$(BUILD)/san,$(COMMON))
$(BUILD)/san/libprobes.a: $(call objects,$(BUILD)/san,$(PROBES))
$(BUILD)/san/libtools.a: $(call objects,$(BUILD)/san,$(SHARED))
$(BUILD)/san/libtui.a: $(call objects,$(BUILD)/san,$(TUI))
$(BUILD)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,ar $@)ar rcs $@ $^

# A tool is one file with main(), and what stands in a folder of its name;
# what several have in common is in tools/shared.
.SECONDEXPANSION:
parts = $(call objects,$(1),$(wildcard tools/$(2)/*.c))

$(addprefix $(BUILD)/,$(TOOLS)): $(BUILD)/%: $(BUILD)/tools/%.o \
		$$(call parts,$(BUILD),$$*) $(addprefix $(BUILD)/,$(LIBRARIES))
	$(LINK) $(PACKAGE_LIBS)

$(addprefix $(BUILD)/san/,$(TOOLS)): $(BUILD)/san/%: $(BUILD)/san/tools/%.o \
		$$(call parts,$(BUILD)/san,$$*) \
		$(addprefix $(BUILD)/san/,$(LIBRARIES))
	$(LINK) $(SANITIZE) $(PACKAGE_LIBS)

$(UNIT_TESTS): %: %.o $(addprefix $(BUILD)/san/,$(LIBRARIES))
	$(LINK) $(SANITIZE) $(CMOCKA_LIBS) $(PACKAGE_LIBS)

$(BUILD)/tests/peers/%.o: PACKAGE_CFLAGS += $(NICE_CFLAGS)
$(BUILD)/san/tests/peers/%.o: PACKAGE_CFLAGS += $(NICE_CFLAGS)
$(BUILD)/san/tests/peers/%_test: PACKAGE_LIBS += $(NICE_LIBS)

$(BUILD)/tests/peers/nice_client: $(BUILD)/tests/peers/nice_client.o
	$(LINK) $(NICE_LIBS)

$(BUILD)/san/tests/peers/msturn_print: \
		$(BUILD)/san/tests/peers/msturn_print.o \
		$(BUILD)/san/libcommon.a
	$(LINK) $(SANITIZE) $(PACKAGE_LIBS)

$(FUZZ_TESTS): %: %.o $(BUILD)/san/tests/fuzz/drive.o \
		$(addprefix $(BUILD)/san/,$(LIBRARIES))
	$(LINK) $(SANITIZE) $(CMOCKA_LIBS) $(PACKAGE_LIBS)

RUN_TESTS = BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 \
	python3 tests/run.py --results $(BUILD)/results

# Runs a command in a private network with no way out.
$(BUILD)/enclose: $(BUILD)/tests/lab/enclose.o
	$(LINK)

# A long line between two networks, for measurements.
$(BUILD)/delay: $(BUILD)/tests/bench/delay.o
	$(LINK)

# A client that measures relays.
LOAD := $(BUILD)/relay_load
$(LOAD): $(call objects,$(BUILD),$(wildcard tests/bench/relay_*.c)) \
		$(addprefix $(BUILD)/,$(LIBRARIES))
	$(LINK) $(PACKAGE_LIBS)

.PHONY: demo
demo: all $(BUILD)/enclose ## edgeprobe against a pretended deployment
	@sh tests/lab/demo.sh $(BUILD)

# One topology's whole world, with a prompt in each place.
TOPOLOGY ?= scaled-hlb
.PHONY: lab
lab: all $(BUILD)/enclose ## a deployment to try all in, TOPOLOGY=scaled-hlb
	@BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 \
		python3 tests/lab/stand.py $(TOPOLOGY)

.PHONY: check
check: $(PROGRAMS) check-tools ## every test: units, manuals, lab
	@$(RUN_TESTS) $(LINT_TESTS) $(PROGRAMS) $(LAB_TESTS)

.PHONY: check-unit
check-unit: $(PROGRAMS) check-tools ## units with sanitizers, and lint
	@$(RUN_TESTS) $(LINT_TESTS) $(PROGRAMS)

.PHONY: check-lab
check-lab: check-tools ## the tools against real servers in namespaces
	@$(RUN_TESTS) $(LAB_TESTS)

.PHONY: check-tools
check-tools: all $(BUILD)/enclose $(BUILD)/delay $(PEERS) \
		$(addprefix $(BUILD)/san/,$(TOOLS))

# Where nothing else runs: a bound that is missed is an error.
.PHONY: bench
bench: all $(BUILD)/enclose $(BUILD)/delay $(LOAD) ## beside other tools
	@missed=0; for each in bench relay_bench; do \
		BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 \
			python3 tests/bench/$$each.py || missed=1; \
	done; exit $$missed

# By hand, some minutes: whatever is left behind is an error, and so is a rule
# of a firewall whose absence no row tells.
.PHONY: soak
soak: all $(BUILD)/enclose $(LOAD) ## allocations come and go, each rule is shut
	@BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 \
		python3 tests/soak/relay_soak.py
	@BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 \
		python3 tests/lab/flows_lab.py --all

# By hand, as long as SECONDS says for each target: clang's libFuzzer looks for
# inputs that bring the sanitizers up. Whatever it learns stays in
# $(BUILD)/fuzz/corpus; an input that fails is left in $(BUILD)/fuzz.
SECONDS ?= 60
SHARED ?= ../shared
FUZZ_CLANG ?= clang
FUZZ_FLAGS := -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer \
	-fno-sanitize=pointer-overflow # glibc's obstack.h counts from NULL
FUZZERS := $(addprefix $(BUILD)/fuzz/,$(FUZZ_TARGETS))
FUZZ_OBJECTS := $(call objects,$(BUILD)/fuzz,$(COMMON) $(PROBES))

$(BUILD)/fuzz/%.o: CC = $(FUZZ_CLANG)
$(BUILD)/fuzz/%.o: CFLAGS = $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link
$(BUILD)/fuzz/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(COMPILE)

$(FUZZERS): %: %.o $(FUZZ_OBJECTS)
	$(call say,link $@)$(FUZZ_CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer \
		-o $@ $^ $(CMOCKA_LIBS) $(PACKAGE_LIBS)

.PHONY: fuzz
fuzz: $(FUZZ_TESTS) $(FUZZERS) ## libFuzzer over every reader, SECONDS=60 each
	@set -e; for target in $(FUZZ_TARGETS); do \
		corpus=$(BUILD)/fuzz/corpus/$${target##*/}; \
		mkdir -p $$corpus; \
		$(BUILD)/san/$$target $$corpus; \
		$(BUILD)/fuzz/$$target -max_total_time=$(SECONDS) \
			-timeout=5 -rss_limit_mb=1024 -detect_leaks=0 \
			-verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$(BUILD)/fuzz/ \
			$$corpus $(wildcard $(SHARED)/corpus); \
	done

.PHONY: lint
lint: all ## format, line length, include order, manuals
	@$(RUN_TESTS) $(LINT_TESTS)

.PHONY: format
format: ## clang-format all C files
	clang-format -i $(SOURCES)

.PHONY: install
install: all ## install tools, manuals and samples (PREFIX, DESTDIR)
	install -d $(BINDIR) $(SAMPLEDIR)
	install -m 755 $(addprefix $(BUILD)/,$(TOOLS)) $(BINDIR)
	set -e; for page in $(MANUALS); do \
		install -D -m 644 $$page \
			$(MANDIR)/man$${page##*.}/$${page##*/}; done
	install -m 644 $(SAMPLES) $(SAMPLEDIR)

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(addprefix $(BINDIR)/,$(TOOLS)) \
		$(foreach page,$(MANUALS),$(MANDIR)/man$(subst .,,$(suffix \
			$(page)))/$(notdir $(page))) \
		$(addprefix $(SAMPLEDIR)/,$(notdir $(SAMPLES)))
	-rmdir $(SAMPLEDIR) $(dir $(SAMPLEDIR)) 2>/dev/null

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", \
		$$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "  V=1 shows commands; CI=true makes warnings errors"
	@echo "  BOOTSTRAP=yes installs missing packages without asking"

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
