#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Description: GetProcAddress() finds each function that the library exports under a name
# of Windows, and nothing else (rule N7); and what the headers declare is exported.

set -eu
cd "$(dirname "$0")/../../userlib"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/find.c" <<EOF
#define _GNU_SOURCE
#include <windows.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Each line names a symbol that the library exports. */
int main(void)
{
	HMODULE module = GetModuleHandle(TEXT("kernel32.dll"));
	int found = 0, wrong = 0;
	char name[256];

	while (scanf("%255s", name) == 1) {
		int windows = !strncmp(name, "hostmem_", 8) && !strstr(name, "_IID_");
		void *its = windows ? dlsym(RTLD_DEFAULT, name) : NULL;

		if ((void *)GetProcAddress(module, windows ? name + 8 : name) != its)
			wrong = printf("# %s\n", name);
		found += windows;
	}
	return wrong || !found;
}
EOF

nm -D --defined-only libhostmem.so | sed -n 's/.* \([A-Za-z]*_*[A-Za-z0-9_]*\)@@HOSTMEM.*/\1/p' \
	>"$tmp/exported"
for flags in -UUNICODE '-DUNICODE -fshort-wchar'; do
	# shellcheck disable=SC2086 # several words
	cc -Wall -Wextra $flags -Iinclude -Iinclude/hostmem/win32 -o "$tmp/find" "$tmp/find.c" \
		-L. -lhostmem
	LD_LIBRARY_PATH=. "$tmp/find" <"$tmp/exported"
done

# Whoever links would miss it.
sed -n 's/.*HOSTMEM_SYMBOL(\([A-Z][A-Za-z0-9]*\)).*/hostmem_\1/p' \
	include/hostmem/memoryapi.h include/hostmem/win32/*.h | sort -u >"$tmp/declared"
sort -u "$tmp/exported" | comm -23 "$tmp/declared" - >"$tmp/missing"
sed 's/^/# declared, and not exported: /' "$tmp/missing"
[ -s "$tmp/declared" ]
[ ! -s "$tmp/missing" ]
