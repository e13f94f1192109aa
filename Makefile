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
COMMA := ,

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

# What makes a mistake in memory harder to exploit, as far as the compiler and the linker take it. These flags come before
# CPPFLAGS, CFLAGS and LDFLAGS, which can therefore undo each of them; HARDEN=no leaves all out.
HARDEN ?= yes
ifeq ($(filter no 0,$(HARDEN)),)
HARDENING := $(shell mkdir -p $(BUILD); .ci/hardening $(BUILD)/hardening '$(strip $(CC) $(CPPFLAGS) $(CFLAGS) $(SANFLAGS))' \
	'$(strip $(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS))')
endif
HARDEN_LINK := $(filter -Wl$(COMMA)%,$(HARDENING))
HARDEN_COMPILE := $(filter-out -pie $(HARDEN_LINK),$(HARDENING))

# With -flto, objects also hold ordinary code: for those who link the static library without LTO, and for tests that wrap
# calls, which LTO may inline before the linker can wrap them.
ifneq ($(filter -flto -flto=%,$(CFLAGS)),)
FAT_LTO := $(shell $(CC) -Werror $(CFLAGS) -ffat-lto-objects -S -o /dev/null -x c /dev/null 2>/dev/null && \
	echo -ffat-lto-objects)
NO_LTO := $(if $(FAT_LTO),-fno-lto)
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
BASE := -std=gnu11 $(WARN) $(HARDEN_COMPILE) -Iinclude $(CPPFLAGS) $(CFLAGS) $(FAT_LTO) $(SANFLAGS) -pthread -MMD -MP
# For machines on which a long has 32 bits. The library's own files define it themselves: see lib/base/base.h.
LARGE_FILES := -D_FILE_OFFSET_BITS=64
LINK = $(CC) $(HARDEN_LINK) $(filter -pie,$(HARDENING)) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -pthread
# LDFLAGS=-static is for the programs, not for the shared library. -Bsymbolic: the library calls its own
# functions even in a program that has others of the same names.
LINK_SHARED = $(filter-out -static -pie,$(LINK)) -shared -Wl,-soname,$(SONAME) -Wl,-Bsymbolic-functions \
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
$(call note,links,$(AR) $(SHARED) $(LDFLAGS) $(LINK) $(LINK_SHARED) $(LIB_LIBS) $(CLI_LIBS) $(TEST_LIBS) $(LIB_OBJ) $(CLI_OBJ) $(SUPPORT_OBJ))

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

# PERTURB=1: the library's threads run in odd orders, see test/support/perturb.h. Use a BUILD of its own.
PERTURB ?=
ifneq ($(PERTURB),)
$(LIB_OBJ): BASE += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -include test/support/perturb.h
endif

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

# Tests have flags of several enums in one word, and statuses of two layers in one variable. cmocka 2 has new names for
# what cmocka 1 calls assert_in_range().
$(BUILD)/obj/test/%.o: test/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) -Wno-enum-conversion -Wno-deprecated-declarations $(TEST_CFLAGS) $(LARGE_FILES) $(LIB_CFLAGS) -c $< -o $@

$(BUILD)/libpsearch.a: $(LIB_OBJ) $(BUILD)/links
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/$(SONAME): $(LIB_OBJ) lib/psearch.map $(BUILD)/links
	$(call say,LD,$@)
	$(Q)$(LINK_SHARED) -o $@ $(LIB_OBJ) $(LIB_LIBS)

$(BUILD)/libpsearch.so: $(BUILD)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

# SHARED=yes: the command needs the shared library, which the system's loader then has to find.
SHARED ?=
$(BUILD)/psearch: $(CLI_OBJ) $(BUILD)/libpsearch.$(if $(SHARED),so,a) $(BUILD)/links
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(filter %.o %.a %.so,$^) $(if $(SHARED),-ldl,$(LIB_LIBS)) $(CLI_LIBS)

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

