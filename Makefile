# Tallystick: build, check, try. `make help` lists the targets.
#
# Objects go to build/ (or B=DIR), programs to $(B)/bin. MODE=release|debug|asan|tsan|cov|fuzz picks the flags; a mode
# other than release has a folder of its own below build/.

MODE ?= release
B ?= $(if $(filter release,$(MODE)),build,build/$(MODE))
CC ?= cc
PREFIX ?= /usr/local
DESTDIR ?=
PKG_CONFIG ?= pkg-config
SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wvla -Werror -Wmissing-prototypes -Wwrite-strings -Wformat=2
MODE_release := -O2 -g -D_FORTIFY_SOURCE=2
MODE_debug := -O0 -g3
MODE_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
MODE_tsan := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
MODE_cov := -O0 -g --coverage -DTALLY_GROW_LITTLE
MODE_fuzz := $(MODE_asan) -fsanitize-coverage=trace-pc
ifeq ($(MODE_$(MODE)),)
$(error MODE=$(MODE) is none of release debug asan tsan cov fuzz)
endif

CFLAGS ?=
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -Iinclude -I$(B)/gen $(WARNINGS) -fstack-protector-strong -fPIE $(MODE_$(MODE)) $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed $(filter -fsanitize% --coverage,$(MODE_$(MODE))) $(LDFLAGS)

libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)
cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
LIBPQ = $(call libs,libpq)
CRYPTO = $(call libs,libcrypto libsodium)
JANSSON = $(call libs,jansson)
GMP = -lgmp
MHD = $(call libs,libmicrohttpd)
CURL = $(call libs,libcurl)
ZLIB = $(call libs,zlib)
CMOCKA = $(call libs,cmocka)
SSL = $(call libs,libssl)

# ---- one archive for each layer, so that a call to a layer that may not be used does not link ----
# name: the folders whose .c files it holds
LAYERS := base pg format verify append read terms engine model store command replay http server
DIR_base := base
DIR_pg := base/pg
DIR_format := ledger/format
DIR_verify := ledger/verify
DIR_append := ledger/append
DIR_read := ledger/read
DIR_terms := contracts/terms
DIR_engine := contracts/engine
DIR_model := contracts/model
DIR_store := contracts/store
DIR_command := api/command
DIR_replay := api/replay
DIR_server := api/server
# the http port alone, for whatever serves: the service, and a witness
HTTP_SOURCES := $(addprefix api/server/,crew.c gate.c http_mhd.c problem.c stream.c)
# what a layer may call, nearest first (each name's archive follows it on the link line)
USES_base :=
USES_pg := base
USES_format := base
USES_verify := format base
USES_append := read format pg base
USES_read := format pg base
USES_terms := base
USES_engine := terms base
USES_model := engine terms base
USES_store := model engine terms pg base
USES_command := format model engine terms base
USES_replay := verify command format model engine terms base
USES_http := base
USES_server := http store command model engine terms append read verify format pg base
EXT_base =
EXT_pg = $(LIBPQ)
EXT_format = $(CRYPTO)
EXT_verify = $(CRYPTO)
EXT_append = $(CRYPTO) $(LIBPQ) -lpthread
EXT_read = $(CRYPTO) $(LIBPQ)
EXT_terms = $(GMP)
EXT_engine = $(GMP)
EXT_model = $(GMP)
EXT_store = $(LIBPQ) $(GMP)
EXT_command = $(JANSSON) $(CRYPTO) $(GMP)
EXT_replay = $(JANSSON) $(CRYPTO) $(GMP) -lpthread
EXT_http = $(MHD) -lpthread
EXT_server = $(MHD) $(JANSSON) $(CRYPTO) $(LIBPQ) $(GMP) -lpthread

