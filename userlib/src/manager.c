// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The operations of a manager.  Knows the kernel's structures and nothing of HRESULTs or
 * last errors.  What it hands on as it is, agreement.c has compared.
 */
#define _GNU_SOURCE
#include <hostmem/memory.h>
#include <hostmem/mscoree.h>

#include "device.h"
#include "diagnosis.h"
#include "environment.h"
#include "ioctl.h"
#include "manager.h"
#include "memcheck.h"
#include "slack.h"

struct hostmem_manager hostmem_default_manager = {
	.device = "/dev/hostmem",
	.prepared = HOSTMEM_PREPARED_UNSAID,
};

static enum hostmem_error open_first(struct hostmem_manager *manager)
{
	if (atomic_load(&manager->broken))
		return HOSTMEM_ERR_UNAVAILABLE;
	if (atomic_load(&manager->file))
		return HOSTMEM_OK;
	return hostmem_manager_judge(manager, hostmem_device_open(manager));
}

/* As a rule the file is there, and there is nothing to find out. */
static inline __attribute__((always_inline)) enum hostmem_error
make_call(struct hostmem_manager *manager, unsigned long request, void *arg,
	  enum hostmem_use use)
{
	hostmem_file file = atomic_load(&manager->file);
	int ret;

	if (hostmem_file_serves(file, use)) {
		ret = hostmem_raw_call(file, request, arg);
		if (!ret)
			return HOSTMEM_OK;
		ret = hostmem_device_settle(manager, request, arg, use, file, ret);
	} else {
		ret = hostmem_device_call(manager, request, arg, use);
	}
	return hostmem_manager_judge(manager, ret);
}

enum hostmem_error hostmem_manager_open(struct hostmem_manager *manager)
{
	return open_first(manager);
}

enum hostmem_error hostmem_manager_call(struct hostmem_manager *manager,
					unsigned long request, void *arg)
{
	enum hostmem_error error = open_first(manager);

	return error ? error : make_call(manager, request, arg, HOSTMEM_USE_ONCE);
}

enum hostmem_error hostmem_manager_break(struct hostmem_manager *manager)
{
	atomic_store(&manager->broken, true);
	return HOSTMEM_ERR_IMPOSSIBLE;
}

enum hostmem_error hostmem_manager_judge(struct hostmem_manager *manager,
					 int ret)
{
	enum hostmem_error error;

	if (!ret)
		return HOSTMEM_OK;

	error = hostmem_error_from_errno(-ret);
	hostmem_diagnose(manager->device, error == HOSTMEM_ERR_IMPOSSIBLE ?
			 HOSTMEM_STEP_ANSWER : HOSTMEM_STEP_CALL, -ret);
	return error == HOSTMEM_ERR_IMPOSSIBLE ? hostmem_manager_break(manager) : error;
}

uint64_t hostmem_manager_deadline(const struct hostmem_manager *manager)
{
	if (!manager->timeout_ms)
		return 0;
	if (manager->timeout_ms == HOSTMEM_INFINITE)
		return UINT64_MAX;
	return hostmem_raw_time(CLOCK_MONOTONIC) +
	       (uint64_t)manager->timeout_ms * 1000000;
}

bool hostmem_deadline_has_passed(uint64_t deadline)
{
	return deadline != UINT64_MAX && deadline <= hostmem_raw_time(CLOCK_MONOTONIC);
}

static DWORD flags_of(const struct hostmem_manager *manager)
{
	return manager == &hostmem_default_manager ? hostmem_environment_flags() :
						     manager->flags;
}

SIZE_T hostmem_manager_prepared(const struct hostmem_manager *manager)
{
	SIZE_T prepared = atomic_load(&manager->prepared);

	return prepared == HOSTMEM_PREPARED_UNSAID ? hostmem_environment_prepared() :
						     prepared;
}

enum hostmem_error hostmem_manager_prepare(struct hostmem_manager *manager,
					   SIZE_T bytes)
{
	struct hostmem_prepare prepare = {
		.size = sizeof(prepare),
		/* As much as nobody has, and not what stands for nothing said. */
		.bytes = bytes & ~(SIZE_T)1,
	};
	enum hostmem_error error;

	error = hostmem_manager_call(manager, HOSTMEM_IOC_PREPARE, &prepare);
	if (!error)
		atomic_store(&manager->prepared, prepare.bytes);
	return error;
}

/*
 * A commit that isn't served at once: heaps give back their slack before it is refused
 * or waits.
 */
