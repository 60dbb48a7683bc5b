#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the programs beside this script, and the library under them, do nothing
# that gcc's address sanitizer, its leak detector or its sanitizer of undefined
# behaviour knows.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
new_copy sanitizers

# Objects that are made in C have no C++ type to be known by.
flags=(-O1 -g -fno-omit-frame-pointer -fsanitize=address -fsanitize=undefined
	-fno-sanitize=vptr -fno-sanitize-recover=all)
mkdir -p "$copy/out"
build_in userlib libhostmem.a CC=gcc CFLAGS="${flags[*]}"
build_in selftests/host OUTPUT="$copy/out" CC=gcc CXX=g++ CFLAGS="${flags[*]}"
[ "$status" -eq 0 ] || exit

# Signals and their stacks are the tests' own.
export ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:use_sigaltstack=0:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1

programs=("$copy"/out/*_test)
[ ${#programs[@]} -gt 10 ]
for program in "${programs[@]}"; do
	if ! "$program" >"$copy/log" 2>&1; then
		echo "$(basename "$program"):"
		cat "$copy/log"
		status=1
	fi
done
exit "$status"
