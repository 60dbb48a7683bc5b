#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: gcc has no warnings, with many more than usual switched on; and comments
# in the kernel's format of documentation fit what they document.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
new_copy warnings
find_tools

build_module W=12

# That has looked at the documentation in *.c. One-line comments describe no
# arguments.
cd "$copy"
docs=$("$headers/scripts/kernel-doc" -none module/*.h uapi/linux/*.h userlib/src/*.h \
	userlib/include/hostmem/*.h 2>&1) || status=1
if printf '%s\n' "$docs" | grep -v -e '^$' -e 'not described in'; then
	status=1
fi

# What C and C++ have in common.
flags=(-O2 -Werror -Wall -Wextra -Wshadow -Wundef -Wpointer-arith -Wvla -Wformat=2
	-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wredundant-decls
	-Wnull-dereference)

strict=(-fanalyzer -Wconversion -Wcast-qual -Wcast-align=strict -Wwrite-strings
	-Wswitch-enum -Wunused-macros -Wdeclaration-after-statement)
CFLAGS="${flags[*]} ${strict[*]}" build_library CC=gcc

# The harness is not ours: as a system's header it has no warnings.
CFLAGS="${flags[*]} -isystem $harness" build_programs CC=gcc CXX=g++
exit "$status"
