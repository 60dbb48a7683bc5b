// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what <windows.h> has of modules: this library's functions by name (rule N7).
 */
#include "hostmem_limits.h"
#include "windows_test.h"

#define FOUND(module, name)	((void *)GetProcAddress(module, name))

TEST(modules_are_those_three_N7)
{
	static const char *const names[][4] = {
		{ "kernel32.dll", "kernel32", "KERNEL32.DLL", "Kernel32.dll" },
		{ "kernelbase.dll", "kernelbase", "KernelBase", "KERNELBASE.dll" },
		{ "ntdll.dll", "ntdll", "NTDLL.dll", "NtDll" },
	};
	static const char *const unknown[] = {
		"", ".dll", "kernel3", "kernel322", "kernel32.", "kernel32.dl", "kernel32.exe",
		"kernel32.dll.dll", "user32.dll", "kernelbase.dllx", "./ntdll.dll",
	};
	HMODULE handles[3];
	size_t i, j;

	for (i = 0; i < 3; i++) {
		handles[i] = GetModuleHandleA(names[i][0]);
		ASSERT_NE(NULL, handles[i]);
		for (j = 0; j < 4; j++) {
			SetLastError(POISON_DWORD);
			EXPECT_EQ(handles[i], GetModuleHandle(names[i][j]));
			EXPECT_EQ(handles[i], LoadLibraryA(names[i][j]));
			EXPECT_EQ(handles[i], LoadLibrary(names[i][j]));
			EXPECT_EQ(handles[i], LoadLibraryEx(names[i][j], NULL,
							    LOAD_LIBRARY_SEARCH_SYSTEM32));
			EXPECT_EQ(POISON_DWORD, GetLastError());
		}
	}
	EXPECT_NE(handles[0], handles[1]);
	EXPECT_NE(handles[1], handles[2]);
	EXPECT_NE(handles[0], handles[2]);
	EXPECT_EQ(handles[0], GetModuleHandleW(wide("Kernel32.DLL")));
	EXPECT_EQ(handles[1], LoadLibraryW(wide("kernelbase")));
	EXPECT_EQ(handles[2], LoadLibraryExW(wide("ntdll.dll"), NULL, 0));
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, GetModuleHandleA(unknown[i]));
		EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, LoadLibraryA(unknown[i]));
	}
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, GetModuleHandleW(wide("kernel32\1.dll")));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, GetModuleHandleW(wide("kernelbase.dllx")));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, LoadLibraryW(wide("psapi.dll")));

	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL, LoadLibraryA(NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL, LoadLibraryW(NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     LoadLibraryExA("ntdll", GetCurrentProcess(), 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL, LoadLibraryExA("ntdll", NULL, 0x8000));
}

TEST(functions_are_found_by_name_N7)
{
	static const char *const modules[] = { "kernel32", "kernelbase", "ntdll" };
	static const char *const unknown[] = {
		"", "virtualalloc", "VirtualAllo", "VirtualAlloc2 ", "hostmem_VirtualAlloc",
		"IID_IUnknown", "HostVirtualAlloc", "GetProcessHeap",
	};
	LPVOID (*alloc)(LPVOID, SIZE_T, DWORD, DWORD);
	void *mem;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		HMODULE module = GetModuleHandleA(modules[i]);

		SetLastError(POISON_DWORD);
		EXPECT_EQ((void *)VirtualAlloc, FOUND(module, "VirtualAlloc"));
		EXPECT_EQ((void *)VirtualAlloc2, FOUND(module, "VirtualAlloc2"));
		EXPECT_EQ((void *)GetProcAddress, FOUND(module, "GetProcAddress"));
		EXPECT_EQ((void *)GetModuleHandleW, FOUND(module, "GetModuleHandleW"));
		EXPECT_EQ((void *)NtCurrentTeb, FOUND(module, "NtCurrentTeb"));
		EXPECT_EQ(POISON_DWORD, GetLastError());
		for (j = 0; j < ARRAY_SIZE(unknown); j++)
			EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL,
				     FOUND(module, unknown[j]));
		/* Numbers. */
		EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL, FOUND(module, NULL));
		EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL,
			     FOUND(module, (LPCSTR)0xffff));
	}
	alloc = (LPVOID (*)(LPVOID, SIZE_T, DWORD, DWORD))FOUND(GetModuleHandleA("kernel32"),
								"VirtualAlloc");
	mem = alloc(NULL, PAGE, BOTH, PAGE_READONLY);
	EXPECT_EQ(PAGE_READONLY, query(mem).Protect);

	EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL, FOUND(NULL, "VirtualAlloc"));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, FOUND(mem, "VirtualAlloc"));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, FALSE, FreeLibrary(mem));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, FALSE, FreeLibrary(NULL));
	EXPECT_WORKS(FreeLibrary(GetModuleHandleA("kernel32")));
	EXPECT_EQ((void *)VirtualAlloc, FOUND(GetModuleHandleA("kernel32"), "VirtualAlloc"));
}

TEST(the_program_is_a_module_without_functions_N7)
{
	HMODULE program = GetModuleHandleA(NULL);

	EXPECT_EQ(query(PARAMETERS).AllocationBase, (PVOID)program);
	EXPECT_EQ(program, GetModuleHandleW(NULL));
	EXPECT_EQ(program, GetModuleHandle(NULL));
	EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL, FOUND(program, "VirtualAlloc"));
	EXPECT_WORKS(FreeLibrary(program));
}

TEST_HARNESS_MAIN
