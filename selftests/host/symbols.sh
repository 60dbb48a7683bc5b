#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: a program gets the library's functions where it includes the library's
# headers, <windows.h> or others, and those of FreeRDP's libwinpr, which have the same
# names, where it includes those, in whichever order it is linked with the two.

set -eu
cd "$(dirname "$0")/../../userlib"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tests=0 failed=0

# Names that both have; those of a table in the sources.
names='GetLastError SetLastError GetSystemInfo GetNativeSystemInfo CloseHandle FreeLibrary
	GetCurrentProcessId GetModuleHandleA GetProcAddress LoadLibraryA NtCurrentTeb Sleep
	SwitchToThread AddVectoredExceptionHandler RemoveVectoredExceptionHandler'
# shellcheck disable=SC2086 # several words
functions=$(printf '(void *)%s, ' $names)

# What winpr's GetLastError() and VirtualAlloc() are can't be told from ours by what
# they return, so each is asked for what only its own library has been told.
cat >"$tmp/ours.c" <<EOF
#include <windows.h>
#include <hostmem/mscoree.h>

#ifdef __cplusplus
extern "C" {
#endif
int ours(void);
void *our_function(unsigned int number);
unsigned int our_error(void);

int ours(void)
{
	SYSTEM_INFO info;
	static const IID unknown = { 0, 0, 0, { 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } };

	GetSystemInfo(&info);
	SetLastError(1111);
	/* It fails in a way of ours: there is no such size. */
	return info.dwAllocationGranularity == 65536 &&
	       !VirtualAlloc(NULL, 0, MEM_RESERVE, PAGE_READWRITE) &&
	       GetLastError() != 1111 && (SetLastError(1111), GetLastError() == 1111) &&
	       IsEqualIID(IID_OF(IID_IUnknown), IID_OF(unknown));
}

void *our_function(unsigned int number)
{
	static void *const functions[] = { $functions };

	return number < sizeof(functions) / sizeof(*functions) ? functions[number] : NULL;
}

unsigned int our_error(void)
{
	return GetLastError();
}
#ifdef __cplusplus
}
#endif
EOF
cat >"$tmp/theirs.c" <<EOF
#include <winpr/error.h>
#include <winpr/handle.h>
#include <winpr/library.h>
#include <winpr/nt.h>
#include <winpr/synch.h>
#include <winpr/sysinfo.h>
#include <winpr/thread.h>

unsigned int their_error(void);
void *their_function(unsigned int number);
void theirs(void);

void theirs(void)
{
	SetLastError(2222);
}

unsigned int their_error(void)
{
	return GetLastError();
}

void *their_function(unsigned int number)
{
	static void *const functions[] = { $functions };

	return functions[number];
}
EOF
cat >"$tmp/main.c" <<EOF
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int ours(void);
unsigned int our_error(void), their_error(void);
void *our_function(unsigned int number), *their_function(unsigned int number);
void theirs(void);

static int is_in(void *function, const char *library)
{
	Dl_info info;

	return dladdr(function, &info) && strstr(info.dli_fname, library);
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (!ours())
		puts("ours is not ours");
	theirs();
	if (our_error() != 1111 || their_error() != 2222)
		printf("ours is %u, theirs %u\n", our_error(), their_error());
	for (i = 0; our_function(i); i++) {
		if (argc > 1 && !is_in(our_function(i), argv[1]))
			printf("function %u is not the library's\n", i);
		if (!is_in(their_function(i), "/libwinpr2.so"))
			printf("function %u is not winpr's\n", i);
	}
	return 0;
}
EOF

# check NAME COMMAND...: it succeeds and says nothing
check()
{
	tests=$((tests + 1))
	if "${@:2}" >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ]; then
		echo "ok $tests - $1"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $1"
		sed 's/^/# /' "$tmp/out"
	fi
}

build()
{
	cc -Wall -Wextra -o "$tmp/program" "$tmp"/main.o "$tmp"/theirs.o "$@"
}

# shellcheck disable=SC2046 # several words
cc -Wall -Wextra $(pkg-config --cflags winpr2) -c -o "$tmp/theirs.o" "$tmp/theirs.c"
cc -Wall -Wextra -c -o "$tmp/main.o" "$tmp/main.c"

# What the library and the archive offer to the linker has names of its own.
offered()
{
	nm "$@" | sed -n 's/^[0-9a-f]* [A-TV-Z] \([^@]*\).*/\1/p' | sort -u
}

clash()
{
	offered --defined-only -D "$(cc -print-file-name=libwinpr2.so)" >"$tmp/winpr"
	[ "$(wc -l <"$tmp/winpr")" -gt 1000 ] || echo "what does winpr offer?"
	{ offered -D --defined-only libhostmem.so; offered --defined-only libhostmem.a; } |
		sort -u | comm -12 - "$tmp/winpr"
}
check "no name is winpr's, too" clash

for compiler in gcc clang g++ clang++; do
	language=c deref='&'
	case $compiler in *++) language=c++ deref= ;; esac
	check "$compiler" "$compiler" -x "$language" -Wall -Wextra -Wredundant-decls \
		-Iinclude -Iinclude/hostmem/win32 "-DIID_OF(iid)=$deref(iid)" \
		-c -o "$tmp/ours.o" "$tmp/ours.c"
	check "$compiler: ours, winpr" build "$tmp/ours.o" -L. -lhostmem -lwinpr2
	check "runs" env LD_LIBRARY_PATH=. "$tmp/program" libhostmem.so
	check "$compiler: winpr, ours" build "$tmp/ours.o" -L. -lwinpr2 -lhostmem
	check "runs" env LD_LIBRARY_PATH=. "$tmp/program" libhostmem.so
	check "$compiler: winpr, our archive" build "$tmp/ours.o" -lwinpr2 libhostmem.a
	check "runs" "$tmp/program"
	check "$compiler: our archive, winpr" build "$tmp/ours.o" libhostmem.a -lwinpr2
	check "runs" "$tmp/program"
done

echo "1..$tests"
[ "$failed" -eq 0 ]
