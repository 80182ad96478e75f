# syncd and sync: build, test, install.  GNU make, pkg-config, cc; nothing here but `demo`, `check` and `deps` calls apt.
#
#   make                     build/release/syncd, syncc, and sync (the dispatcher); share/: man pages, completions
#   make demo                install what building needs, build, and show a push, a stale push, a pull and a removal
#   make check               install what the tests need, then `make test`
#   make test                layer and style checks, unit tests, scenarios, wire, race and crash tests
#   make unit T='etag*'      unit tests whose names match;  make scenarios T=push  likewise
#   make model T='1 2000'    more random histories of two-way sync than `make test` runs;  make model-mutations  has the model teeth?
#   make MODE=asan test      the same under AddressSanitizer + UBSan; MODE=tsan under ThreadSanitizer
#   make fuzz                every fuzz target for FUZZ_SECONDS (needs clang);  make coverage  (needs gcovr)
#   make bench               compare with nginx in the same run (tests/bench; needs wrk);  make bench-store  gc, fsck, backup, large GETs
#   make format | lint       clang-format in place | cppcheck and clang-tidy
#   make install             programs, man pages, completions; honours DESTDIR and PREFIX;  make uninstall
#   make deb                 Debian packages in build/deb;  make check-deb  checks them as an archive would, and in chroots

VERSION := 0.1.0
PREFIX  ?= /usr/local
MODE    ?= release
B       := build/$(MODE)
FUZZ_SECONDS ?= 60

# CFLAGS, CPPFLAGS and LDFLAGS belong to the caller; ours are kept apart.
CFLAGS ?= -O2 -g
PKGS_COMMON := libcrypto sqlite3 inih libutf8proc expat
PKGS_SERVER := libevent_core libevent_extra libevent_openssl libssl libcrypt libseccomp
PKGS_CLIENT := libcurl
# PAM=no leaves it out, as does a machine without its headers.
PAM ?= $(if $(shell pkg-config --exists pam && echo yes),yes,no)
PKGS_SERVER += $(if $(filter yes,$(PAM)),pam)
PKGS_TEST   := cmocka
DEPS_BUILD  := gcc libc6-dev pkg-config libevent-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev libinih-dev libutf8proc-dev \
	uthash-dev libexpat1-dev libcrypt-dev libseccomp-dev libpam0g-dev openssl
DEPS_TEST   := $(DEPS_BUILD) libcmocka-dev ca-certificates curl python3 nginx-light libnginx-mod-http-dav-ext apache2-bin haproxy clang libclang-rt-14-dev clang-format \
	clang-tidy cppcheck e2fsprogs mount media-types procps litmus rclone cadaver davfs2 gvfs-backends \
	libglib2.0-bin dbus ntfs-3g exfat-fuse exfatprogs faketime $(if $(shell command -v npm),,nodejs npm)
DEPS_DEB    := lintian devscripts mandoc bash zsh fish mmdebstrap systemd-container autopkgtest apparmor gcc libc6-dev

std  := -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' -I. -pthread
warn := -Wall -Wextra -Wpedantic -Wno-gnu -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wjump-misses-init
mode.release := -fstack-protector-strong
mode.ci      := -fstack-protector-strong -Werror
mode.asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Werror
mode.tsan    := -O1 -fsanitize=thread -Werror
mode.cov     := -O0 --coverage -DHAS_COVERAGE=1
mode.fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(MODE),fuzz)
CC   := clang
warn := -Wall -Wno-gnu
endif
# V=1 shows the commands.
quiet = $(if $(V),,@echo '  $(1)  $@';)
pc         = $(shell pkg-config $(2) $(1))
all_cflags = $(CFLAGS) $(std) $(warn) $(mode.$(MODE))

