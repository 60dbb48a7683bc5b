#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: each public header, the module's too, compiles alone in each version of C
# and C++, twice in a row, by gcc and by clang.

set -eu

cd "$(dirname "$0")/../../userlib"
make -s check-headers
status=0

# compile HEADER LANGUAGE COMPILER STANDARD...
compile()
{
	local header=$1 language=$2 compiler=$3 standard

	for standard in "${@:4}"; do
		printf '#include <%s>\n' "$header" "$header" |
			"$compiler" -Iinclude -Iinclude/hostmem/win32 -I../uapi -x "$language" \
				-std="$standard" -Wall -Wextra -Wundef -pedantic -Werror \
				-fsyntax-only - || status=1
	done
}

while read -r header; do
	for compiler in gcc clang; do
		compile "$header" c "$compiler" c90 c99 c11 c17 c2x
	done
	for compiler in g++ clang++; do
		compile "$header" c++ "$compiler" c++98 c++03 c++11 c++14 c++17 c++20 c++2b
	done
done < <(find include ../uapi -name win32 -prune -o -name '*.h' -printf '%P\n'
	find include/hostmem/win32 -name '*.h' -printf '%P\n')
exit "$status"