sources = $(if $(filter http,$(1)),$(HTTP_SOURCES),$(filter-out $(HTTP_SOURCES),$(sort $(wildcard $(DIR_$(1))/*.c))))
objects = $(patsubst %.c,$(B)/obj/%.o,$(call sources,$(1)))
# programs' main files are not part of the server's archive
objects_server = $(filter-out $(B)/obj/api/server/main.o,$(call objects,server))

GENERATED_pg := $(B)/obj/gen/queries.o $(B)/obj/gen/migrations.o
QUERIES := $(sort $(wildcard sql/queries/*.sql))
MIGRATIONS := $(sort $(wildcard sql/migrations/*.sql))

.PHONY: help
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
.DEFAULT_GOAL := help

define layer_rule
$(B)/lib/lib$(1).a: $(if $(filter server,$(1)),$$(objects_server),$$(call objects,$(1))) $$(GENERATED_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rule,$(layer))))

archives = $(foreach layer,$(1),$(B)/lib/lib$(layer).a)

$(B)/obj/%.o: %.c | $(B)/gen/queries.h
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@
# only base/pg sees libpq's header
$(B)/obj/base/pg/%.o: ALL_CFLAGS += $(call cflags,libpq)
$(B)/obj/gen/%.o: $(B)/gen/%.c | $(B)/gen/queries.h
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@
$(B)/gen/queries.h: $(QUERIES) sql/embed.sh
	@mkdir -p $(@D)
	@sql/embed.sh header $(QUERIES) > $@
$(B)/gen/queries.c: $(QUERIES) sql/embed.sh
	@mkdir -p $(@D)
	@sql/embed.sh source $(QUERIES) > $@
$(B)/gen/migrations.c: $(MIGRATIONS) sql/embed.sh
	@mkdir -p $(@D)
	@sql/embed.sh migrations $(MIGRATIONS) > $@

# .incbin is nothing that -MMD sees
$(B)/obj/api/server/openapi.o: api/openapi.yaml

# ---- programs ----
PROGRAMS := tallyd tally tally-verify
CLI_SOURCES := $(sort $(wildcard api/cli/*.c))
VERIFY_MAIN := api/cli/tally_verify.c
VERIFY_SOURCES := $(sort $(wildcard api/cli/verify_*.c)) $(VERIFY_MAIN)
TALLY_SOURCES := $(filter-out $(VERIFY_SOURCES),$(CLI_SOURCES))
LAYERS_tallyd := server $(USES_server)
LAYERS_tally := http command model engine terms format base
LAYERS_verify := replay verify command model engine terms format base

$(B)/bin/tallyd: $(B)/obj/api/server/main.o $(call archives,$(LAYERS_tallyd))
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(EXT_server)
$(B)/bin/tally: $(patsubst %.c,$(B)/obj/%.o,$(TALLY_SOURCES)) $(call archives,$(LAYERS_tally))
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(MHD) $(CURL) $(JANSSON) $(CRYPTO) $(ZLIB) $(GMP) -lpthread -lm
$(B)/bin/tally-verify: $(patsubst %.c,$(B)/obj/%.o,$(VERIFY_SOURCES)) $(call archives,$(LAYERS_verify))
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(JANSSON) $(CRYPTO) $(ZLIB) $(GMP) -lpthread

.PHONY: all programs
programs: $(addprefix $(B)/bin/,$(PROGRAMS))
# a new make after deps: what pkg-config says may have changed
again = +@$(MAKE) --no-print-directory -j$(JOBS)
JOBS ?= $(shell nproc)
all: deps ## tallyd, tally and tally-verify in build/bin
	$(again) programs

# ---- tests: one program for each tests/{unit,vectors,property,fault,integration,http,interop}/**/*_test.c ----
# The first folder below tests/unit names the layer that is tested, and so what the test may link.
TEST_KINDS := unit vectors property fault integration http interop
TEST_SOURCES := $(sort $(foreach kind,$(TEST_KINDS),$(shell find tests/$(kind) -name '*_test.c' 2>/dev/null)))
TEST_NAMES := $(patsubst tests/%.c,%,$(TEST_SOURCES))
TEST_BINS := $(patsubst tests/%.c,$(B)/tests/%,$(TEST_SOURCES))
SUPPORT := $(patsubst %.c,$(B)/obj/%.o,$(sort $(wildcard tests/support/*.c)))
PURE_LAYERS := replay verify command model engine terms format base
# the layers that a test links, by where it lies; anything unlisted links everything
BASE_TESTS := tests/integration/pg_test.c tests/integration/migrate_test.c tests/fault/alloc_test.c
test_layers = $(strip $(or $(if $(filter tests/unit/base/% $(BASE_TESTS),$(1)),pg base),\
  $(if $(filter tests/unit/format/% tests/unit/verify/%,$(1)),verify format base),\
  $(if $(filter tests/vectors/% tests/property/%,$(1)),$(PURE_LAYERS)),\
  $(if $(filter tests/unit/terms/%,$(1)),terms base),$(if $(filter tests/unit/engine/%,$(1)),engine terms base),\
  $(if $(filter tests/unit/model/%,$(1)),model engine terms format base),\
  $(if $(filter tests/unit/replay/%,$(1)),replay $(USES_replay)),\
  $(if $(filter tests/unit/command/%,$(1)),command model engine terms format base),\
  server $(USES_server)))
test_support = $(if $(filter tests/unit/% tests/vectors/% tests/property/%,$(1)),,\
  $(if $(filter $(BASE_TESTS),$(1)),$(B)/obj/tests/support/cluster.o,$(SUPPORT)))

define test_rule
$(patsubst tests/%.c,$(B)/tests/%,$(1)): $(patsubst %.c,$(B)/obj/%.o,$(1)) $$(call test_support,$(1)) $(call archives,$(call test_layers,$(1)))
	@mkdir -p $$(@D)
	@$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(CMOCKA) $$(MHD) $$(CURL) $$(JANSSON) $$(SSL) $$(CRYPTO) $$(ZLIB) $$(LIBPQ) $$(GMP) -lpthread -lm
endef
$(foreach test,$(TEST_SOURCES),$(eval $(call test_rule,$(test))))
$(filter $(B)/tests/property/%,$(TEST_BINS)) $(B)/tests/integration/cli_from_json_test $(B)/tests/unit/terms/format_test: $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/property/random_*.c))
.PHONY: tests interop
tests: $(TEST_BINS)
# other people's programs that tests/interop runs; a test that cannot have its own is skipped, with the reason
interop:
	@tests/interop/prepare.sh $(B)/interop

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# ---- what people type ----
.PHONY: deps deps-interop test test-interop test-faults test-evaluators check test-release test-asan test-tsan lint demo run bench install uninstall clean dist-check
deps:
	@./.ci/deps
deps-interop: deps
	@./.ci/deps interop || echo "Without them the tests of tests/interop that need them are skipped."
test: deps-interop ## every test, plain and under ASan and UBSan
	$(again) programs tests interop
	$(again) MODE=asan programs tests interop
	@tests/run.sh $(foreach dir,build build/asan,$(addprefix $(dir)/tests/,$(TEST_NAMES)))
	$(again) fuzz-short
test-release: deps-interop ## every test of the release build alone
	$(again) programs tests interop
	@tests/run.sh $(addprefix build/tests/,$(TEST_NAMES))
test-asan: deps-interop ## every test under ASan and UBSan
	$(again) MODE=asan programs tests interop
	@tests/run.sh $(addprefix build/asan/tests/,$(TEST_NAMES))
test-tsan: deps-interop ## every test under TSan
	$(again) MODE=tsan programs tests interop
	@tests/run.sh $(addprefix build/tsan/tests/,$(TEST_NAMES))
test-interop: deps-interop ## programs that are not ours read, verify and write what this one does; a part of test
	$(again) programs interop $(filter $(B)/tests/interop/%,$(TEST_BINS))
	@tests/run.sh $(filter $(B)/tests/interop/%,$(TEST_BINS))
# minutes long, so it is no part of check; its last figures are in tests/README.md
ROUNDS ?= 1000
test-faults: deps ## kill -9 of tallyd and of its PostgreSQL under load, ROUNDS (1000) times
	$(again) $(B)/bin/tallyd $(B)/bin/tally-verify $(B)/tests/fault/service_fault_test
	@ROUNDS=$(ROUNDS) TEST_TIMEOUT_S=$$((600 + $(ROUNDS) * 5)) TEST_VERBOSE=1 tests/run.sh $(B)/tests/fault/service_fault_test
STEPS ?= 1000000
test-evaluators: deps ## the engine's session beside the evaluation from nothing, STEPS (1,000,000) random steps
	$(again) $(B)/tests/property/evaluators_test
	@STEPS=$(STEPS) SEED=$(or $(SEED),1000) TEST_TIMEOUT_S=$$((600 + $(STEPS) / 200)) TEST_VERBOSE=1 tests/run.sh $(B)/tests/property/evaluators_test
# the tests that need neither a database nor a program: what they do not reach of the language is listed
COVERED := contracts/terms contracts/engine
COVERING := $(filter unit/terms/% unit/engine/% unit/command/% vectors/%,$(TEST_NAMES))
coverage: deps ## lines of the language that no test runs
	$(again) MODE=cov $(addprefix build/cov/tests/,$(COVERING))
	@find build/cov -name '*.gcda' -delete
	@tests/run.sh $(addprefix build/cov/tests/,$(COVERING))
	@tests/coverage.sh build/cov $(COVERED)
check: lint test test-tsan ## lint, and every test plain, under ASan and UBSan, and under TSan

lint: ## layout, layers, bans, static analysis
	@./.ci/deps build lint
	$(again) programs
	@B=$(B) ./.ci/lint

demo: deps ## the whole story in under a minute
	$(again) programs
	@api/cli/demo.sh $(B)/bin

run: deps ## start the service, with a ledger in ./tallystick-data
	$(again) programs
	@api/cli/run.sh '$(B)/bin' '$(or $(DATA),tallystick-data)'

bench: deps ## figures, their bounds, and build/bench.json
	$(again) programs $(B)/tests/bench/bench $(addprefix $(B)/tests/bench/,bench_engine bench_model bench_verify bench_replay bench_large)
	@tests/bench/bench.sh $(B)

install: programs ## into $(DESTDIR)$(PREFIX)
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/tallystick/templates'
	install -m 755 $(addprefix $(B)/bin/,$(PROGRAMS)) '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 contracts/templates/* '$(DESTDIR)$(PREFIX)/share/tallystick/templates'
	install -m 644 api/openapi.yaml README.md api/HOWTO.md '$(DESTDIR)$(PREFIX)/share/tallystick'
	install -m 644 contracts/terms/README.md '$(DESTDIR)$(PREFIX)/share/tallystick/terms-manual.md'
uninstall: ## what install put there
	rm -f $(foreach program,$(PROGRAMS),'$(DESTDIR)$(PREFIX)/bin/$(program)')
	rm -rf '$(DESTDIR)$(PREFIX)/share/tallystick'
clean: ## remove everything that was built
	rm -rf build

$(B)/tests/bench/bench $(B)/tests/bench/bench_large: $(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(B)/obj/tests/bench/load.o $(B)/obj/tests/bench/ready.o $(call archives,format base)
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO) -lpthread

$(B)/tests/bench/bench_verify: $(B)/obj/tests/bench/bench_verify.o $(B)/obj/tests/bench/load.o $(call archives,format base)
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO) -lpthread

$(B)/tests/bench/bench_replay: $(B)/obj/tests/bench/bench_replay.o $(call archives,$(PURE_LAYERS))
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA) $(JANSSON) $(CRYPTO) $(GMP) -lpthread

$(B)/tests/bench/bench_model: $(B)/obj/tests/bench/bench_model.o $(call archives,model engine terms format base)
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO) $(GMP)

$(B)/tests/bench/bench_engine: $(B)/obj/tests/bench/bench_engine.o $(call archives,engine terms base)
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(GMP)

# ---- fuzzing: clang's libFuzzer under ASan and UBSan; FUZZ_SECONDS for each target ----
FUZZ_SECONDS ?= 60
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SOURCES = $(foreach layer,replay command model engine terms verify format base,$(call sources,$(layer)))
.PHONY: fuzz
fuzz: ## each parser, FUZZ_SECONDS (60) long
	@./.ci/deps build lint
	@mkdir -p build/fuzz
	@for name in $(FUZZ_NAMES); do \
	    clang -std=c17 -D_GNU_SOURCE -Iinclude -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	        tests/fuzz/fuzz_$$name.c $(FUZZ_SOURCES) -o build/fuzz/$$name $(JANSSON) $(CRYPTO) $(GMP) -lpthread || exit 1; \
	    mkdir -p build/fuzz/corpus.$$name; \
	    echo "fuzz $$name, $(FUZZ_SECONDS) s"; \
	    build/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build/fuzz/ \
	        build/fuzz/corpus.$$name >build/fuzz/$$name.log 2>&1 || { tail -n 40 build/fuzz/$$name.log; exit 1; }; \
	    grep -E 'number_of_executed_units|peak_rss' build/fuzz/$$name.log; \
	done

# ---- the same without clang: the pure parsers of the language, of trust policies, archives, notes and receipts, and replay, under gcc's ASan and UBSan, by tests/fuzz/driver.c; a minute in all ----
SHORT_SECONDS ?= 60
SHORT_SEED ?= 1
SHORT_NAMES := terms check solve policy archive note replay
SHORT_SEEDS := $(sort $(wildcard contracts/templates/*.terms tests/fuzz/seeds/*.terms))
# what decides which places are new is no place itself
$(B)/obj/tests/fuzz/driver.o: ALL_CFLAGS := $(filter-out -fsanitize-coverage%,$(ALL_CFLAGS))
$(B)/short/%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/driver.o $(call archives,$(PURE_LAYERS))
	@mkdir -p $(@D)
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(GMP) $(JANSSON) $(CRYPTO) -lpthread
.PHONY: fuzz-short
.SECONDARY: $(addprefix $(B)/obj/tests/fuzz/fuzz_,$(addsuffix .o,$(SHORT_NAMES)))
fuzz-short: ## the parsers of the language, of policies, archives and notes, and replay, SHORT_SECONDS (60) for all; what fails is left in build/fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=fuzz $(addprefix build/fuzz/short/,$(SHORT_NAMES))
	@printf '%s\n' $(SHORT_NAMES) | ASAN_OPTIONS=hard_rss_limit_mb=2048:abort_on_error=1 UBSAN_OPTIONS=abort_on_error=1:print_stacktrace=1 xargs -P $(JOBS) -I{} tests/fuzz/short.sh build/fuzz/short/{} \
	    $$(( $(SHORT_SECONDS) * $(JOBS) / $(words $(SHORT_NAMES)) )) $(SHORT_SEED) $(SHORT_SEEDS)
