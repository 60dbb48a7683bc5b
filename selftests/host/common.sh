# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the scripts beside this one share that look for flaws in the sources; to be
# sourced. They build in copies: a compiler is silent about what it has compiled
# before, and the project's own build has other flags.

top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
status=0

# A make above these scripts is about something else.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# new_copy NAME: sets $copy, a directory with the project's sources and nothing else,
# which is the script's own until it ends.
new_copy()
{
	copy=$top/build/static/$1
	mkdir -p "$top/build/static"
	exec 8>"$copy.lock"
	flock 8
	rm -rf "$copy"
	rsync -a --exclude=.git --filter=':- .gitignore' "$top/" "$copy"
}

# find_tools: sets $headers, where Linux 6.1 has modules built, and $harness, where
# its test harness is.
find_tools()
{
	local paths

	paths=$("$top/selftests/vm/kernel" 6.1)
	eval "$paths"
	harness=$("$top/selftests/vm/harness")
}

# build_module ARGUMENT...: has make build the copy's module, and prints what is said
# about its files and not about the kernel's headers, of which there is a lot.
build_module()
{
	local log=$copy/log

	if ! make -s -C "$headers" M="$copy" -j "$(nproc)" "$@" modules >"$log" 2>&1; then
		cat "$log"
		status=1
	elif grep -A4 -E "^$copy/.*(warning|error):|^(WARNING|ERROR): modpost" "$log"; then
		status=1
	fi
}

# build_library, build_programs ARGUMENT...: have make build the copy's library, and
# the programs of the tests, the tour and the benchmark. What they get as CFLAGS
# should have -Werror.
build_in()
{
	make -s -k -O -j "$(nproc)" -C "$copy/$1" "${@:2}" || status=1
}

build_library()
{
	build_in userlib "$@"
}

build_programs()
{
	mkdir -p "$copy/out/host" "$copy/out/vm"
	build_in selftests/tour "$@"
	build_in selftests/bench "$@"
	build_in selftests/host OUTPUT="$copy/out/host" "$@"
	build_in selftests KSFT_DIR="$harness" OUTPUT="$copy/out/vm" "$@"
}