static enum hostmem_error commit_after_all(struct hostmem_manager *manager,
					   struct hostmem_alloc *arg, uint64_t deadline,
					   enum hostmem_use use)
{
	enum hostmem_error error;

	hostmem_slack_want();
	arg->deadline = deadline;
	error = make_call(manager, HOSTMEM_IOC_ALLOC, arg, use);
	hostmem_slack_unwant();
	return error;
}

static enum hostmem_error alloc(struct hostmem_manager *manager, struct hostmem_alloc *arg,
				enum hostmem_use use)
{
	uint64_t deadline = arg->deadline;
	enum hostmem_error error;

	if (!(arg->type & MEM_COMMIT) || !hostmem_slack_may_be())
		return make_call(manager, HOSTMEM_IOC_ALLOC, arg, use);
	arg->deadline = 0;
	error = make_call(manager, HOSTMEM_IOC_ALLOC, arg, use);
	return error == HOSTMEM_ERR_NO_MEMORY ?
	       commit_after_all(manager, arg, deadline, use) : error;
}

enum hostmem_error hostmem_manager_alloc_until(struct hostmem_manager *manager,
					       void *addr, SIZE_T length,
					       DWORD type, DWORD protect,
					       DWORD level, uint64_t deadline,
					       void **out)
{
	/* Only what makes a region (C1) says what it shall be like. */
	bool reserves = type & MEM_RESERVE || (type & MEM_COMMIT && !addr);
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = type,
		.protect = protect,
		.level = level,
		.flags = reserves ? flags_of(manager) : 0,
		.addr = (uintptr_t)addr,
		.length = length,
		.deadline = deadline,
	};
	enum hostmem_error error;

	if (out)
		*out = NULL;
	error = open_first(manager);
	if (error)
		return error;
	if (!out)
		return HOSTMEM_ERR_NULL;

	error = alloc(manager, &arg, reserves ? HOSTMEM_USE_HELD : HOSTMEM_USE_ONCE);
	if (error)
		return error;
	/* Callers take NULL for a failure, so success must not look like it. */
	if (!arg.out_addr)
		return hostmem_manager_break(manager);

	if (hostmem_memcheck_runs() && type & MEM_COMMIT)
		hostmem_memcheck_commit(arg.out_addr,
					(arg.addr ? arg.addr : arg.out_addr) + length - 1,
					type & MEM_RESERVE || !addr);
	*out = (void *)(uintptr_t)arg.out_addr;
	return HOSTMEM_OK;
}

enum hostmem_error hostmem_manager_alloc(struct hostmem_manager *manager,
					 void *addr, SIZE_T length, DWORD type,
					 DWORD protect, DWORD level, void **out)
{
	return hostmem_manager_alloc_until(manager, addr, length, type, protect,
					   level,
					   hostmem_manager_deadline(manager), out);
}

enum hostmem_error hostmem_manager_commit_now(struct hostmem_manager *manager, void *addr,
					      SIZE_T length, DWORD protect, DWORD level)
{
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = MEM_COMMIT,
		.protect = protect,
		.level = level,
		.addr = (uintptr_t)addr,
		.length = length,
	};
	enum hostmem_error error;

	error = hostmem_manager_call(manager, HOSTMEM_IOC_ALLOC, &arg);
	if (!error && hostmem_memcheck_runs())
		hostmem_memcheck_commit(arg.out_addr, arg.addr + length - 1, false);
	return error;
}

enum hostmem_error hostmem_manager_free(struct hostmem_manager *manager,
					void *addr, SIZE_T length, DWORD type)
{
	struct hostmem_free arg = {
		.size = sizeof(arg),
		.type = type,
		.addr = (uintptr_t)addr,
		.length = length,
	};

	if (hostmem_memcheck_runs())
		return hostmem_memcheck_free(manager, &arg);
	return hostmem_manager_call(manager, HOSTMEM_IOC_FREE, &arg);
}

enum hostmem_error hostmem_manager_query(struct hostmem_manager *manager,
					 const void *addr, void *buffer,
					 SIZE_T length, SIZE_T *out)
{
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = (uintptr_t)addr,
		.buffer = (uintptr_t)buffer,
	};
	enum hostmem_error error;

	if (out)
		*out = 0;
	error = open_first(manager);
	if (error)
		return error;
	if (!out)
		return HOSTMEM_ERR_NULL;
	if (length < sizeof(MEMORY_BASIC_INFORMATION))
		return HOSTMEM_ERR_LENGTH;
	if (!buffer)
		return HOSTMEM_ERR_NULL;

	error = make_call(manager, HOSTMEM_IOC_QUERY, &arg, HOSTMEM_USE_ONCE);
	if (error)
		return error;

	*out = sizeof(MEMORY_BASIC_INFORMATION);
	hostmem_memcheck_written(buffer, *out);
	return HOSTMEM_OK;
}

