// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <libloaderapi.h> of include/hostmem/win32: modules that are nothing but their names, and
 * this library's functions in them (rule N7).  The functions are those of libhostmem.map:
 * a name that is added there is found here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <string.h>

#include <hostmem/win32/libloaderapi.h>

/* What the functions are in truth the headers say; here only their addresses matter. */
#include "exports.h"
#include "win32.h"

#define FLAGS	0x7ffbu		/* those that <libloaderapi.h> has */

static const struct {
	const char *name;
	void (*function)(void);
} exports[] = { EXPORTS };

/* A handle is the address of one. */
static struct HINSTANCE__ modules[3];

static const char *const module_names[] = { "kernel32", "kernelbase", "ntdll" };

/* The longest of these with its extension. */
#define MOST_CHARS	(sizeof("kernelbase.dll") - 1)

/* Lower case, and without the extension, which nothing but these have. */
static HMODULE find_module(const char *name, size_t length)
{
	size_t i;

	if (length > 4 && !strncasecmp(name + length - 4, ".dll", 4))
		length -= 4;
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (strlen(module_names[i]) == length &&
		    !strncasecmp(name, module_names[i], length))
			return &modules[i];
	hostmem_win32_fail(ERROR_MOD_NOT_FOUND);
	return NULL;
}

static HMODULE find_module_wide(const WCHAR *name)
{
	char narrow[MOST_CHARS + 1];
	size_t length;

	/* A character that isn't ASCII, or is one too many, makes it another name. */
	for (length = 0; length < sizeof(narrow) && name[length]; length++)
		narrow[length] = name[length] < 0x80 ? (char)name[length] : '?';
	return find_module(narrow, length);
}

/* Called for the program first. */
static int find_base(struct dl_phdr_info *info, size_t size, void *base)
{
	uintptr_t lowest = UINTPTR_MAX;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_vaddr < lowest)
			lowest = info->dlpi_phdr[i].p_vaddr;
	*(uintptr_t *)base = (info->dlpi_addr + lowest) & ~(uintptr_t)0xfff;
	return 1;
}

static HMODULE the_program(void)
{
	uintptr_t base = 0;
	int saved = errno;

	dl_iterate_phdr(find_base, &base);
	errno = saved;
	return (HMODULE)base;
}

HMODULE GetModuleHandleA(LPCSTR lpModuleName)
{
	return lpModuleName ? find_module(lpModuleName, strlen(lpModuleName)) :
			      the_program();
}

HMODULE GetModuleHandleW(LPCWSTR lpModuleName)
{
	return lpModuleName ? find_module_wide(lpModuleName) : the_program();
}

/* True: so far nothing is wrong. */
static bool may_load(const void *name, HANDLE file, DWORD flags)
{
	return (name && !file && !(flags & ~FLAGS)) ||
	       hostmem_win32_fail(ERROR_INVALID_PARAMETER);
}

HMODULE LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	return may_load(lpLibFileName, hFile, dwFlags) ? GetModuleHandleA(lpLibFileName) : NULL;
}

HMODULE LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	return may_load(lpLibFileName, hFile, dwFlags) ? GetModuleHandleW(lpLibFileName) : NULL;
}

HMODULE LoadLibraryA(LPCSTR lpLibFileName)
{
	return LoadLibraryExA(lpLibFileName, NULL, 0);
}

HMODULE LoadLibraryW(LPCWSTR lpLibFileName)
{
	return LoadLibraryExW(lpLibFileName, NULL, 0);
}

static bool has_functions(HMODULE module)
{
	size_t i;

	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (module == &modules[i])
			return true;
	return false;
}

static bool is_module(HMODULE module)
{
	return has_functions(module) || module == the_program() ||
	       hostmem_win32_fail(ERROR_MOD_NOT_FOUND);
}

BOOL FreeLibrary(HMODULE hLibModule)
{
	return is_module(hLibModule);
}

FARPROC GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
{
	size_t i;

	if (hModule && !is_module(hModule))
		return NULL;
	/* Numbers of functions look like pointers to the first 64 KiB. */
	if (has_functions(hModule) && (uintptr_t)lpProcName > 0xffff)
		for (i = 0; i < sizeof(exports) / sizeof(exports[0]); i++)
			if (!strcmp(exports[i].name, lpProcName))
				return (FARPROC)exports[i].function;
	hostmem_win32_fail(ERROR_PROC_NOT_FOUND);
	return NULL;
}
