# SPDX-License-Identifier: GPL-2.0
#
# Kbuild has the module, userlib/Makefile the library, selftests/ everything that
# runs in a virtual machine; "make help" says what can be asked for here.

# Headers of the running kernel, or else the newest that are there.
MODULES_DIR ?= /lib/modules
KDIRS := $(patsubst %/Makefile,%,$(shell ls -dv $(MODULES_DIR)/*/build/Makefile 2>/dev/null))
RUNNING := $(filter %/$(shell uname -r)/build,$(KDIRS))
KDIR ?= $(or $(RUNNING),$(lastword $(KDIRS)))
no-headers = no kernel headers found: install linux-headers-amd64, or set KDIR
several = there are no headers of the running kernel; taken: $(KDIR); choose with KDIR=..., one of $(KDIRS)
need-kdir = $(if $(KDIR),,$(error $(no-headers)))\
	$(if $(wildcard $(KDIR)/Makefile),,$(error KDIR=$(KDIR): no kernel headers are there))\
	$(if $(or $(RUNNING),$(filter-out file,$(origin KDIR))),,$(if $(word 2,$(KDIRS)),$(info $(several))))
# Of module, library and packages.
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
VM := selftests/vm

ifneq ($(word 2,$(CURDIR)),)
ifneq ($(filter-out userlib install uninstall help,$(or $(MAKECMDGOALS),all)),)
$(error a path with a space is nothing for the kernel's makefiles: move "$(CURDIR)")
endif
endif

.PHONY: all modules userlib run check check-kernels check-debug check-all check-arm64 coverage shell \
	bench bench-threads bench-readme programs stress install modules_install device_install \
	dkms uninstall dist deb deb-check clean help

all: modules userlib		## hostmem.ko and libhostmem, with nothing installed
modules:			## hostmem.ko for the kernel headers KDIR=... (default: the running kernel's)
	$(need-kdir)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules
userlib:			## libhostmem.a and libhostmem.so
	$(MAKE) -C userlib

run:				## a tour of the module in a virtual machine
	$(VM)/deps build vm
	$(MAKE) -s -C userlib
	$(MAKE) -s -C selftests/tour
	$(VM)/run --add selftests/tour/tour -- tour
# Of some tests, how much of the module they have run says nothing.
COVERAGE := $(if $(T),,--coverage build/coverage)
CHECK := selftests/check $(addprefix --test ,$(T))
check:				## all tests, or T="commit heap_test"; the last line: N passed, N failed
	$(CHECK)
check-kernels:			## the same on Linux 6.1, 6.12 and the latest that Debian has
	$(CHECK) --kernel 6.1 --kernel 6.12 --kernel latest
check-debug:			## the same on a kernel with KASAN, lockdep, kmemleak and more
	$(CHECK) --kernel debug $(COVERAGE)
check-all:			## the same on all four; some with page tables of five levels, on rt, on arm64
	$(CHECK) --kernel 6.1 --kernel 6.12 --kernel latest --kernel debug \
		--kernel 6.12-la57 --kernel 6.12-rt-short --kernel 6.1-arm64 $(COVERAGE)
check-arm64:			## those that run in virtual machines, on arm64: Linux 6.1, 6.12 and the latest
	$(CHECK) --arch arm64 --kernel 6.1 --kernel 6.12 --kernel latest
coverage:			## which lines of the module check-debug or check-all have run
	$(VM)/coverage build/coverage
shell:				## a shell in a virtual machine with the module loaded
	$(VM)/run --shell
KERNEL ?= 6.1
bench:				## the costs beside those of mmap, mprotect and madvise: KERNEL=6.1
	selftests/bench/run --kernel $(KERNEL)
bench-threads:			## two threads beside one, by time: KERNEL=6.1
	selftests/bench/run --kernel $(KERNEL) --threads
bench-readme:			## puts what the two have found into the tables of the READMEs
	for readme in README.md selftests/bench/README.md; do \
		selftests/bench/report.py readme $$readme $(wildcard \
			$(foreach kernel,6.1 6.12 latest,build/bench/$(kernel).json \
			build/bench/$(kernel)-threads.json \
			build/bench/arm64-$(kernel).json)) || exit; done
programs:			## real programs on hostmem and on their own memory: NAMES="redis ..."
	selftests/programs/run $(NAMES)
# The timeout leaves time to boot, and to shrink what fails.
SECONDS ?= 600
stress:				## random calls against a model: SECONDS=600 KERNEL=6.1 SEED=... THREADS=4
	$(VM)/deps build vm
	$(MAKE) -s -C userlib
	$(MAKE) -s -C selftests/model
	$(VM)/run --kernel $(KERNEL) --timeout $$(($(SECONDS) * 2 + 600)) \
		--add selftests/model/stress -- stress --seconds $(SECONDS) \
		$(if $(SEED),--seed $(SEED)) $(if $(THREADS),--threads $(THREADS))

install:			## library and headers; DESTDIR, PREFIX and LIBDIR are honoured
	$(MAKE) -C userlib install
modules_install: modules device_install	## the module for the kernel of KDIR; DESTDIR is honoured
# Unsigned: the key that kernel packages are signed with is not in their headers.
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) CONFIG_MODULE_SIG_ALL= modules_install
	$(if $(DESTDIR),,depmod "$$(modinfo -F vermagic hostmem.ko | cut -d " " -f 1)")
	@module/dist/secure_boot.sh
# What the two beside install, too: file of module/dist, and where it goes below /usr/lib.
DEVICE_FILES := 60-hostmem.rules:udev/rules.d/60-hostmem.rules hostmem.sysusers:sysusers.d/hostmem.conf \
	hostmem.modules-load:modules-load.d/hostmem.conf hostmem.modprobe:modprobe.d/hostmem.conf
device_install:			## who may open the device: group hostmem; load at boot; parameters
	set -e; for pair in $(DEVICE_FILES); do \
		install -D -m 644 "module/dist/$${pair%:*}" "$(DESTDIR)/usr/lib/$${pair#*:}"; \
	done
	$(if $(DESTDIR),,systemd-sysusers hostmem.conf || groupadd -rf hostmem)
dkms:				## the module for every kernel to come, through DKMS
	@DESTDIR=$(DESTDIR) module/dist/dkms.sh check
	$(MAKE) device_install
	DESTDIR=$(DESTDIR) module/dist/dkms.sh install $(VERSION) dkms.conf Kbuild module uapi
uninstall:			## what the four above have put there goes; the group hostmem stays
	$(MAKE) -C userlib uninstall
	DESTDIR=$(DESTDIR) module/dist/dkms.sh remove
	DESTDIR=$(DESTDIR) module/dist/uninstall.sh $(foreach pair,$(DEVICE_FILES),\
		/usr/lib/$(lastword $(subst :, ,$(pair))))

dist:				## a release: build/hostmem-VERSION.tar.xz, of what git knows
	module/dist/dist.sh $(VERSION)
REVISION ?= 1
deb:				## Debian packages in build/deb; REVISION=N
	$(VM)/deps build deb
	$(MAKE) dist
	module/dist/deb.sh $(VERSION) $(REVISION)
deb-check:			## the same in clean Debian 12 and 13: installed, used, upgraded, purged
	selftests/host/deb.sh bookworm trixie

clean:				## removes what was built here, not what was downloaded
	$(if $(KDIR),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C userlib clean
	$(MAKE) -C selftests/tour clean
	$(MAKE) -C selftests/bench clean
	$(MAKE) -C selftests/model clean
	rm -rf build

help:				## this table
	@sed -n 's/^\([a-z0-9_-]*\):[^#]*##/\1/p' Makefile | while read -r name text; do \
		printf '  make %-16s%s\n' "$$name" "$$text"; done
	@echo '  DEPS=no, for run, check..., coverage, shell, bench..., programs, stress and deb: install no packages, say which are missing'
