#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: which kernel's headers "make" takes, and what it says if it can't tell, or
# if the tree's path has a space; and what is said of Secure Boot. Headers and the
# firmware's variables are faked.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
cd "$(dirname "$0")/../.."
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES KDIR

mkdir "$tmp/bin" "$tmp/modules"
# shellcheck disable=SC2016 # that script expands it
printf '#!/bin/sh\ncase $1 in -r) echo 6.1-running ;; *) exec /bin/uname "$@" ;; esac\n' >"$tmp/bin/uname"
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/mokutil"
chmod +x "$tmp"/bin/*
export PATH=$tmp/bin:$PATH

# headers RELEASE: there are some, which say that they were taken.
headers()
{
	mkdir -p "$tmp/modules/$1/build"
	printf 'modules:\n\t@echo taken: %s\n' "$1" >"$tmp/modules/$1/build/Makefile"
}

# takes RELEASE ARGUMENT...: that is what "make modules" builds for.
takes()
{
	[ "$(make -s --no-print-directory modules MODULES_DIR="$tmp/modules" "${@:2}")" = "taken: $1" ]
}

# says TEXT COMMAND...: it fails, and that is why.
says()
{
	! "${@:2}" >"$tmp/said" 2>&1 && grep -F "$1" "$tmp/said"
}

modules()
{
	make -s modules MODULES_DIR="$tmp/modules" "$@"
}

expect 'no headers' says 'install linux-headers-amd64' modules
mkdir -p "$tmp/modules/6.1-running"
expect 'a kernel without headers' says 'install linux-headers-amd64' modules
headers 6.1-other
expect 'the only ones that are there' takes 6.1-other
headers 6.1-third
headers 6.10-newest
make -s modules MODULES_DIR="$tmp/modules" >"$tmp/several"
expect 'several, and none of the running kernel: the newest' grep -x 'taken: 6.10-newest' "$tmp/several"
expect '... and which there are' grep \
	"choose with KDIR.*$tmp/modules/6.1-other/build .*$tmp/modules/6.1-third/build" "$tmp/several"
expect 'one is chosen, and nothing else said' takes 6.1-third KDIR="$tmp/modules/6.1-third/build"
headers 6.1-running
expect 'those of the running kernel' takes 6.1-running
expect 'others, if they are chosen' takes 6.1-other KDIR="$tmp/modules/6.1-other/build"
expect 'where none are' says 'no kernel headers are there' modules KDIR="$tmp/bin"

# What that says is make's own error; there are no kernel's rules here.
expect 'a kernel that is too old' says 'hostmem needs Linux 6.1 or later' \
	make -f Kbuild srctree="$tmp" SRCARCH=x86
mkdir "$tmp/a space"
cp -r Makefile dkms.conf "$tmp/a space"
expect 'a path with a space' says 'path with a space' make -C "$tmp/a space"
expect 'it is nothing to who only asks' make -s -C "$tmp/a space" help

# secure_boot BYTE: what is said where the firmware's variable has that value.
secure_boot()
{
	# shellcheck disable=SC2059 # octal
	printf "\\006\\000\\000\\000\\00$1" >"$tmp/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	EFIVARS=$tmp module/dist/secure_boot.sh
}

expect 'Secure Boot is on' [ "$(secure_boot 1 | grep -c 'Secure Boot is on')" -eq 1 ]
expect 'Secure Boot is off' [ -z "$(secure_boot 0)" ]
expect 'no such firmware' [ -z "$(EFIVARS=$tmp/none module/dist/secure_boot.sh)" ]
printf '#!/bin/sh\necho SecureBoot enabled\n' >"$tmp/bin/mokutil"
expect 'mokutil says it is on' [ "$(EFIVARS=$tmp/none module/dist/secure_boot.sh)" ]
printf '#!/bin/sh\necho SecureBoot disabled\n' >"$tmp/bin/mokutil"
expect 'mokutil says it is off' [ -z "$(secure_boot 1)" ]

conclude
