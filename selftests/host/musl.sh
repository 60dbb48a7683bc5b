#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the library builds with another C library, musl, without a warning, and its
# tests in C pass there. Of the system's headers only the kernel's are in sight.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
# shellcheck source=SCRIPTDIR/expect.sh
. "$top/selftests/host/expect.sh"

"$top/selftests/vm/deps" musl-tools
new_copy musl
out=$copy/out
mkdir -p "$out" "$copy/kernel"
for part in linux asm asm-generic; do
	for dir in /usr/include "/usr/include/$(gcc -print-multiarch)"; do
		[ ! -d "$dir/$part" ] || ln -sfn "$dir/$part" "$copy/kernel/$part"
	done
done

# make_musl ARGUMENT...: with the kernel's headers behind those of musl
make_musl()
{
	make -s -j "$(nproc)" CC=musl-gcc \
		CFLAGS="-O1 -g0 -Werror -idirafter $copy/kernel" "$@"
}

expect 'both libraries' make_musl -C "$copy/userlib"
expect 'tests' make_musl -C "$copy/selftests/host" OUTPUT="$out" LDFLAGS=-static c_tests

# Nothing can run that wasn't built.
[ "$failed" -eq 0 ] || { conclude; exit; }
expect 'are of musl' grep -q libc_start_main_stage2 "$out/errors_test"
built=0
for test in "$top"/selftests/host/*_test.c; do
	test=$(basename "$test" .c)
	expect "$test" "$out/$test"
	built=$((built + 1))
done
expect 'there were some' [ "$built" -gt 15 ]
conclude
