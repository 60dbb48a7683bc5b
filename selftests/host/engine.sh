#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Description: the allocator inside the library stays inside: no name of it is visible, the
# process's malloc() is the C library's, nobody needs more libraries for it, and programs
# can still load the library with dlopen(), when others have taken most of what there is of
# thread-local memory for that.

set -eu
cd "$(dirname "$0")/../../userlib"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tests=0 failed=0

# check NAME COMMAND...: it succeeds and says nothing
check()
{
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ]; then
		echo "ok $tests - $name"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $name"
		sed 's/^/# /' "$tmp/out"
	fi
}

# only_ours OPTION-OF-nm...: prints names that others see and that aren't the library's.
# Those of Windows are others' as well, so here they begin with hostmem_.
only_ours()
{
	nm --defined-only "$@" | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' >"$tmp/names"
	grep -qx CreateHostMemoryManager "$tmp/names" || echo "no names at all"
	grep -vxE 'CreateHostMemoryManager|Host[A-Z][A-Za-z]*|HOSTMEM_[0-9.]*|hostmem_[A-Za-z0-9_]*' \
		"$tmp/names" || :
}

needs_libc_only()
{
	readelf -d libhostmem.so | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vx libc.so.6 || :
}

cat >"$tmp/program.c" <<EOF_C
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <hostmem/mscoree.h>

#ifdef LOADED
#define CreateHostMemoryManager create
static HRESULT (*create)(const HOSTMEM_OPTIONS *, IHostMemoryManager **);
#endif

int main(int argc, char **argv)
{
	HOSTMEM_OPTIONS options = { sizeof(options), "/nonexistent", 0, 0, 0 };
	IHostMemoryManager *manager;

#ifdef LOADED
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;

	if (!library)
		return puts(dlerror());
	*(void **)&create = dlsym(library, "CreateHostMemoryManager");
#endif
#ifndef STATIC
	const char *names[] = { "malloc", "free", "calloc", "realloc", "posix_memalign" };
	unsigned int i;
	Dl_info info;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!dladdr(dlsym(RTLD_DEFAULT, names[i]), &info) ||
		    !strstr(info.dli_fname, "/libc.so"))
			printf("%s is not the C library's\n", names[i]);
#endif
	if (CreateHostMemoryManager(&options, &manager) != HOST_E_CLRNOTAVAILABLE)
		puts("not HOST_E_CLRNOTAVAILABLE");
	(void)argc;
	(void)argv;
	return 0;
}
EOF_C

# build NAME OPTION...: makes the program, without a word of the linker
build()
{
	program=$tmp/$1
	shift
	cc -Wall -Wextra -Iinclude -o "$program" "$tmp/program.c" "$@"
}

# Loads NUMBER libraries that take 64 bytes of it each, then the library; says how many
# of the former there was room for.
cat >"$tmp/filler.c" <<EOF_C
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int n = atoi(argv[1]), i;
	char name[4096];

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/filler%d.so", argv[2], i);
		if (!dlopen(name, RTLD_NOW))
			return printf("%d\n", i) < 0;
	}
	if (argc > 3 && !dlopen(argv[3], RTLD_NOW))
		return puts(dlerror());
	return 0;
}
EOF_C

# fill: makes the program and its libraries, and finds out how many there is room for
fill()
{
	echo 'static __thread char taken[64] __attribute__((tls_model("initial-exec")));
		char *take(void); char *take(void) { return taken; }' >"$tmp/taken.c"
	cc -fPIC -shared -o "$tmp/filler0.so" "$tmp/taken.c"
	for i in $(seq 1 99); do
		cp "$tmp/filler0.so" "$tmp/filler$i.so"
	done
	cc -o "$tmp/filler" "$tmp/filler.c"
	room=$(env -u GLIBC_TUNABLES "$tmp/filler" 100 "$tmp")
	[ "$room" -gt 2 ]
}

check 'names of libhostmem.so' only_ours -D libhostmem.so
check 'names of libhostmem.a' only_ours --extern-only libhostmem.a
check 'other libraries' needs_libc_only
check 'a program with libhostmem.so' build shared -L. -lhostmem
check 'runs' env LD_LIBRARY_PATH=. "$tmp/shared"
check 'a program with libhostmem.a' build archive libhostmem.a
check 'runs' "$tmp/archive"
check 'a static program' build static -static -DSTATIC libhostmem.a
check 'runs' "$tmp/static"
check 'a program without the library' build loaded -DLOADED
check 'loads it' env -u GLIBC_TUNABLES "$tmp/loaded" "$PWD/libhostmem.so"
check 'libraries with thread-local memory' fill
check 'loads it when they have left less than 128 bytes' \
	env -u GLIBC_TUNABLES "$tmp/filler" "$((room - 1))" "$tmp" "$PWD/libhostmem.so"

echo "1..$tests"
[ "$failed" -eq 0 ]