# What stands for these calls in a hardened library calls them: see test/support/fortified.c.
FORTIFIED := __open_2 __open64_2 __openat_2 __openat64_2 __read_chk __pread_chk __pread64_chk __readlink_chk \
	__readlinkat_chk __poll_chk __realpath_chk __getcwd_chk
FORTIFIED := $(FORTIFIED:%=-Wl,-u,%)
# COVERAGE=1: see test/support/coverage.c.
COVERAGE ?=
ifneq ($(COVERAGE),)
COUNT_CHILDREN := -Wl,--wrap=_exit
endif
$(BUILD)/test/%: $(BUILD)/obj/test/%.o $(BUILD)/libsupport.a $(BUILD)/libpsearch.a $(BUILD)/links
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LINK) $(if $(WRAP),$(NO_LTO) $(WRAP) $(FORTIFIED)) $(COUNT_CHILDREN) -o $@ $(filter %.o %.a,$^) \
		$(TEST_LIBS) $(LIB_LIBS) -ldl

# What tells a file's times: see test/support/coarse_clock.h.
STAMPS := stat stat64 lstat lstat64 fstat fstat64 fstatat fstatat64
# The functions that a test can let fail, in the library and in the test itself: test/support/faults.c.
FAULTS := malloc calloc realloc aligned_alloc strdup mmap mmap64 mremap pthread_create openat openat64 read pread pread64 syscall eventfd socketpair iconv_open $(STAMPS) inotify_init1 \
	inotify_add_watch
$(BUILD)/test/search/test_faults $(BUILD)/test/search/test_warm $(BUILD)/test/search/test_warm_faults: WRAP := $(FAULTS:%=-Wl,--wrap=%)
# The others, which only the whole matrix lets fail: test/support/call_faults.c.
MORE_FAULTS := poll iconv readlink readlinkat realpath getcwd getrlimit getrlimit64 sched_getaffinity sysconf lseek lseek64 \
	dlopen dlsym pthread_mutex_init pthread_attr_init fcntl fcntl64 fstatfs fstatfs64 close open open64
$(BUILD)/test/search/test_fault_matrix $(BUILD)/test/search/test_broken_files: \
	WRAP := $(FAULTS:%=-Wl,--wrap=%) $(MORE_FAULTS:%=-Wl,--wrap=%)
# The command, as a function of a test: its calls can fail, too.
$(BUILD)/obj/test/cli/psearch_main.o: cli/main.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) -Wno-missing-prototypes $(LARGE_FILES) $(CLI_CFLAGS) -Dmain=psearch_main -c $< -o $@
COMMAND_FAULTS := $(FAULTS) write writev fopen fopen64 fread reallocarray
COMMAND := $(BUILD)/obj/test/cli/psearch_main.o $(filter-out $(BUILD)/obj/cli/main.o,$(CLI_OBJ))
$(BUILD)/test/cli/test_command_faults: $(BUILD)/obj/test/cli/test_command_faults.o $(COMMAND) $(BUILD)/libsupport.a \
		$(BUILD)/libpsearch.a $(BUILD)/links
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LINK) $(NO_LTO) $(COMMAND_FAULTS:%=-Wl,--wrap=%) $(FORTIFIED) $(COUNT_CHILDREN) -o $@ \
		$(filter %.o %.a,$^) $(TEST_LIBS) $(LIB_LIBS) $(CLI_LIBS) -ldl
# Advice about memory that a kernel does not know, or does not heed.
$(BUILD)/test/base/test_owner: WRAP := -Wl,--wrap=madvise
# The calls of saving and loading that test_save can let fail.
SAVE_FAULTS := malloc calloc realloc strdup rename realpath close $(foreach name,pread pwrite mkostemp fstat open,$(name) $(name)64)
$(BUILD)/test/warm/test_save: WRAP := $(SAVE_FAULTS:%=-Wl,--wrap=%)
# What test_caller must not see on the thread that takes the items.
DEEDS := openat openat64 open open64 read pread pread64 syscall fstatat fstatat64 ps_task_step \
	ps_scanner_step ps_lister_step pthread_create
