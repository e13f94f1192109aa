# SPDX-License-Identifier: BSD-2-Clause
# libpsearch. `make help` lists the targets; everything that is built goes to $(BUILD).

# pkg-config runs while this file is read, so only a new make sees what `deps` installs:
# `make deps check` is `make deps`, then `make check`.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
AFTER := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps after $(AFTER)
deps:
	@.ci/deps
# The other goals run one after the other, each on all processors unless -j says otherwise.
after: deps
	+@for goal in $(AFTER); do \
		$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(getconf _NPROCESSORS_ONLN)) $$goal || exit; done
$(AFTER): after
	@:
else

BUILD  ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
V ?= 0
AWK ?= awk

VERSION := $(shell sed -n 's/^\#define SEARCH_VERSION_STRING "\(.*\)"/\1/p' include/psearch.h)
SONAME := libpsearch.so.$(firstword $(subst ., ,$(VERSION)))

# SANITIZE=address,undefined or thread builds everything with these sanitizers; see check-asan.
SANITIZE ?=
ifneq ($(SANITIZE),)
SANFLAGS := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

# DEBUG=1: the library checks its invariants as it runs (lib/base/assert.h). Use a BUILD of its own.
DEBUG ?= $(if $(SANITIZE),1)
ifneq ($(DEBUG),)
SANFLAGS += -DPS_DEBUG
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wvla -Wundef -Wno-psabi
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags oniguruma ck 2>/dev/null)
LIB_LIBS := $(shell $(PKG_CONFIG) --libs oniguruma ck 2>/dev/null)
REQUIRED := $(LIB_LIBS)

