# edgeprobe: one Makefile, no recursion. `make help` lists what it can do.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

LIBS := libevent_core libcares openssl jansson inih
CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2
ifeq ($(CI),true)
WARNINGS += -Werror
endif
SANITIZE ?=
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -I$(BUILD) \
	-DEDGEPROBE_VERSION='"$(VERSION)"' $(WARNINGS) $(CFLAGS) \
	$(if $(SANITIZE),$(SANITIZE),$(HARDEN)) \
	$(shell pkg-config --cflags $(LIBS) 2>/dev/null) -MMD -MP
ALL_LIBS = $(shell pkg-config --libs $(LIBS) 2>/dev/null)

COMMON := $(wildcard common/*/*.c)
PROBES := $(wildcard probes/*.c probes/serve/*.c)
TUI := $(wildcard tui/*.c)
TOOLS := $(patsubst tools/%.c,%,$(wildcard tools/*.c))
TABLES := $(wildcard common/tables/*.tsv)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

.PHONY: all
all: $(addprefix $(BUILD)/,$(TOOLS))

$(BUILD)/%.o: %.c | $(BUILD)/common/tables/tables.inc
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/common/tables/tables.inc: common/tables/tables.awk $(TABLES)
	@mkdir -p $(@D)
	LC_ALL=C awk -f common/tables/tables.awk $(TABLES) > $@.new
	mv $@.new $@

$(BUILD)/libcommon.a: $(call objects,$(COMMON))
$(BUILD)/libprobes.a: $(call objects,$(PROBES))
$(BUILD)/libtui.a: $(call objects,$(TUI))
$(BUILD)/%.a:
	rm -f $@
	ar rcs $@ $^

$(addprefix $(BUILD)/,$(TOOLS)): $(BUILD)/%: $(BUILD)/tools/%.o \
		$(BUILD)/libprobes.a $(BUILD)/libtui.a $(BUILD)/libcommon.a
	$(CC) $(CFLAGS) $(SANITIZE) -pie -o $@ $^ $(ALL_LIBS)

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