$(BUILD)/test/search/test_caller: WRAP := $(DEEDS:%=-Wl,--wrap=%)
# Calls that look at files.
LOOKS := openat openat64 fstatat fstatat64 fstat fstat64 readlinkat syscall
$(BUILD)/test/search/test_overlays: WRAP := $(LOOKS:%=-Wl,--wrap=%)
$(BUILD)/test/search/test_warm_random $(BUILD)/test/search/test_warm_races: WRAP := $(STAMPS:%=-Wl,--wrap=%)
# The clock tells when a file is cut.
$(BUILD)/test/search/test_parts: WRAP := -Wl,--wrap=ps_time
# A system call that does not return.
$(BUILD)/test/search/test_pool: WRAP := -Wl,--wrap=syscall -Wl,--wrap=openat -Wl,--wrap=openat64
# Reads that are short, interrupted, or fail; and allocations.
READS := pread pread64 malloc calloc realloc mmap mmap64 mremap
$(BUILD)/test/warm/test_read_text: WRAP := $(READS:%=-Wl,--wrap=%)
ALLOCATIONS := malloc calloc mmap mmap64 ZSTD_createDCtx LZ4F_createDecompressionContext dlopen dlsym dlclose
$(BUILD)/test/decode/test_decompress: WRAP := $(ALLOCATIONS:%=-Wl,--wrap=%)
# What a warm tree asks for.
WARM_FAULTS := malloc calloc realloc aligned_alloc strdup realpath inotify_init1 inotify_add_watch pread pread64
$(BUILD)/test/warm/test_warm_faults: WRAP := $(WARM_FAULTS:%=-Wl,--wrap=%)

.SECONDARY: $(LIB_OBJ) $(CLI_OBJ) $(TEST_OBJ) $(SUPPORT_OBJ) $(EXAMPLE_OBJ) $(BENCH_OBJ)

.PHONY: tests
tests: all $(TESTS)

# `make check` runs all tests, `make check T=ring` those whose names contain "ring" (or one of several words); RUN is
# an emulator. `make check-long` runs them in full, with a new seed each day: the date, times a million, since in
# round n many tests use the seed plus n.
RUN ?=
LONG_SEED = $${PS_SEED:-$$(date +%Y%m%d)000000}
TEST_ENV = BUILD='$(BUILD)' CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' SANITIZE='$(SANITIZE)' \
	HARDEN='$(HARDEN)' RUN='$(RUN)'
# The programs that T selects: the others need not be built.
WANTED := $(if $(T),$(foreach t,$(TESTS),$(if $(strip $(foreach word,$(T),$(findstring $(word),$t))),$t)),$(TESTS))
.PHONY: check check-long check-asan check-tsan check-pool check-perturbed check-hosts
check: all $(WANTED)
	+@$(TEST_ENV) test/run $(T)

check-long: all $(WANTED)
	+@PS_LONG=1 PS_SEED="$(LONG_SEED)" $(TEST_ENV) test/run $(T)
	+$(if $(T),,@PS_SEED="$(LONG_SEED)" $(MAKE) check-perturbed PERTURBED=1000)
	+$(if $(T),,@! command -v gcc-12 >/dev/null || $(MAKE) --no-print-directory analyze)

check-asan:
	+$(MAKE) check BUILD=$(BUILD)/asan SANITIZE=address,undefined CFLAGS='-O1 -g' T='$(T)'

check-tsan:
	+$(MAKE) check BUILD=$(BUILD)/tsan SANITIZE=thread CFLAGS='-O1 -g' T='$(T)'

# The tests of searches once more, all of whose searches share a pool: see test/support/in_pool.c.
check-pool:
	+$(MAKE) check BUILD=$(BUILD)/pool POOL=1 DEBUG=1 CFLAGS='-O1 -g' T='$(or $(T),search/)'

