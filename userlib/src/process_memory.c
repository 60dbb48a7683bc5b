// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <memoryapi.h> of include/hostmem/win32: ReadProcessMemory(), WriteProcessMemory()
 * (rule N3).  The kernel copies, so that what can't be accessed is an error and no
 * signal.  It does so from or to what it finds by itself; memory that it can't pin it
 * only finds where system calls name it.  So all goes by a buffer, in two copies.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <hostmem/win32/memoryapi.h>

#include "win32.h"

/* Bytes that go at a time. */
#define BUFFER	((SIZE_T)64 << 10)

typedef ssize_t (*copy)(pid_t pid, const struct iovec *local, unsigned long nr_local,
			const struct iovec *remote, unsigned long nr_remote,
			unsigned long flags);

/* How much of @size bytes went between the program's memory and the buffer. */
static SIZE_T move(copy call, void *addr, void *buffer, SIZE_T size)
{
	struct iovec local = { addr, size }, remote = { buffer, size };
	ssize_t done = call(getpid(), &local, 1, &remote, 1, 0);

	return done > 0 ? (SIZE_T)done : 0;
}

/**
 * copy_memory() - copy what may be inaccessible
 * @to: where to
 * @from: where from
 * @size: bytes
 * @done: receives how many have been written, from the first one on
 *
 * Return: ERROR_SUCCESS; ERROR_PARTIAL_COPY: @from ended; ERROR_NOACCESS: @to did
 */
static DWORD copy_memory(char *to, char *from, SIZE_T size, SIZE_T *done)
{
	DWORD code = ERROR_SUCCESS;
	void *buffer;

	*done = 0;
	if (!size)
		return code;
	buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (buffer == MAP_FAILED)
		return ERROR_NOT_ENOUGH_MEMORY;
	while (!code && *done < size) {
		SIZE_T part = size - *done < BUFFER ? size - *done : BUFFER;
		SIZE_T had = move(process_vm_writev, from + *done, buffer, part);
		SIZE_T got = had ? move(process_vm_readv, to + *done, buffer, had) : 0;

		*done += got;
		if (got < had)
			code = ERROR_NOACCESS;
		else if (had < part)
			code = ERROR_PARTIAL_COPY;
	}
	munmap(buffer, BUFFER);
	return code;
}

BOOL ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer,
		       SIZE_T nSize, SIZE_T *lpNumberOfBytesRead)
{
	int saved = errno;
	SIZE_T done;
	DWORD code;

	if (!hostmem_win32_own_process(hProcess))
		return FALSE;
	code = copy_memory(lpBuffer, (char *)(uintptr_t)lpBaseAddress, nSize, &done);
	errno = saved;
	if (lpNumberOfBytesRead)
		*lpNumberOfBytesRead = done;
	return !code || hostmem_win32_fail(code);
}

BOOL WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer,
			SIZE_T nSize, SIZE_T *lpNumberOfBytesWritten)
{
	int saved = errno;
	SIZE_T done;
	DWORD code;

	if (!hostmem_win32_own_process(hProcess))
		return FALSE;
	code = copy_memory(lpBaseAddress, (char *)(uintptr_t)lpBuffer, nSize, &done);
	errno = saved;
	if (lpNumberOfBytesWritten)
		*lpNumberOfBytesWritten = done;
	/* Here it is the other side that is the caller's own. */
	if (code == ERROR_PARTIAL_COPY)
		code = ERROR_NOACCESS;
	else if (code == ERROR_NOACCESS && done)
		code = ERROR_PARTIAL_COPY;
	return !code || hostmem_win32_fail(code);
}