enum hostmem_error hostmem_manager_protect(struct hostmem_manager *manager,
					   void *addr, SIZE_T length,
					   DWORD protect, DWORD *old)
{
	struct hostmem_protect arg = {
		.size = sizeof(arg),
		.protect = protect,
		.addr = (uintptr_t)addr,
		.length = length,
		.old = (uintptr_t)old,
	};
	enum hostmem_error error;

	/* A bad protection comes before a NULL pointer, so the kernel gets it. */
	error = hostmem_manager_call(manager, HOSTMEM_IOC_PROTECT, &arg);
	if (error == HOSTMEM_ERR_FAULT && !old)			/* T4, T6 */
		return HOSTMEM_ERR_NULL;
	if (!error)
		hostmem_memcheck_written(old, sizeof(*old));
	return error;
}

enum hostmem_error hostmem_manager_get_watch(struct hostmem_manager *manager,
					     DWORD flags, void *addr,
					     SIZE_T length, void **pages,
					     ULONG_PTR *count,
					     DWORD *granularity)
{
	struct hostmem_watch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.addr = (uintptr_t)addr,
		.length = length,
		.pages = (uintptr_t)pages,
	};
	enum hostmem_error error;

	error = open_first(manager);
	if (error)
		return error;
	if (!count || !granularity)				/* W18 */
		return HOSTMEM_ERR_NULL;
	if (!*count || !length ||				/* W19, W22 */
	    flags & ~WRITE_WATCH_FLAG_RESET)			/* W21 */
		return HOSTMEM_ERR_ARGUMENT;
	if (!pages)						/* W20 */
		return HOSTMEM_ERR_NULL;

	arg.count = *count;
	error = make_call(manager, HOSTMEM_IOC_WATCH, &arg, HOSTMEM_USE_ONCE);
	if (error)
		return error;

	hostmem_memcheck_written(pages, arg.out_count * sizeof(*pages));
	*count = arg.out_count;
	*granularity = HOSTMEM_PAGE_SIZE;
	return HOSTMEM_OK;
}

enum hostmem_error hostmem_manager_reset_watch(struct hostmem_manager *manager,
					       void *addr, SIZE_T length)
{
	/* No room for addresses: all pages of the range are reset. */
	struct hostmem_watch arg = {
		.size = sizeof(arg),
		.flags = HOSTMEM_WATCH_RESET,
		.addr = (uintptr_t)addr,
		.length = length,
	};

	return hostmem_manager_call(manager, HOSTMEM_IOC_WATCH, &arg);
}

enum hostmem_error hostmem_manager_status(struct hostmem_manager *manager,
					  struct hostmem_status *status)
{
	*status = (struct hostmem_status){ .size = sizeof(*status) };
	return hostmem_manager_call(manager, HOSTMEM_IOC_STATUS, status);
}

enum hostmem_error hostmem_manager_large_page(struct hostmem_manager *manager,
					      SIZE_T *bytes)
{
	struct hostmem_status status;
	enum hostmem_error error = hostmem_manager_status(manager, &status);

	*bytes = error ? 0 : status.out_large_page_bytes;
	return error;
}

enum hostmem_error hostmem_manager_descriptor(struct hostmem_manager *manager,
					      enum hostmem_use use, int *fd)
{
	if (atomic_load(&manager->broken))
		return HOSTMEM_ERR_UNAVAILABLE;
	return hostmem_manager_judge(manager,
				     hostmem_device_descriptor(manager, use, fd));
}

enum hostmem_error hostmem_manager_shutdown(struct hostmem_manager *manager)
{
	struct hostmem_shutdown arg = { .size = sizeof(arg) };
	int ret;

	if (hostmem_memcheck_runs())
		hostmem_memcheck_free_all(manager);
	ret = hostmem_device_call(manager, HOSTMEM_IOC_SHUTDOWN, &arg, HOSTMEM_USE_ONCE);
	return ret ? hostmem_error_from_errno(-ret) : HOSTMEM_OK;
}

void hostmem_manager_close(struct hostmem_manager *manager)
{
	const struct hostmem_load_page *load = atomic_load(&manager->load);

	if (load)
		hostmem_raw_unmap_load(load);
	hostmem_device_close(manager);
}
