// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The operations of a manager, and the first use that opens its device.  Knows
 * the kernel's structures and nothing of HRESULTs or last errors.
 */
#include <hostmem/memory.h>
#include <hostmem/mscoree.h>

#include "ioctl.h"
#include "manager.h"

#define SAME_MEMBER(ours, theirs)						\
	(offsetof(MEMORY_BASIC_INFORMATION, ours) ==				\
	 offsetof(struct hostmem_memory_info, theirs) &&			\
	 sizeof(((MEMORY_BASIC_INFORMATION *)0)->ours) ==			\
	 sizeof(((struct hostmem_memory_info *)0)->theirs))

/* The kernel writes into the caller's buffer, so both must mean the same. */
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) == 48, "size on Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, BaseAddress) == 0, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, AllocationBase) == 8, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, AllocationProtect) == 16, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, PartitionId) == 20, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, RegionSize) == 24, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, State) == 32, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, Protect) == 36, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, Type) == 40, "Windows");
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) ==
	       sizeof(struct hostmem_memory_info), "kernel");
_Static_assert(SAME_MEMBER(BaseAddress, base), "kernel");
_Static_assert(SAME_MEMBER(AllocationBase, allocation_base), "kernel");
_Static_assert(SAME_MEMBER(AllocationProtect, allocation_protect), "kernel");
_Static_assert(SAME_MEMBER(RegionSize, region_size), "kernel");
_Static_assert(SAME_MEMBER(State, state), "kernel");
_Static_assert(SAME_MEMBER(Protect, protect), "kernel");
_Static_assert(SAME_MEMBER(Type, type), "kernel");

/* Types, protections and levels are handed on as they are. */
_Static_assert(MEM_COMMIT == HOSTMEM_COMMIT && MEM_RESERVE == HOSTMEM_RESERVE &&
	       MEM_TOP_DOWN == HOSTMEM_TOP_DOWN && MEM_RESET == HOSTMEM_RESET &&
	       MEM_RESET_UNDO == HOSTMEM_RESET_UNDO &&
	       MEM_WRITE_WATCH == HOSTMEM_WRITE_WATCH &&
	       MEM_LARGE_PAGES == HOSTMEM_LARGE_PAGES, "allocation types");
_Static_assert(MEM_DECOMMIT == HOSTMEM_DECOMMIT && MEM_RELEASE == HOSTMEM_RELEASE,
	       "free types");
_Static_assert(MEM_FREE == HOSTMEM_FREE && MEM_PRIVATE == HOSTMEM_PRIVATE &&
	       MEM_MAPPED == HOSTMEM_MAPPED && MEM_IMAGE == HOSTMEM_IMAGE,
	       "states and types of memory");
_Static_assert(PAGE_NOACCESS == HOSTMEM_NOACCESS &&
	       PAGE_READONLY == HOSTMEM_READONLY &&
	       PAGE_READWRITE == HOSTMEM_READWRITE &&
	       PAGE_EXECUTE == HOSTMEM_EXECUTE &&
	       PAGE_EXECUTE_READ == HOSTMEM_EXECUTE_READ &&
	       PAGE_EXECUTE_READWRITE == HOSTMEM_EXECUTE_READWRITE &&
	       PAGE_GUARD == HOSTMEM_GUARD && PAGE_NOCACHE == HOSTMEM_NOCACHE &&
	       PAGE_WRITECOMBINE == HOSTMEM_WRITECOMBINE, "protections");
_Static_assert(WRITE_WATCH_FLAG_RESET == HOSTMEM_WATCH_RESET, "watch flags");
/* The kernel writes the caller's array of addresses as one of __u64. */
_Static_assert(sizeof(PVOID) == sizeof(__u64), "addresses");
_Static_assert(eTaskCritical == HOSTMEM_LEVEL_TASK &&
	       eAppDomainCritical == HOSTMEM_LEVEL_APPDOMAIN &&
	       eProcessCritical == HOSTMEM_LEVEL_PROCESS, "levels");

struct hostmem_manager hostmem_default_manager = {
	.device = "/dev/hostmem",
	.fd = -1,
};