# The tests of threads once more, with a library whose threads are held up at each atomic access and lock. They
# mostly sleep, so that many run side by side. PERTURBED: random searches, each of which is compared with the reference.
PERTURBED ?= 100
check-perturbed:
	+PS_ROUNDS='$(PERTURBED)' PS_PATIENCE="$${PS_PATIENCE:-30}" TEST_TIMEOUT=10000 TEST_JOBS="$${TEST_JOBS:-16}" \
		$(MAKE) check BUILD=$(BUILD)/perturbed PERTURB=1 DEBUG=1 CFLAGS='-O1 -g' \
		T='$(or $(T),search/test_random search/test_order search/test_life search/test_pool search/test_together \
		search/test_stream queue/ plan/ pool/)'

# What threads do to each other, explored by spin in models of it; each of which also has mistakes, which must be found.
.PHONY: check-model
check-model:
	@CC='$(CC)' test/model/run $(T)

# Locks and their order, by valgrind's helgrind: minutes. Of races it knows too little: see test/helgrind.supp.
HELGRIND = valgrind --tool=helgrind --suppressions=test/helgrind.supp --error-exitcode=1 -q
.PHONY: check-helgrind
check-helgrind: all $(BUILD)/test/pool/test_turns $(BUILD)/test/queue/test_event_count
	$(HELGRIND) $(BUILD)/psearch -rc ps_plan_claim lib >/dev/null
	PS_ROUNDS=1 $(HELGRIND) $(BUILD)/test/pool/test_turns
	PS_ROUNDS=1 $(HELGRIND) $(BUILD)/test/queue/test_event_count

# The examples in the programs that they are for: editors, runtimes, event loops, a database.
check-hosts: all
	+@$(TEST_ENV) test/run $(or $(T),hosts/)

# The tests that compare matches with Oniguruma's, with the Onigurumas of several Debian suites, which .ci/library
# builds once. If versions differ in a feature, the library finds out what the loaded one does.
SUITES ?= bookworm trixie sid
ONIGURUMA_TESTS := match/test_agree match/test_features match/test_match match/test_patterns \
	pattern/test_pattern_limits syntax/test_parse syntax/test_set onig/test_onig_memory
.PHONY: check-oniguruma
check-oniguruma:
	+@for suite in $(SUITES); do \
		at=$(abspath $(BUILD))/oniguruma-$$suite; \
		[ -e $$at/lib/pkgconfig/oniguruma.pc ] || .ci/library $$suite $$at libonig || exit; \
		export PKG_CONFIG_PATH=$$at/lib/pkgconfig; \
		echo "$$suite: Oniguruma $$($(PKG_CONFIG) --modversion oniguruma)"; \
		$(MAKE) BUILD=$(BUILD)/with-$$suite LDFLAGS="$(LDFLAGS) -Wl,-rpath,$$at/lib" \
			$(ONIGURUMA_TESTS:%=$(BUILD)/with-$$suite/test/%) || exit; \
		for t in $(ONIGURUMA_TESTS); do \
			$(BUILD)/with-$$suite/test/$$t >$(BUILD)/with-$$suite/log 2>&1 || \
				{ cat $(BUILD)/with-$$suite/log; echo "$$suite: $$t failed"; exit 1; }; \
		done; \
	done

# The tests for other processors, C libraries, compilers, flags and systems: MACHINES='s390x musl', or all of the table
# in .ci/machines.
.PHONY: check-machines
check-machines:
	@BUILD='$(BUILD)' T='$(T)' .ci/machines $(MACHINES)

# What an intended change of the ABI has changed: look at the difference before it is committed.
.PHONY: record-abi
record-abi: all
	@$(TEST_ENV) test/api/test_layout.sh record
	@$(TEST_ENV) test/api/test_abidiff.sh record
	@$(TEST_ENV) test/api/test_symbols.sh record

