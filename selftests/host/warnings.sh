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

# That has looked at the documentation in *.c. A comment describes all arguments or
# none. These macros are nothing that kernel-doc has to do with, but it can't know.
cd "$copy"
ours=(module/*.h uapi/linux/*.h userlib/src/*.h userlib/include/hostmem/*.h
	userlib/include/hostmem/win32/*.h)
sed -i -E 's/\((STDMETHODCALLTYPE|NTAPI) /(/; s/(HOSTMEM_EXTENSION|DECLSPEC_ALIGN\([0-9]+\)) //g' \
	"${ours[@]}"
perl -0ne 'for (m{^/\*\*(.*?)\*/}gms) {
	print "not described in \x27$1\x27\n" if !/^ \* @/m && /(\w+)(?:\(\))? - /;
}' "${ours[@]}" >none
docs=$("$headers/scripts/kernel-doc" -none "${ours[@]}" 2>&1) || status=1
if printf '%s' "$docs" | grep -vFf none; then
	status=1
fi

# What C and C++ have in common.
flags=(-O2 -Werror -Wall -Wextra -Wshadow -Wundef -Wpointer-arith -Wvla -Wformat=2
	-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wredundant-decls
	-Wnull-dereference)

strict=(-fanalyzer -Wconversion -Wcast-qual -Wcast-align=strict -Wwrite-strings
	-Wswitch-enum -Wunused-macros -Wdeclaration-after-statement)

# What tsearch() keeps it would take for lost.
CFLAGS="${flags[*]} ${strict[*]} -Wno-analyzer-malloc-leak" \
	build_library CC=gcc obj/address_space.o
CFLAGS="${flags[*]} ${strict[*]}" build_library CC=gcc

# The harness is not ours: as a system's header it has no warnings.
# -O2 would take twice as long, and gcc sees no more than with ranges of values. In
# tables of calls, what is left out is 0.
CFLAGS="${flags[*]} -isystem $harness" build_programs CC=gcc CXX=g++ \
	USERCFLAGS='-Wno-missing-field-initializers -O1 -ftree-vrp -g0'
exit "$status"
