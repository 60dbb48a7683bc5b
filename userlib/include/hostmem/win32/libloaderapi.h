/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <libloaderapi.h>: modules and their functions by name (rule N7).  There are
 * kernel32, kernelbase and ntdll, with or without ".dll", in upper or lower case, and each
 * of them has all functions of this library with a name of Windows.  So code that asks
 * whether a function is there hears the truth.
 *
 * Names without A or W are those with A, or W if UNICODE is defined.
 */
#ifndef HOSTMEM_WIN32_LIBLOADERAPI_H
#define HOSTMEM_WIN32_LIBLOADERAPI_H

#include "minwindef.h"

/* All have no effect, as these modules are there already. */
#define DONT_RESOLVE_DLL_REFERENCES		0x00000001u
#define LOAD_LIBRARY_AS_DATAFILE		0x00000002u
#define LOAD_WITH_ALTERED_SEARCH_PATH		0x00000008u
#define LOAD_IGNORE_CODE_AUTHZ_LEVEL		0x00000010u
#define LOAD_LIBRARY_AS_IMAGE_RESOURCE		0x00000020u
#define LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE	0x00000040u
#define LOAD_LIBRARY_REQUIRE_SIGNED_TARGET	0x00000080u
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR	0x00000100u
#define LOAD_LIBRARY_SEARCH_APPLICATION_DIR	0x00000200u
#define LOAD_LIBRARY_SEARCH_USER_DIRS		0x00000400u
#define LOAD_LIBRARY_SEARCH_SYSTEM32		0x00000800u
#define LOAD_LIBRARY_SEARCH_DEFAULT_DIRS	0x00001000u
#define LOAD_LIBRARY_SAFE_CURRENT_DIRS		0x00002000u
#define LOAD_LIBRARY_SEARCH_SYSTEM32_NO_FORWARDER	0x00004000u

#ifdef __cplusplus
extern "C" {
#endif

/**
 * GetModuleHandleA() - find a module
 * @lpModuleName: its name, without a path; NULL: the program itself, whose handle is its
 *	first address, the AllocationBase of VirtualQuery(); GetProcAddress() finds
 *	nothing in it
 *
 * Return: its handle, or NULL with ERROR_MOD_NOT_FOUND
 */
HOSTMEM_API HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName)
	HOSTMEM_SYMBOL(GetModuleHandleA);

/**
 * GetModuleHandleW() - the same with a wide name
 * @lpModuleName: as for GetModuleHandleA()
 *
 * Return: as GetModuleHandleA()
 */
HOSTMEM_API HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName)
	HOSTMEM_SYMBOL(GetModuleHandleW);

/**
 * LoadLibraryA() - the same; nothing is loaded that isn't there
 * @lpLibFileName: its name, without a path
 *
 * Return: its handle, or NULL with ERROR_MOD_NOT_FOUND, or ERROR_INVALID_PARAMETER for
 * NULL
 */
HOSTMEM_API HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName)
	HOSTMEM_SYMBOL(LoadLibraryA);

/**
 * LoadLibraryW() - the same with a wide name
 * @lpLibFileName: as for LoadLibraryA()
 *
 * Return: as LoadLibraryA()
 */
HOSTMEM_API HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName)
	HOSTMEM_SYMBOL(LoadLibraryW);

/**
 * LoadLibraryExA() - the same with flags
 * @lpLibFileName: as for LoadLibraryA()
 * @hFile: NULL
 * @dwFlags: any of those above
 *
 * Return: as LoadLibraryA(), or NULL with ERROR_INVALID_PARAMETER
 */
HOSTMEM_API HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
	HOSTMEM_SYMBOL(LoadLibraryExA);

/**
 * LoadLibraryExW() - the same with a wide name
 * @lpLibFileName: as for LoadLibraryA()
 * @hFile: NULL
 * @dwFlags: any of those above
 *
 * Return: as LoadLibraryExA()
 */
HOSTMEM_API HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
	HOSTMEM_SYMBOL(LoadLibraryExW);

/**
 * FreeLibrary() - need a module no more, which has no effect
 * @hLibModule: of the functions above
 *
 * Return: TRUE, or FALSE with ERROR_MOD_NOT_FOUND
 */
HOSTMEM_API BOOL WINAPI FreeLibrary(HMODULE hLibModule) HOSTMEM_SYMBOL(FreeLibrary);

/**
 * GetProcAddress() - find a function
 * @hModule: of the functions above, or NULL for the program
 * @lpProcName: its name; numbers, which Windows takes, too, are unknown
 *
 * Return: the function, to be cast to what it is; or NULL with ERROR_PROC_NOT_FOUND, or
 * ERROR_MOD_NOT_FOUND if there is no such handle
 */
HOSTMEM_API FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
	HOSTMEM_SYMBOL(GetProcAddress);

HOSTMEM_API HMODULE WINAPI GetModuleHandle(LPCTSTR lpModuleName)
	HOSTMEM_SYMBOL_TEXT(GetModuleHandle);
HOSTMEM_API HMODULE WINAPI LoadLibrary(LPCTSTR lpLibFileName)
	HOSTMEM_SYMBOL_TEXT(LoadLibrary);
HOSTMEM_API HMODULE WINAPI LoadLibraryEx(LPCTSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
	HOSTMEM_SYMBOL_TEXT(LoadLibraryEx);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_LIBLOADERAPI_H */
