#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: clang builds the module, the library and the tests, and has no warnings.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
new_copy clang
find_tools

# The headers come configured for gcc. Off: what clang has no option for, and
# objtool, which would miss it.
build_module CC=clang W=12 CONFIG_CC_IS_GCC= CONFIG_CC_IS_CLANG=y CONFIG_RETHUNK= \
	CONFIG_SLS= CONFIG_INIT_STACK_ALL_ZERO= CONFIG_FTRACE_MCOUNT_USE_CC= \
	CONFIG_OBJTOOL= KCFLAGS=-Wno-unknown-warning-option

# What is wrong with -Weverything, for all:
flags=(-Werror -Weverything
	-Wno-documentation -Wno-documentation-unknown-command	# comments are not Doxygen's
	-Wno-padded						# as structures often are
	-Wno-reserved-identifier -Wno-reserved-macro-identifier	# names of Windows, the kernel
	-Wno-disabled-macro-expansion				# sa_handler, si_addr of glibc
)
CFLAGS=${flags[*]} build_library CC=clang

# ... and for programs, which are GNU C, and half of them the harness's macros.
flags+=(-isystem "$harness"
	-Wno-gnu -Wno-pedantic -Wno-zero-length-array -Wno-c++-compat
	-Wno-missing-prototypes -Wno-missing-noreturn -Wno-unused-parameter
	-Wno-used-but-marked-unused -Wno-sign-compare
	-Wno-conversion						# small numbers in large types
	-Wno-bad-function-cast					# calls return addresses as numbers
	-Wno-cast-qual -Wno-cast-align				# memory is seen as this and that
	-Wno-atomic-implicit-seq-cst				# plain counters among threads
	-Wno-switch-enum					# has its default
	-Wno-unreachable-code-return				# which gcc wants
	-Wno-missing-field-initializers				# zeroes in tables of calls
	-Wno-c++98-compat -Wno-c++98-compat-pedantic		# is C++11 or C++17
	-Wno-old-style-cast -Wno-zero-as-null-pointer-constant	# headers shared with C
	-Wno-weak-vtables					# each program is one file of C++
	-Wno-global-constructors -Wno-exit-time-destructors	# of empty objects
	-ferror-limit=0
)
# Optimizing them would take three times as long, and clang sees no more.
CFLAGS=${flags[*]} build_programs CC=clang CXX=clang++ USERCFLAGS='-O0 -g0'
exit "$status"