enum hostmem_error hostmem_manager_descriptor(struct hostmem_manager *manager,
					      int *fd)
{
	int none = -1;
	int ours;

	if (atomic_load(&manager->broken))
		return HOSTMEM_ERR_UNAVAILABLE;

	*fd = atomic_load(&manager->fd);
	if (*fd >= 0)
		return HOSTMEM_OK;

	ours = hostmem_raw_open(manager->device);
	if (ours < 0)
		return HOSTMEM_ERR_UNAVAILABLE;

	*fd = ours;
	if (!atomic_compare_exchange_strong(&manager->fd, &none, ours)) {
		/* Another thread was first, and regions may be in its file. */
		hostmem_raw_close(ours);
		*fd = none;
	}
	return HOSTMEM_OK;
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
	if (error == HOSTMEM_ERR_IMPOSSIBLE)
		return hostmem_manager_break(manager);
	return error;
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

enum hostmem_error hostmem_manager_alloc_until(struct hostmem_manager *manager,
					       void *addr, SIZE_T length,
					       DWORD type, DWORD protect,
					       DWORD level, uint64_t deadline,
					       void **out)
{
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = type,
		.protect = protect,
		.level = level,
		.addr = (uintptr_t)addr,
		.length = length,
		.deadline = deadline,
	};
	enum hostmem_error error;
	int fd;

	if (out)
		*out = NULL;
	error = hostmem_manager_descriptor(manager, &fd);
	if (error)
		return error;
	if (!out)
		return HOSTMEM_ERR_NULL;

	error = hostmem_manager_judge(manager, hostmem_raw_alloc(fd, &arg));
	if (error)
		return error;
	/* Callers take NULL for a failure, so success must not look like it. */
	if (!arg.out_addr)
		return hostmem_manager_break(manager);

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

enum hostmem_error hostmem_manager_free(struct hostmem_manager *manager,
					void *addr, SIZE_T length, DWORD type)
{
	struct hostmem_free arg = {
		.size = sizeof(arg),
		.type = type,
		.addr = (uintptr_t)addr,
		.length = length,
	};
	enum hostmem_error error;
	int fd;

	error = hostmem_manager_descriptor(manager, &fd);
	if (error)
		return error;

	return hostmem_manager_judge(manager, hostmem_raw_free(fd, &arg));
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
	int fd;

	if (out)
		*out = 0;
	error = hostmem_manager_descriptor(manager, &fd);
	if (error)
		return error;
	if (!out)
		return HOSTMEM_ERR_NULL;
	if (length < sizeof(MEMORY_BASIC_INFORMATION))
		return HOSTMEM_ERR_LENGTH;
	if (!buffer)
		return HOSTMEM_ERR_NULL;

	error = hostmem_manager_judge(manager, hostmem_raw_query(fd, &arg));
	if (error)
		return error;

	*out = sizeof(MEMORY_BASIC_INFORMATION);
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
	int fd;

	error = hostmem_manager_descriptor(manager, &fd);
	if (error)
		return error;

	/* A bad protection comes before a NULL pointer, so the kernel gets it. */
	error = hostmem_manager_judge(manager, hostmem_raw_protect(fd, &arg));
	if (error == HOSTMEM_ERR_FAULT && !old)			/* T4, T6 */
		return HOSTMEM_ERR_NULL;
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
	int fd;

	error = hostmem_manager_descriptor(manager, &fd);
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
	error = hostmem_manager_judge(manager, hostmem_raw_watch(fd, &arg));
	if (error)
		return error;

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
	enum hostmem_error error;
	int fd;

	error = hostmem_manager_descriptor(manager, &fd);
	if (error)
		return error;

	return hostmem_manager_judge(manager, hostmem_raw_watch(fd, &arg));
}

enum hostmem_error hostmem_manager_status(struct hostmem_manager *manager,
					  struct hostmem_status *status)
{
	enum hostmem_error error;
	int fd;

	*status = (struct hostmem_status){ .size = sizeof(*status) };
	error = hostmem_manager_descriptor(manager, &fd);
	if (error)
		return error;

	return hostmem_manager_judge(manager, hostmem_raw_status(fd, status));
}

enum hostmem_error hostmem_manager_large_page(struct hostmem_manager *manager,
					      SIZE_T *bytes)
{
	struct hostmem_status status;
	enum hostmem_error error = hostmem_manager_status(manager, &status);

	*bytes = error ? 0 : status.out_large_page_bytes;
	return error;
}

enum hostmem_error hostmem_manager_limit(struct hostmem_manager *manager,
					 SIZE_T bytes)
{
	struct hostmem_limit arg = { .size = sizeof(arg), .bytes = bytes };
	enum hostmem_error error;
	int fd;

	error = hostmem_manager_descriptor(manager, &fd);
	if (error)
		return error;

	return hostmem_manager_judge(manager, hostmem_raw_limit(fd, &arg));
}

bool hostmem_manager_shutdown(struct hostmem_manager *manager)
{
	struct hostmem_shutdown arg = { .size = sizeof(arg) };

	return hostmem_raw_shutdown(atomic_load(&manager->fd), &arg) != -EXDEV;
}

void hostmem_manager_close(struct hostmem_manager *manager)
{
	const struct hostmem_load_page *load = atomic_load(&manager->load);
	int fd = atomic_load(&manager->fd);

	if (load)
		hostmem_raw_unmap_load(load);
	if (fd >= 0)
		hostmem_raw_close(fd);
}

bool hostmem_manager_owns(struct hostmem_manager *manager, const void *addr)
{
	struct hostmem_memory_info info;
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = (uintptr_t)addr,
		.buffer = (uintptr_t)&info,
	};
	int fd = atomic_load(&manager->fd);

	return fd >= 0 && !hostmem_raw_query(fd, &arg) && arg.out_own;
}
