#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: valgrind's memcheck is told what memory a program has of the device's.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"

# The library's own build may be older than valgrind's headers.
"$top/selftests/vm/deps" valgrind
new_copy memcheck
build_in userlib libhostmem.a
[ "$status" -eq 0 ] || exit
cd "$copy/selftests/host"
# Static: memcheck wants to know more of a dynamic linker than the machine has.
cc -O1 -g -Wall -Wextra -static -pthread -I../../userlib/include -o "$copy/memcheck" \
	memcheck.c ../../userlib/libhostmem.a

# What it finds in a static C library is none of our business.
"$top/selftests/vm/run" --smp 1 --package valgrind --add "$copy/memcheck" -- \
	valgrind -q --log-file=/dev/null --sim-hints=lax-ioctls memcheck