# One object per source; the two main files stay out of what tests link.
src = $(sort $(wildcard $(1)/*.c $(1)/*/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))
COMMON := $(call obj,$(call src,common))
SERVER := $(call obj,$(filter-out server/main.c server/auth/pam$(if $(filter yes,$(PAM)),_none).c,$(call src,server)))
CLIENT := $(call obj,$(filter-out client/main.c,$(call src,client)))
TESTS  := $(call obj,$(call src,tests/unit))
MANUAL := $(call obj,$(wildcard packaging/man/*.c))
FUZZ   := $(patsubst tests/fuzz/%.c,$(B)/fuzz-%,$(wildcard tests/fuzz/*.c))

.PHONY: all demo check deps-build deps-test test unit model scenarios interop wire race crash layers style lint format fuzz fuzz-targets bench-webdav \
	bench-store bench-sync model-mutations coverage bench share install uninstall deb check-deb clean
all: $(B)/syncd $(B)/syncc $(B)/sync share

$(B)/syncd: $(B)/server/main.o $(SERVER) $(COMMON)
$(B)/syncc: $(B)/client/main.o $(CLIENT) $(COMMON)
$(B)/unit:  $(TESTS) $(SERVER) $(CLIENT) $(COMMON)
$(B)/syncd: pkgs = $(PKGS_SERVER) $(PKGS_COMMON)
$(B)/syncc: pkgs = $(PKGS_CLIENT) $(PKGS_COMMON)
$(B)/unit:  pkgs = $(PKGS_TEST) $(PKGS_SERVER) $(PKGS_CLIENT) $(PKGS_COMMON)
# Bound at the start: what binds later saves registers on the stack, with whatever was being copied, a password perhaps.
$(B)/syncd $(B)/syncc $(B)/unit:
	$(call quiet,LD)$(CC) $(all_cflags) -Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $(filter %.o,$^) $(call pc,$(pkgs),--libs)

# The engine of two-way sync with a server in memory in place of the network: what tests/model defines comes first.
$(B)/model: $(call obj,$(call src,tests/model)) $(CLIENT) $(COMMON)
	$(call quiet,LD)$(CC) $(all_cflags) $(LDFLAGS) -Wl,-z,muldefs -o $@ $^ $(call pc,$(PKGS_CLIENT) $(PKGS_COMMON),--libs)

# What tests/wire talks to: the server's lower layers with a handler of its own.
$(B)/echo: $(B)/tests/wire/echo.o $(filter $(B)/server/net/% $(B)/server/http/%,$(SERVER)) $(COMMON)
	$(call quiet,LD)$(CC) $(all_cflags) $(LDFLAGS) -o $@ $^ $(call pc,$(PKGS_SERVER) $(PKGS_COMMON),--libs)

# The name `sync`: hands our words to syncc, everything else to the system's sync.
$(B)/sync: $(B)/packaging/alias/dispatch.o
	$(call quiet,LD)$(CC) $(all_cflags) $(LDFLAGS) -o $@ $<
$(B)/packaging/alias/dispatch.o: std += -DCLIENT='"$(PREFIX)/bin/syncc"'

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(all_cflags) -MMD -MP -c -o $@ $<

demo: deps-build
	$(MAKE) -j$(shell nproc) all
	packaging/demo $(B)
check: deps-test
	$(MAKE) test
deps-build deps-test: deps-%:
	packaging/install-deps $(if $(filter build,$*),$(DEPS_BUILD),$(DEPS_TEST))

# Built on all cores, then run one kind after the other.
test:
	$(MAKE) -j$(shell nproc) all $(B)/unit $(B)/model $(B)/echo
	$(MAKE) -j1 layers style unit model scenarios interop wire race crash
unit: $(B)/unit
	$(B)/unit $(if $(T),'$(T)')
model: $(B)/model
	$(B)/model $(T)
# Each change that loses data must be seen by it; half an hour.
model-mutations:
	tests/model/mutate $(if $(T),'$(T)')
scenarios: all
	tests/run $(B) scenario $(T)
interop: all
	tests/run $(B) interop $(T)
wire: all $(B)/echo
	tests/run $(B) wire $(T)
race: all
	tests/run $(B) race $(T)
crash: all
	tests/run $(B) crash $(T)
layers:
	tests/layers
style:
	tests/style
lint:
	tests/lint $(B)
format:
	clang-format -i $$(find client common packaging server tests -name '*.[ch]')
fuzz:
	$(MAKE) -j$(shell nproc) MODE=fuzz fuzz-targets
	tests/fuzz/run build/fuzz $(FUZZ_SECONDS)
fuzz-targets: $(FUZZ)
$(B)/fuzz-%: $(B)/tests/fuzz/%.o $(SERVER) $(CLIENT) $(COMMON)
	$(call quiet,LD)$(CC) $(all_cflags) -fsanitize=fuzzer -o $@ $^ $(call pc,$(PKGS_SERVER) $(PKGS_CLIENT) $(PKGS_COMMON),--libs)
coverage:
	@command -v gcovr >/dev/null || { echo 'make coverage needs gcovr: apt-get install gcovr' >&2; exit 1; }
	$(MAKE) MODE=cov test
	gcovr --root . --exclude tests --object-directory build/cov --print-summary
bench-webdav: all
	tests/bench/webdav $(B)
bench-store: all $(B)/putmany
	tests/bench/store $(B) $(T)
bench-sync: all
	tests/bench/sync $(B) $(T)
bench: all $(B)/putmany
	tests/bench/run $(B) $(T)
$(B)/putmany: $(B)/tests/bench/putmany.o $(COMMON)
	$(call quiet,LD)$(CC) $(all_cflags) $(LDFLAGS) -o $@ $^ $(call pc,$(PKGS_CLIENT) $(PKGS_COMMON),--libs)

# What goes to PREFIX/share: man pages (packaging/man/*.mdoc, with the tables of the code where they name them), and completions,
# which the client prints for the name that it is called by.
SHARE := $(foreach page,$(patsubst packaging/man/%.mdoc,%,$(wildcard packaging/man/*.mdoc)),man/man$(subst .,,$(suffix $(page)))/$(page)) \
	$(foreach name,syncc sync,bash-completion/completions/$(name) zsh/site-functions/_$(name) fish/vendor_completions.d/$(name).fish)
share: $(addprefix $(B)/share/,$(SHARE))
$(B)/manual: $(MANUAL) $(SERVER) $(CLIENT) $(COMMON)
	$(call quiet,LD)$(CC) $(all_cflags) $(LDFLAGS) -o $@ $^ $(call pc,$(PKGS_SERVER) $(PKGS_CLIENT) $(PKGS_COMMON),--libs)
$(B)/share/man/%: $(B)/manual $(wildcard packaging/man/*.mdoc)
	$(call quiet,MAN)mkdir -p $(@D) && $(B)/manual <packaging/man/$(@F).mdoc >$@.part && mv $@.part $@
complete = $(call quiet,GEN)mkdir -p $(@D) $(B)/as && ln -sf ../syncc $(B)/as/$* && $(B)/as/$* completion $(1) >$@.part && mv $@.part $@
$(B)/share/bash-completion/completions/%: $(B)/syncc
	$(call complete,bash)
$(B)/share/zsh/site-functions/_%: $(B)/syncc
	$(call complete,zsh)
$(B)/share/fish/vendor_completions.d/%.fish: $(B)/syncc
	$(call complete,fish)

USER_UNITS := lib/systemd/user
install: all
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin $(B)/syncd $(B)/syncc $(B)/sync
	for f in $(SHARE); do install -D -m 0644 $(B)/share/$$f $(DESTDIR)$(PREFIX)/share/$$f || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/$(USER_UNITS)
	sed 's,/usr/bin/,$(PREFIX)/bin/,' packaging/sync-watch@.service >$(DESTDIR)$(PREFIX)/$(USER_UNITS)/sync-watch@.service
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,syncd syncc sync) $(addprefix $(DESTDIR)$(PREFIX)/share/,$(SHARE)) \
	  $(DESTDIR)$(PREFIX)/$(USER_UNITS)/sync-watch@.service
deb:
	packaging/build-deb $(VERSION)
check-deb: deb
	packaging/install-deps $(DEPS_DEB) || echo 'check-deb: what needs them is skipped'
	mkdir -p build/check-deb && rm -f build/check-deb/no-base
	MODE=$(MODE) JOBS=1 tests/run build/check-deb packaging $(T)
clean:
	rm -rf build

-include $(patsubst %.o,%.d,$(COMMON) $(SERVER) $(CLIENT) $(TESTS) $(B)/server/main.o $(B)/client/main.o $(B)/packaging/alias/dispatch.o \
	$(MANUAL) $(B)/tests/wire/echo.o $(FUZZ:$(B)/fuzz-%=$(B)/tests/fuzz/%.o))
