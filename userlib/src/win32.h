/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the files share that present functions with Windows' names: last errors, and
 * the handle of the process.  For these files only; no lock.
 */
#ifndef HOSTMEM_WIN32_H
#define HOSTMEM_WIN32_H

#include <stdbool.h>

#include <hostmem/win32/winnt.h>

#include "errors.h"

/**
 * hostmem_win32_result() - what a function returns that can fail
 * @error: how it went; success leaves the last error as it was (rule A18)
 *
 * Return: TRUE for HOSTMEM_OK; FALSE with the last error for all else
 */
BOOL hostmem_win32_result(enum hostmem_error error);

/**
 * hostmem_win32_fail() - the same for a code that no operation has
 * @code: Win32 error code
 *
 * Return: FALSE
 */
BOOL hostmem_win32_fail(DWORD code);

/**
 * hostmem_win32_own_process() - tell whether a handle is the caller's process
 * @process: GetCurrentProcess(), or any other value (rule A17)
 *
 * Return: true; or false with ERROR_INVALID_HANDLE as last error
 */
bool hostmem_win32_own_process(HANDLE process);

#endif /* HOSTMEM_WIN32_H */
