// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that show themselves.  See call.h.
 */
#include <stdio.h>

#include "call.h"
#include "tour.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

struct name {
	DWORD value;
	const char *name;
};

#define NAME(value)	{ (DWORD)(value), #value }

static const struct name alloc_types[] = {
	NAME(MEM_RESERVE),
	NAME(MEM_COMMIT),
	NAME(MEM_TOP_DOWN),
};

static const struct name free_types[] = {
	NAME(MEM_DECOMMIT),
	NAME(MEM_RELEASE),
};

static const struct name protections[] = {
	NAME(PAGE_NOACCESS),
	NAME(PAGE_READONLY),
	NAME(PAGE_READWRITE),
	NAME(PAGE_EXECUTE),
	NAME(PAGE_EXECUTE_READ),
	NAME(PAGE_EXECUTE_READWRITE),
	NAME(PAGE_GUARD),
};

static const struct name results[] = {
	NAME(S_OK),
	NAME(E_ACCESSDENIED),
	NAME(E_FAIL),
	NAME(E_INVALIDARG),
	NAME(E_OUTOFMEMORY),
	NAME(E_POINTER),
	NAME(HOST_E_ABANDONED),
	NAME(HOST_E_CLRNOTAVAILABLE),
	NAME(HOST_E_INVALIDOPERATION),
	NAME(HOST_E_NOT_OWNER),
	NAME(HRESULT_FROM_WIN32(ERROR_BAD_LENGTH)),
	NAME(HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS)),
	NAME(HRESULT_FROM_WIN32(ERROR_NOACCESS)),
};

static const char *result_name(HRESULT result)
{
	size_t i;

	for (i = 0; i < COUNT(results); i++)
		if (results[i].value == (DWORD)result)
			return results[i].name;
	return "an HRESULT without a name";
}

/* Prints ", A | B" for the names whose bits are set. */
static void print_flags(DWORD flags, const struct name *names, size_t count)
{
	const char *before = ", ";
	size_t i;

	for (i = 0; i < count; i++) {
		if (!(flags & names[i].value))
			continue;
		printf("%s%s", before, names[i].name);
		before = " | ";
	}
}

const char *size_text(SIZE_T size)
{
	static const char units[][4] = { "KiB", "MiB", "GiB", "TiB" };
	static char texts[4][32];
	static unsigned int next;
	char *text = texts[next++ % COUNT(texts)];
	double amount = (double)size / 1024;
	unsigned int unit = 0;

	if (!size)
		return "0";
	while (amount >= 1024 && unit + 1 < COUNT(units)) {
		amount /= 1024;
		unit++;
	}
	snprintf(text, sizeof(texts[0]), "%.4g %s", amount, units[unit]);
	return text;
}

static void print_result(HRESULT want, HRESULT result)
{
	printf("    = %s\n", result_name(result));
	if (result != want)
		claim(false, "%s was expected", result_name(want));
}

void show_alloc(HRESULT want, void *addr, SIZE_T size, DWORD type,
		DWORD protect)
{
	void *mem;
	HRESULT result;

	printf("  HostVirtualAlloc(%p, %s", addr, size_text(size));
	print_flags(type, alloc_types, COUNT(alloc_types));
	print_flags(protect, protections, COUNT(protections));
	printf(", ...)\n");

	result = HostVirtualAlloc(addr, size, type, protect, eTaskCritical, &mem);
	print_result(want, result);
	if (mem != (result == S_OK ? addr : NULL))
		claim(false, "*ppMem is %p", mem);
}

void show_free(HRESULT want, void *addr, SIZE_T size, DWORD type)
{
	printf("  HostVirtualFree(%p, %s", addr, size_text(size));
	print_flags(type, free_types, COUNT(free_types));
	printf(")\n");
	print_result(want, HostVirtualFree(addr, size, type));
}

void show_protect(HRESULT want, void *addr, SIZE_T size, DWORD protect,
		  DWORD want_old)
{
	HRESULT result;
	DWORD old;

	printf("  HostVirtualProtect(%p, %s", addr, size_text(size));
	print_flags(protect, protections, COUNT(protections));
	printf(", &old)\n");

	result = HostVirtualProtect(addr, size, protect, &old);
	print_result(want, result);
	if (old != want_old)
		claim(false, "the old protection is 0x%x", old);
}

void show_query(HRESULT want, void *addr)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;

	printf("  HostVirtualQuery(%p, ...)\n", addr);
	print_result(want, HostVirtualQuery(addr, &info, sizeof(info), &length));
}

int recommit(void *addr, SIZE_T size, DWORD protect)
{
	void *mem;

	return HostVirtualAlloc(addr, size, MEM_COMMIT, protect, eTaskCritical,
				&mem) == S_OK;
}