# The formats of compressed files: each whose library is found, except those in WITHOUT='xz lz4'.
WITHOUT ?=
MODULE_gzip := zlib
MODULE_bzip2 := bzip2
MODULE_xz := liblzma
MODULE_zstd := libzstd
MODULE_lz4 := liblz4
exists = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo yes)
FORMATS := $(strip $(foreach f,$(filter-out $(WITHOUT),gzip bzip2 xz zstd lz4),$(if $(call exists,$(MODULE_$f)),$f)))
FORMAT_MODULES := $(foreach f,$(FORMATS),$(MODULE_$f))
ifneq ($(FORMATS),)
LIB_CFLAGS += $(shell $(PKG_CONFIG) --cflags $(FORMAT_MODULES))
endif
# These libraries are loaded when a file of their format comes. LINK_FORMATS=1 links them instead: for programs without
# shared libraries, which cannot load any.
LINK_FORMATS ?= $(filter -static -static-pie,$(LDFLAGS))
# Not every system's libbz2 has a .pc file.
ifeq ($(filter bzip2,$(FORMATS) $(WITHOUT)),)
FORMAT_LIBS := $(shell $(CC) $(CPPFLAGS) -E -include bzlib.h -x c /dev/null >/dev/null 2>&1 && echo -lbz2)
FORMATS += $(if $(FORMAT_LIBS),bzip2)
endif
ifeq ($(LINK_FORMATS),)
FORMAT_LIBS := -ldl
else
FORMAT_LIBS := $(if $(FORMAT_MODULES),$(shell $(PKG_CONFIG) --static --libs $(FORMAT_MODULES))) $(FORMAT_LIBS)
LIB_CFLAGS += -DPS_LINK_CODECS
endif
LIB_LIBS += $(FORMAT_LIBS)
# What the command has --json from: json-c, loaded when the option is given, or linked like those. The library needs it
# not. Before 0.15 it was libjson-c.so.4, with other functions.
ifeq ($(filter json,$(WITHOUT))$(if $(shell $(PKG_CONFIG) --exists 'json-c >= 0.15' 2>/dev/null || echo no),no),)
CLI_CFLAGS := $(shell $(PKG_CONFIG) --cflags json-c) -DPS_WITH_JSON
ifneq ($(LINK_FORMATS),)
CLI_CFLAGS += -DPS_LINK_JSON
CLI_LIBS := $(shell $(PKG_CONFIG) --static --libs json-c)
endif
endif
LIB_CFLAGS += $(addprefix -DPS_WITH_,$(shell echo $(FORMATS) | tr a-z A-Z))
TEST_LIBS := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null)
# The headers of this tree come before any that CPPFLAGS may add, such as an installed copy's.
BASE := -std=gnu11 $(WARN) -Iinclude $(CPPFLAGS) $(CFLAGS) $(SANFLAGS) -pthread -MMD -MP
# For machines on which a long has 32 bits. The library's own files define it themselves: see lib/base/base.h.
LARGE_FILES := -D_FILE_OFFSET_BITS=64
LINK = $(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -pthread
# LDFLAGS=-static is for the programs, not for the shared library. -Bsymbolic: the library calls its own
# functions even in a program that has others of the same names.
LINK_SHARED = $(filter-out -static,$(LINK)) -shared -Wl,-soname,$(SONAME) -Wl,-Bsymbolic-functions \
	-Wl,--version-script=lib/psearch.map $(if $(SANFLAGS),,-Wl,-z,defs)

LIB_SRC := $(sort $(wildcard lib/*/*.c))
CLI_SRC := $(sort $(wildcard cli/*.c cli/*/*.c))
TEST_SRC := $(sort $(wildcard test/*/test_*.c))
TEST_SUPPORT := $(sort $(wildcard test/support/*.c))
EXAMPLE_SRC := $(sort $(wildcard examples/*.c))
# These are preloaded into the commands that are measured: see the top of each.
BENCH_SHIMS := slow calls
BENCH_SRC := $(filter-out $(BENCH_SHIMS:%=bench/%.c),$(sort $(wildcard bench/*.c)))

LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(BUILD)/obj/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$(BUILD)/obj/%.o)
SUPPORT_OBJ := $(TEST_SUPPORT:%.c=$(BUILD)/obj/%.o)
TESTS := $(TEST_SRC:%.c=$(BUILD)/%)
EXAMPLES := $(EXAMPLE_SRC:%.c=$(BUILD)/%)
BENCHES := $(BENCH_SRC:%.c=$(BUILD)/%) $(BENCH_SHIMS:%=$(BUILD)/bench/%.so)
EXAMPLE_OBJ := $(EXAMPLE_SRC:%.c=$(BUILD)/obj/%.o)
BENCH_OBJ := $(BENCH_SRC:%.c=$(BUILD)/obj/%.o)
DECLARATIONS := $(BUILD)/psearch.cdef $(BUILD)/psearch.json

# Objects depend on the compiler's flags; what is linked, on the linker's flags and on the
# list of objects, since no file is newer when an object is removed from the list.
note = $(shell mkdir -p $(BUILD); printf '%s' '$(2)' | cmp -s - $(BUILD)/$(1) || printf '%s' '$(2)' >$(BUILD)/$(1))
$(call note,flags,$(CC) $(BASE) $(POOL) $(LARGE_FILES) $(LIB_CFLAGS) $(CLI_CFLAGS))
$(call note,links,$(AR) $(LDFLAGS) $(LINK_SHARED) $(LIB_LIBS) $(CLI_LIBS) $(TEST_LIBS) $(LIB_OBJ) $(CLI_OBJ) $(SUPPORT_OBJ))

# Names what is missing in one message, instead of the compiler's and the linker's many.
missing = $(1) cannot be built: $(if $(shell command -v $(PKG_CONFIG)),$(PKG_CONFIG) does not find \
	$(shell for m in $(2); do $(PKG_CONFIG) --exists $$m 2>/dev/null || echo $$m; done),there is no $(PKG_CONFIG)). \
	Run 'make deps', or install the development files, with their .pc file
ifeq ($(REQUIRED),)
.PHONY: $(BUILD)/flags
$(BUILD)/flags:
	$(error $(call missing,The library,oniguruma ck))
endif
ifeq ($(TEST_LIBS),)
.PHONY: cmocka
cmocka:
	$(error $(call missing,A test,cmocka))
$(TEST_OBJ) $(SUPPORT_OBJ): cmocka
endif

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

.PHONY: all
all: $(BUILD)/psearch $(BUILD)/libpsearch.a $(BUILD)/libpsearch.so $(BUILD)/psearch.pc $(DECLARATIONS) examples

$(BUILD)/obj/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) $(LIB_CFLAGS) -fPIC -fvisibility=hidden -c $< -o $@

# The command, the examples and the benchmarks include only the public header.
$(BUILD)/obj/cli/%.o: cli/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) $(LARGE_FILES) $(CLI_CFLAGS) -c $< -o $@

# The page is part of the command, for --generate: as a string of C.
$(BUILD)/psearch.1.inc: man/psearch.1
	@mkdir -p $(@D)
	$(Q)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $< >$@
$(BUILD)/obj/cli/options/generate_man.o: $(BUILD)/psearch.1.inc
$(BUILD)/obj/cli/options/generate_man.o: BASE += -I$(BUILD)

# The options of the page are made from the command's table: see cli/options/generate_man.c.
.PHONY: man
man: $(BUILD)/psearch
	$(Q)$< --generate man >$(BUILD)/psearch.1 && cat $(BUILD)/psearch.1 >man/psearch.1

$(BUILD)/obj/examples/%.o: examples/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) $(LARGE_FILES) -c $< -o $@

$(BUILD)/obj/bench/%.o: bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) $(LARGE_FILES) $(LIB_CFLAGS) -c $< -o $@

# POOL=1: the searches of the tests share a pool, see test/support/in_pool.c. Use a BUILD of its own.
POOL ?=
ifneq ($(POOL),)
TEST_CFLAGS := -DIN_POOL -include test/support/in_pool.h
endif

# Tests have flags of several enums in one word, and statuses of two layers in one variable.
$(BUILD)/obj/test/%.o: test/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) -Wno-enum-conversion $(TEST_CFLAGS) $(LARGE_FILES) $(LIB_CFLAGS) -c $< -o $@

$(BUILD)/libpsearch.a: $(LIB_OBJ) $(BUILD)/links
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/$(SONAME): $(LIB_OBJ) lib/psearch.map $(BUILD)/links
	$(call say,LD,$@)
	$(Q)$(LINK_SHARED) -o $@ $(LIB_OBJ) $(LIB_LIBS)

$(BUILD)/libpsearch.so: $(BUILD)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

$(BUILD)/psearch: $(CLI_OBJ) $(BUILD)/libpsearch.a $(BUILD)/links
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(filter %.o %.a,$^) $(LIB_LIBS) $(CLI_LIBS)

# What a program needs besides the static library. The pkg-config modules are not named, since pkg-config would
# then need them, and add their compiler flags, even for the shared library.
PRIVATE_LIBS = $(call once,$(shell $(PKG_CONFIG) --static --libs oniguruma ck 2>/dev/null) $(FORMAT_LIBS) -pthread)
once = $(if $(1),$(firstword $(1)) $(call once,$(filter-out $(firstword $(1)),$(1))))
# Made each time: it depends on PREFIX, which may be given to `make install` only.
.PHONY: force
$(BUILD)/psearch.pc: pkgconfig/psearch.pc.in include/psearch.h force
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@LIBS@|$(strip $(PRIVATE_LIBS))|' $< >$@

# The header for languages without a preprocessor: declarations, and data.
$(DECLARATIONS): $(BUILD)/psearch.%: lib/declare.awk include/psearch.h
	@mkdir -p $(@D)
	$(call say,AWK,$@)
	$(Q)$(AWK) -v form=$* -f $^ >$@.new && mv $@.new $@

.PHONY: examples
examples: $(EXAMPLES)
$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libpsearch.a $(BUILD)/links
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(filter %.o %.a,$^) $(LIB_LIBS)

$(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(BUILD)/libpsearch.a $(BUILD)/links
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(filter %.o %.a,$^) $(LIB_LIBS)

$(BENCH_SHIMS:%=$(BUILD)/bench/%.so): $(BUILD)/bench/%.so: bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -std=gnu11 $(filter-out -Wpedantic,$(WARN)) -fPIC -shared -o $@ $<

# An archive, so that a test links only what it uses: test/run checks which programs can create a thread.
$(BUILD)/libsupport.a: $(SUPPORT_OBJ) $(BUILD)/links
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(SUPPORT_OBJ)

$(BUILD)/test/%: $(BUILD)/obj/test/%.o $(BUILD)/libsupport.a $(BUILD)/libpsearch.a $(BUILD)/links
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LINK) $(WRAP) -o $@ $(filter %.o %.a,$^) $(TEST_LIBS) $(LIB_LIBS) -ldl

# The functions that test_faults can let fail, in the library and in the test itself.
FAULTS := malloc calloc realloc aligned_alloc strdup mmap mmap64 mremap pthread_create openat __openat_2 openat64 \
	__openat64_2 read pread pread64 syscall eventfd socketpair iconv_open
$(BUILD)/test/search/test_faults: WRAP := $(FAULTS:%=-Wl,--wrap=%)
# What test_caller must not see on the thread that takes the items.
DEEDS := openat __openat_2 openat64 __openat64_2 open open64 read pread pread64 syscall fstatat fstatat64 ps_task_step \
	ps_scanner_step ps_lister_step pthread_create
$(BUILD)/test/search/test_caller: WRAP := $(DEEDS:%=-Wl,--wrap=%)
# Calls that look at files.
LOOKS := openat __openat_2 openat64 __openat64_2 fstatat fstatat64 fstat fstat64 readlinkat syscall
$(BUILD)/test/search/test_overlays: WRAP := $(LOOKS:%=-Wl,--wrap=%)
# The clock tells when a file is cut.
$(BUILD)/test/search/test_parts: WRAP := -Wl,--wrap=ps_time
# A system call that does not return.
$(BUILD)/test/search/test_pool: WRAP := -Wl,--wrap=syscall -Wl,--wrap=openat -Wl,--wrap=openat64
ALLOCATIONS := malloc calloc mmap mmap64 ZSTD_createDCtx LZ4F_createDecompressionContext dlopen dlsym dlclose
$(BUILD)/test/decode/test_decompress: WRAP := $(ALLOCATIONS:%=-Wl,--wrap=%)

.SECONDARY: $(LIB_OBJ) $(CLI_OBJ) $(TEST_OBJ) $(SUPPORT_OBJ) $(EXAMPLE_OBJ) $(BENCH_OBJ)

.PHONY: tests
tests: all $(TESTS)

# `make check` runs all tests, `make check T=ring` those whose names contain "ring" (or one of several words); RUN is
# an emulator. `make check-long` runs them in full, with a new seed each day.
RUN ?=
TEST_ENV = BUILD='$(BUILD)' CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' SANITIZE='$(SANITIZE)' \
	RUN='$(RUN)'
# The programs that T selects: the others need not be built.
WANTED := $(if $(T),$(foreach t,$(TESTS),$(if $(strip $(foreach word,$(T),$(findstring $(word),$t))),$t)),$(TESTS))
.PHONY: check check-long check-asan check-tsan check-pool check-hosts
check: all $(WANTED)
	+@$(TEST_ENV) test/run $(T)

check-long: all $(WANTED)
	+@PS_LONG=1 PS_SEED="$${PS_SEED:-$$(date +%Y%m%d)}" $(TEST_ENV) test/run $(T)

check-asan:
	+$(MAKE) check BUILD=$(BUILD)/asan SANITIZE=address,undefined CFLAGS='-O1 -g' T='$(T)'

check-tsan:
	+$(MAKE) check BUILD=$(BUILD)/tsan SANITIZE=thread CFLAGS='-O1 -g' T='$(T)'

# The tests of searches once more, all of whose searches share a pool: see test/support/in_pool.c.
check-pool:
	+$(MAKE) check BUILD=$(BUILD)/pool POOL=1 DEBUG=1 CFLAGS='-O1 -g' T='$(or $(T),search/)'

# The examples in the programs that they are for: editors, runtimes, event loops, a database.
check-hosts: all
	+@$(TEST_ENV) test/run $(or $(T),hosts/)

# The tests that compare matches with Oniguruma's, with the Onigurumas of several Debian suites, which .ci/oniguruma
# builds once. If versions differ in a feature, the library finds out what the loaded one does.
SUITES ?= bookworm trixie sid
ONIGURUMA_TESTS := match/test_agree match/test_features match/test_match match/test_patterns \
	pattern/test_pattern_limits syntax/test_parse syntax/test_set
.PHONY: check-oniguruma
check-oniguruma:
	+@for suite in $(SUITES); do \
		at=$(abspath $(BUILD))/oniguruma-$$suite; \
		[ -e $$at/lib/pkgconfig/oniguruma.pc ] || .ci/oniguruma $$suite $$at || exit; \
		export PKG_CONFIG_PATH=$$at/lib/pkgconfig; \
		echo "$$suite: Oniguruma $$($(PKG_CONFIG) --modversion oniguruma)"; \
		$(MAKE) BUILD=$(BUILD)/with-$$suite LDFLAGS="$(LDFLAGS) -Wl,-rpath,$$at/lib" \
			$(ONIGURUMA_TESTS:%=$(BUILD)/with-$$suite/test/%) || exit; \
		for t in $(ONIGURUMA_TESTS); do \
			$(BUILD)/with-$$suite/test/$$t >$(BUILD)/with-$$suite/log 2>&1 || \
				{ cat $(BUILD)/with-$$suite/log; echo "$$suite: $$t failed"; exit 1; }; \
		done; \
	done

# What an intended change of the ABI has changed: look at the difference before it is committed.
.PHONY: record-abi
record-abi: all
	@$(TEST_ENV) test/api/test_layout.sh record
	@$(TEST_ENV) test/api/test_abidiff.sh record

# Single tests: header, symbols, includes, pages, installed copy.
CHECKS := check-header check-abi check-arrows check-docs installcheck
.PHONY: $(CHECKS)
check-header: SCRIPT := header
check-abi: SCRIPT := abi
check-arrows: SCRIPT := arrows
check-docs: SCRIPT := docs
installcheck: SCRIPT := install
$(CHECKS): all
	+@$(TEST_ENV) test/api/test_$(SCRIPT).sh

# Random patterns by libFuzzer, which starts from the cases of the tests: FUZZ='-max_total_time=600 -seed=1'.
FUZZ ?= -max_total_time=60
FUZZ_DIR := $(BUILD)/fuzz
.PHONY: fuzz
fuzz: $(BUILD)/test/fuzz/test_fuzz
	+@$(MAKE) BUILD=$(FUZZ_DIR) CC=clang SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g' $(FUZZ_DIR)/fuzz_match
	@mkdir -p $(FUZZ_DIR)/corpus $(FUZZ_DIR)/found
	@$(BUILD)/test/fuzz/test_fuzz $(FUZZ_DIR)/corpus
	$(FUZZ_DIR)/fuzz_match -max_len=256 -timeout=60 -dict=test/fuzz/patterns.dict \
		-artifact_prefix=$(FUZZ_DIR)/ $(FUZZ) $(FUZZ_DIR)/found $(FUZZ_DIR)/corpus

$(BUILD)/fuzz_match: $(BUILD)/obj/test/fuzz/fuzz_match.o $(BUILD)/libpsearch.a $(BUILD)/links
	$(call say,LD,$@)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $(filter %.o %.a,$^) $(LIB_LIBS)

.PHONY: lint
lint: $(BUILD)/psearch.1.inc
	@BUILD='$(BUILD)' CFLAGS='-std=gnu11 -Iinclude -I$(BUILD) -DPS_DEBUG $(LIB_CFLAGS)' .ci/lint

.PHONY: bench
bench: all $(BENCHES)
	BUILD=$(BUILD) bench/run $(CASES)

# The main job, on real trees: PATTERN in DIRS. The pattern reaches the shell in a variable, since it may contain quotes.
PATTERN ?= deadlock|race condition
DIRS ?= $(wildcard lib /usr/include /usr/share)
SHOWN ?= 20
.PHONY: run
run: export RUN_PATTERN = $(PATTERN)
run: $(BUILD)/psearch $(BUILD)/examples/summary
	@$(BUILD)/examples/summary $(SHOWN) "$$RUN_PATTERN" $(DIRS) || [ $$? -eq 1 ]
	@echo
	@echo 'Next:'
	@echo "    make run PATTERN='TODO|FIXME' DIRS=~/src   another pattern and tree; SHOWN=100 prints more lines"
	@echo '    $(BUILD)/psearch -n TODO                      the command: searches this directory, except what git ignores'
	@echo '    man -l man/psearch.1                       its manual; man/psearch.3 is the manual of the library'
	@echo '    make check                                 the tests'
	@echo '    make bench CASES=tree                      psearch beside the other greps that are installed'

# A link page is one line with the name of the real page.
MAN_LINKS := search_try_next:search_next search_next_many:search_next search_try_next_many:search_next \
	search_group_name:search_group_count search_outcome:search_stats search_version:search_strerror \
	search_build:search_strerror search_build_init:search_strerror search_stats_init:search_stats \
	search_options_init:search_open search_walk_init:search_open search_error_init:search_open \
	search_pool_close:search_pool_open search_pool_stats:search_pool_open \
	search_pool_options_init:search_pool_open search_pool_stats_init:search_pool_open \
	search_layout:search_strerror
# SHELL:the file that completes in it. They come from the command, which therefore has to run here: RUN is an emulator.
COMPLETIONS := bash:bash-completion/completions/psearch zsh:zsh/site-functions/_psearch \
	fish:fish/vendor_completions.d/psearch.fish
$(BUILD)/complete-%: $(BUILD)/psearch
	$(Q)$(RUN) $< --generate $(@F) >$@.new && mv $@.new $@

.PHONY: install
install: all $(BUILD)/complete-bash $(BUILD)/complete-zsh $(BUILD)/complete-fish
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)' \
		'$(DESTDIR)$(MANDIR)/man1' '$(DESTDIR)$(MANDIR)/man3' '$(DESTDIR)$(MANDIR)/man7'
	$(INSTALL) -m 755 $(BUILD)/psearch '$(DESTDIR)$(BINDIR)'
	$(INSTALL) -m 644 $(BUILD)/libpsearch.a '$(DESTDIR)$(LIBDIR)'
	$(INSTALL) -m 755 $(BUILD)/$(SONAME) '$(DESTDIR)$(LIBDIR)'
	ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/libpsearch.so'
	$(INSTALL) -m 644 $(BUILD)/psearch.pc '$(DESTDIR)$(LIBDIR)/pkgconfig'
	$(INSTALL) -m 644 include/psearch.h $(DECLARATIONS) '$(DESTDIR)$(INCLUDEDIR)'
	for page in $(wildcard man/*.1); do $(INSTALL) -m 644 $$page '$(DESTDIR)$(MANDIR)/man1' || exit; done
	for page in $(wildcard man/*.3); do $(INSTALL) -m 644 $$page '$(DESTDIR)$(MANDIR)/man3' || exit; done
	for page in $(wildcard man/*.7); do $(INSTALL) -m 644 $$page '$(DESTDIR)$(MANDIR)/man7' || exit; done
	for shell in $(COMPLETIONS); do \
		to='$(DESTDIR)$(DATADIR)'/$${shell#*:}; \
		$(INSTALL) -d "$${to%/*}" && $(INSTALL) -m 644 $(BUILD)/complete-$${shell%%:*} "$$to" || exit; done
	for link in $(MAN_LINKS); do \
		echo ".so man3/$${link#*:}.3" >'$(DESTDIR)$(MANDIR)'/man3/$${link%:*}.3 || exit; done
	@[ -n '$(DESTDIR)' ] || ldconfig 2>/dev/null || :

.PHONY: uninstall
uninstall:
	rm -f '$(DESTDIR)$(BINDIR)/psearch' '$(DESTDIR)$(INCLUDEDIR)/psearch.h' \
		'$(DESTDIR)$(LIBDIR)/libpsearch.a' '$(DESTDIR)$(LIBDIR)/$(SONAME)' \
		'$(DESTDIR)$(LIBDIR)/libpsearch.so' '$(DESTDIR)$(LIBDIR)/pkgconfig/psearch.pc' \
		'$(DESTDIR)$(INCLUDEDIR)/psearch.cdef' '$(DESTDIR)$(INCLUDEDIR)/psearch.json'
	for page in $(notdir $(wildcard man/*.1)); do rm -f '$(DESTDIR)$(MANDIR)'/man1/$$page; done
	for page in $(notdir $(wildcard man/*.3)); do rm -f '$(DESTDIR)$(MANDIR)'/man3/$$page; done
	for page in $(notdir $(wildcard man/*.7)); do rm -f '$(DESTDIR)$(MANDIR)'/man7/$$page; done
	for shell in $(COMPLETIONS); do rm -f '$(DESTDIR)$(DATADIR)'/$${shell#*:}; done
	for link in $(MAN_LINKS); do rm -f '$(DESTDIR)$(MANDIR)'/man3/$${link%:*}.3; done
	@[ -n '$(DESTDIR)' ] || ldconfig 2>/dev/null || :

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PHONY: help
help:
	@echo 'make [all]         builds the command, the library, the examples: $(BUILD)/'
	@echo "make deps          installs what the build needs, with the system's package manager"
	@echo 'make run           searches real trees and prints the speed: PATTERN=... DIRS=... SHOWN=lines'
	@echo 'make check         runs the tests; T=words: those whose names contain one of the words;'
	@echo "                   RUN='qemu-aarch64 -L DIR': under an emulator; see .ci/sysroot"
	@echo 'make check-long    the same in full: all random rounds, largest sizes; PS_SEED=..., or the date, is the seed'
	@echo 'make check-asan    the tests of check under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make check-tsan    the same under ThreadSanitizer: the programs that create threads'
	@echo 'make check-hosts   the examples in editors, runtimes, event loops: T=hosts/test_neovim, say'
	@echo 'make check-oniguruma  the tests of patterns with the Onigurumas of Debian: SUITES=$(SUITES)'
	@echo 'make check-header, check-abi, check-arrows, check-docs, installcheck'
	@echo '                   single tests: header, symbols, includes, manual, installed copy'
	@echo 'make record-abi    records the ABI as it is, after an intended change: test/data/layout/, test/data/abi/'
	@echo 'make fuzz          tries random patterns, with clang and libFuzzer; FUZZ=options of libFuzzer'
	@echo 'make lint          clang-tidy, cppcheck, mandoc, shellcheck, codespell'
	@echo "make man           writes the command's options, from their table, into man/psearch.1"
	@echo 'make bench         measures, and compares with other greps; CASES=...: see bench/run --help'
	@echo 'make install       installs: PREFIX=$(PREFIX) DESTDIR=; make uninstall removes it'
	@echo 'make clean         removes $(BUILD)/'
	@echo 'Variables: BUILD, CC, CPPFLAGS, CFLAGS, LDFLAGS, SANITIZE=address,undefined or thread,'
	@echo '           DEBUG=1 (the library checks its invariants as it runs), V=1 (prints the commands),'
	@echo '           WITHOUT=formats of compressed files to leave out, or json; built in: $(FORMATS)'
	@echo '           LINK_FORMATS=1 links their libraries, which are loaded otherwise'

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)

endif
