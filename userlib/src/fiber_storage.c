// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <fibersapi.h> of include/hostmem/win32.  Each thread that has set a value has a table of
 * its own for all indices, so that it alone makes it and frees it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <hostmem/win32/fibersapi.h>

#include "win32.h"

#define INDICES		128

/**
 * struct table - what a thread has set; its own, until it ends
 * @next: guarded by lock
 * @prev: where the pointer to this one is; guarded by lock
 * @value: for each index; others may take them out
 */
struct table {
	struct table *next;
	struct table **prev;
	_Atomic(PVOID) value[INDICES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct table *tables;					/* guarded by lock */
static PFLS_CALLBACK_FUNCTION callbacks[INDICES];		/* guarded by lock */
static atomic_bool used[INDICES];				/* set with lock */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;						/* after once */

static bool is_index(DWORD index)
{
	return index < INDICES && atomic_load(&used[index]);
}

/* Called by pthreads when a thread ends that has a table. */
static void end_thread(void *arg)
{
	struct table *table = arg;
	DWORD i;

	for (i = 0; i < INDICES; i++) {
		PFLS_CALLBACK_FUNCTION callback;
		PVOID value;

		pthread_mutex_lock(&lock);
		value = atomic_exchange(&table->value[i], NULL);
		callback = callbacks[i];
		pthread_mutex_unlock(&lock);
		if (value && callback)
			callback(value);
	}
	pthread_mutex_lock(&lock);
	*table->prev = table->next;
	if (table->next)
		table->next->prev = table->prev;
	pthread_mutex_unlock(&lock);
	free(table);
}

static void make_key(void)
{
	has_key = !pthread_key_create(&key, end_thread);
}

/* The calling thread's table; NULL: it has none, and if it shall, there is no memory. */
static struct table *own_table(bool make)
{
	struct table *table;

	pthread_once(&once, make_key);
	if (!has_key)
		return NULL;
	table = pthread_getspecific(key);
	if (table || !make)
		return table;
	table = calloc(1, sizeof(*table));
	if (!table || pthread_setspecific(key, table)) {
		free(table);
		return NULL;
	}
	pthread_mutex_lock(&lock);
	table->next = tables;
	table->prev = &tables;
	if (tables)
		tables->prev = &table->next;
	tables = table;
	pthread_mutex_unlock(&lock);
	return table;
}

DWORD FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback)
{
	DWORD i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < INDICES && atomic_load(&used[i]); i++)
		;
	if (i < INDICES) {
		callbacks[i] = lpCallback;
		atomic_store(&used[i], true);
	}
	pthread_mutex_unlock(&lock);
	if (i < INDICES)
		return i;
	hostmem_win32_fail(ERROR_NOT_ENOUGH_MEMORY);
	return FLS_OUT_OF_INDEXES;
}

/* A value of some thread, which has it no more; NULL: none has one. */
static PVOID take_value(DWORD index)
{
	struct table *table;
	PVOID value = NULL;

	for (table = tables; table && !value; table = table->next)
		value = atomic_exchange(&table->value[index], NULL);
	return value;
}

BOOL FlsFree(DWORD dwFlsIndex)
{
	PFLS_CALLBACK_FUNCTION callback;
	PVOID value;

	if (!is_index(dwFlsIndex))
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	do {
		pthread_mutex_lock(&lock);
		value = take_value(dwFlsIndex);
		callback = callbacks[dwFlsIndex];
		if (!value) {
			callbacks[dwFlsIndex] = NULL;
			atomic_store(&used[dwFlsIndex], false);
		}
		pthread_mutex_unlock(&lock);
		if (value && callback)
			callback(value);
	} while (value);
	return TRUE;
}

PVOID FlsGetValue(DWORD dwFlsIndex)
{
	struct table *table;

	if (!is_index(dwFlsIndex)) {
		hostmem_win32_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	table = own_table(false);
	SetLastError(ERROR_SUCCESS);
	return table ? atomic_load(&table->value[dwFlsIndex]) : NULL;
}

BOOL FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData)
{
	int saved = errno;
	struct table *table;

	if (!is_index(dwFlsIndex))
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	table = own_table(lpFlsData);
	errno = saved;
	if (!table)
		return !lpFlsData || hostmem_win32_fail(ERROR_NOT_ENOUGH_MEMORY);
	atomic_store(&table->value[dwFlsIndex], lpFlsData);
	return TRUE;
}