# How much of lib/ the tests run: a table, and pages in $(BUILD)/coverage/html. Left out are the tests of packages, which
# run none of it, and the programs that hold a bound on processor time, which counting makes twice as slow.
GCOV ?= $(patsubst gcc%,gcov%,$(filter gcc%,$(notdir $(lastword $(CC)))))
COVERAGE_ROOMS = $(filter-out test/api/ test/data/ test/hosts/ test/model/ test/package/ test/support/,$(sort $(wildcard test/*/)))
COVERAGE_TESTS = $(filter-out $(shell grep -l '^RUNS_ALONE' test/*/test_*.c),$(TEST_SRC))
COVERAGE_WANTED = $(if $(T),$(foreach t,$(COVERAGE_TESTS),$(if $(strip $(foreach w,$(T),$(findstring $w,$t))),$t)),\
	$(COVERAGE_TESTS))
.PHONY: coverage mutate
coverage:
	+$(MAKE) BUILD=$(BUILD)/coverage COVERAGE=1 HARDEN=no CFLAGS='-Og -g --coverage -fprofile-update=atomic -DTEST_COUNTED=1' \
		all $(COVERAGE_WANTED:%.c=$(BUILD)/coverage/%)
	@find $(BUILD)/coverage -name '*.gcda' -delete; chmod -R a+rwX $(BUILD)/coverage/obj
	+-@$(TEST_ENV) BUILD=$(BUILD)/coverage test/run $(or $(T),$(COVERAGE_ROOMS))
	@GCOV='$(GCOV)' test/coverage $(BUILD)/coverage/obj $(BUILD)/coverage/html '$(T)'

# Do the tests notice a change of lib/? See the top of test/mutate: NUMBER=100 IN='lib/queue lib/plan' KINDS=order ...
MUTATE := NUMBER PS_SEED IN KINDS BUDGET JOBS SANITIZERS AGAIN
mutate:
	@$(foreach v,$(MUTATE),$v='$($v)') BUILD='$(BUILD)' CC='$(CC)' GCOV='$(GCOV)' test/mutate

# Single tests: header, symbols, includes, pages.
CHECKS := check-header check-abi check-arrows check-docs
.PHONY: $(CHECKS) installcheck check-packages
check-header: SCRIPT := header
check-abi: SCRIPT := abi
check-arrows: SCRIPT := arrows
check-docs: SCRIPT := docs
$(CHECKS): all
	+@$(TEST_ENV) test/api/test_$(SCRIPT).sh

# What is installed and packed: a copy under a DESTDIR, the tarball, the packages of debian/.
installcheck: all
	+@$(TEST_ENV) test/package/test_install.sh
check-packages: all
	+@$(TEST_ENV) test/run package/

# Hostile input, by libFuzzer: `make fuzz TARGET=ignore FUZZ='-max_total_time=600 -seed=1'` runs one target of
# test/fuzz, `make fuzz-all` each for FUZZ_SECONDS. See test/fuzz/run.
FUZZ_TARGETS := $(patsubst test/fuzz/fuzz_%.c,%,$(sort $(wildcard test/fuzz/fuzz_*.c)))
TARGET ?= match
FUZZ ?= -max_total_time=60
FUZZ_SECONDS ?= 30
FUZZ_DIR := $(BUILD)/fuzz
FUZZ_ENV = BUILD='$(BUILD)' FUZZ_DIR='$(FUZZ_DIR)' FUZZ='$(FUZZ)' FUZZ_SECONDS='$(FUZZ_SECONDS)'
FUZZ_CC ?= clang
fuzz_make = +@$(MAKE) BUILD=$(FUZZ_DIR) CC='$(FUZZ_CC)' SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g'
.PHONY: fuzz fuzz-all fuzz-load
fuzz: $(BUILD)/test/fuzz/test_fuzz_$(TARGET)
	$(fuzz_make) $(FUZZ_DIR)/fuzz_$(TARGET)
	+@$(FUZZ_ENV) test/fuzz/run $(TARGET)

fuzz-all: $(FUZZ_TARGETS:%=$(BUILD)/test/fuzz/test_fuzz_%)
	$(fuzz_make) $(FUZZ_TARGETS:%=$(FUZZ_DIR)/fuzz_%)
	+@$(FUZZ_ENV) test/fuzz/run --brief $(FUZZ_TARGETS)

fuzz-load:
	+@$(MAKE) fuzz TARGET=load

$(FUZZ_TARGETS:%=$(BUILD)/fuzz_%): $(BUILD)/fuzz_%: $(BUILD)/obj/test/fuzz/fuzz_%.o $(BUILD)/libsupport.a \
		$(BUILD)/libpsearch.a $(BUILD)/links
	$(call say,LD,$@)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $(filter %.o %.a,$^) $(TEST_LIBS) $(LIB_LIBS)

# Hundreds of searches at once, for SECONDS, in trees of which one has FILES files: see test/soak/soak.c. SOAK_DIR keeps the
# trees; more variables are HOSTS SLOTS WORKERS DESCRIPTORS MEGABYTES EVERY PS_SEED. malloc() has no caches for threads
# meanwhile, so that what it says is in use is in use.
SECONDS ?= 3600
FILES ?= 20000
SOAK_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard test/soak/*.c)))
SOAK_ENV = GLIBC_TUNABLES=glibc.malloc.tcache_count=0 BUILD='$(BUILD)' SECONDS='$(SECONDS)' FILES='$(FILES)'
# Node has no malloc_trim(): what its threads free is to go back to the system by itself.
ONE_ARENA := MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536 MALLOC_MMAP_THRESHOLD_=65536
.PHONY: soak soak-python soak-node
soak: $(BUILD)/test/soak/soak
	@$(SOAK_ENV) $<
soak-python: $(BUILD)/libpsearch.so
	@$(SOAK_ENV) python3 test/soak/soak.py
soak-node: $(BUILD)/libpsearch.so
	+@$(MAKE) -s -C examples/node BUILD='$(abspath $(BUILD))'
	@$(SOAK_ENV) $(ONE_ARENA) node --expose-gc test/soak/soak.mjs
$(BUILD)/test/soak/soak: $(SOAK_OBJ) $(BUILD)/libsupport.a $(BUILD)/libpsearch.a $(BUILD)/links
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(filter %.o %.a,$^) $(TEST_LIBS) $(LIB_LIBS)

LINT_CFLAGS = -std=gnu11 -Iinclude -I$(BUILD) -DPS_DEBUG $(LIB_CFLAGS)
.PHONY: lint
lint: $(BUILD)/psearch.1.inc
	@BUILD='$(BUILD)' CFLAGS='$(LINT_CFLAGS)' .ci/lint

# What follows paths through functions: clang's analyzer, and gcc's, whose findings that are no mistakes are listed in
# .ci/analyze, with the reasons.
.PHONY: analyze
analyze: $(BUILD)/psearch.1.inc
	@BUILD='$(BUILD)' CFLAGS='$(LINT_CFLAGS)' .ci/lint clang-analyzer
	@BUILD='$(BUILD)' CFLAGS='-std=gnu11 -Iinclude -I$(BUILD) $(LARGE_FILES) $(LIB_CFLAGS) $(CLI_CFLAGS)' .ci/analyze

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
	search_layout:search_strerror \
	search_tree_changed:search_tree_open search_tree_learn:search_tree_open search_tree_cancel:search_tree_open \
	search_tree_save:search_tree_open search_tree_load:search_tree_open search_tree_stats:search_tree_open \
	search_tree_close:search_tree_open search_tree_options_init:search_tree_open \
	search_tree_stats_init:search_tree_open
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

# The files of this tree as a tarball: the same bytes wherever it is made, see .ci/dist.
.PHONY: dist
dist:
	@.ci/dist $(BUILD)/psearch-$(VERSION).tar.gz && cd $(BUILD) && sha256sum psearch-$(VERSION).tar.gz

# What the library depends on, and under which licences, from the table of .ci/spdx.
.PHONY: spdx
spdx:
	@.ci/spdx >$(BUILD)/LICENSES.spdx && cat $(BUILD)/LICENSES.spdx >LICENSES.spdx

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
	@echo 'make check-long    the same in full: all random rounds, largest sizes; the seed is PS_SEED or the date'
	@echo 'make check-asan    the tests of check under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make check-tsan    the same under ThreadSanitizer: the programs that create threads'
	@echo 'make check-perturbed  tests of threads that are held up at each atomic access: PERTURBED=random searches'
	@echo 'make check-model   models of what threads do to each other, explored by spin: T=ring, say'
	@echo 'make check-helgrind  the order of locks, by valgrind: some minutes'
	@echo 'make coverage      how much of lib/ the tests run: a table, and pages in $(BUILD)/coverage/html; T=words'
	@echo 'make mutate        changes lib/ at random, and tells which changes no test notices: NUMBER=100 PS_SEED=1'
	@echo "                   IN='lib/queue lib/plan' KINDS=order JOBS=2 AGAIN=yes: see the top of test/mutate"
	@echo 'make check-packages  an installed copy, the tarball and the Debian packages'
	@echo 'make check-hosts   the examples in editors, runtimes, event loops: T=hosts/test_neovim, say'
	@echo 'make check-oniguruma  the tests of patterns with the Onigurumas of Debian: SUITES=$(SUITES)'
	@echo "make check-machines  the tests for other processors, C libraries, compilers and suites of Debian: hours; or, with"
	@echo "                   MACHINES='s390x musl', for these of the table in .ci/machines"
	@echo 'make check-header, check-abi, check-arrows, check-docs'
	@echo '                   single tests: header, symbols, includes, manual; installcheck: an installed copy'
	@echo 'make record-abi    records the ABI as it is, after an intended change: test/data/layout/, test/data/abi/'
	@echo 'make fuzz          tries hostile input, with clang and libFuzzer: TARGET=one of'
	@echo '                   $(FUZZ_TARGETS); FUZZ=options of libFuzzer'
	@echo 'make fuzz-all      each of these for FUZZ_SECONDS=$(FUZZ_SECONDS), side by side, with a line for each'
	@echo 'make soak          hundreds of searches at once, for SECONDS=$(SECONDS), in FILES=$(FILES) files and in files'
	@echo '                   that change; soak-python, soak-node: the same from these'
	@echo 'make lint          clang-tidy, cppcheck, mandoc, shellcheck, codespell'
	@echo "make man           writes the command's options, from their table, into man/psearch.1"
	@echo 'make bench         measures, and compares with other greps; CASES=...: see bench/run --help'
	@echo 'make install       installs: PREFIX=$(PREFIX) DESTDIR=; make uninstall removes it'
	@echo 'make dist          packs the files that git tracks: $(BUILD)/psearch-$(VERSION).tar.gz, the same bytes each time'
	@echo 'make spdx          writes LICENSES.spdx, the list of what the library depends on'
	@echo 'make analyze       gcc 12 and clang look for paths on which memory is misused: several minutes'
	@echo 'make clean         removes $(BUILD)/'
	@echo 'Variables: BUILD, CC, CPPFLAGS, CFLAGS, LDFLAGS, SANITIZE=address,undefined or thread,'
	@echo '           DEBUG=1 (the library checks its invariants as it runs), V=1 (prints the commands),'
	@echo '           WITHOUT=formats of compressed files to leave out, or json; built in: $(FORMATS)'
	@echo '           HARDEN=no (without what makes mistakes in memory harder to exploit),'
	@echo '           SHARED=yes (the command needs the shared library),'
	@echo '           LINK_FORMATS=1 links their libraries, which are loaded otherwise'

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)

endif
