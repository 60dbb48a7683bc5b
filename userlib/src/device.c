// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The open file of a manager, and how it is found again or replaced.  See device.h.
 */
#define _GNU_SOURCE
#include "device.h"
#include "diagnosis.h"
#include "errors.h"
#include "ioctl.h"
#include "manager.h"

/*
 * What the file's descriptor is: 0, or -EXDEV or -ESHUTDOWN for one that can't be used
 * here or any more; another error if it isn't the file's.
 */
static int look(hostmem_file file)
{
	struct hostmem_status status = { .size = sizeof(status) };
	int ret = hostmem_raw_call(file, HOSTMEM_IOC_STATUS, &status);

	/* Of a structure that is there, a file of ours doesn't say that twice. */
	if (ret == -EFAULT)
		ret = hostmem_raw_call(file, HOSTMEM_IOC_STATUS, &status);
	/* Some devices say yes to everything. */
	return !ret && status.out_id != hostmem_file_id(file) ? -EBADF : ret;
}

static bool is_there(hostmem_file file)
{
	int ret = look(file);

	return !ret || ret == -EXDEV || ret == -ESHUTDOWN;
}

/* For what depends on a file that isn't there another one is no help. */
static int lost(const struct hostmem_manager *manager)
{
	hostmem_diagnose(manager->device, HOSTMEM_STEP_FIND, EBADF);
	return -ESHUTDOWN;
}

/* Can any file answer so?  These are what devices say to calls they don't know. */
static bool is_doubtful(int ret)
{
	return ret == -EINVAL ||
	       (ret && hostmem_error_from_errno(-ret) == HOSTMEM_ERR_IMPOSSIBLE);
}

static int open_new(const struct hostmem_manager *manager, hostmem_file *file)
{
	struct hostmem_status status = { .size = sizeof(status) };
	struct hostmem_limit limit = { .size = sizeof(limit), .bytes = manager->limit };
	int fd, ret;

	fd = hostmem_raw_open(manager->device);
	if (fd < 0) {
		hostmem_diagnose(manager->device, HOSTMEM_STEP_OPEN, -fd);
		/* Whoever calls can do something about that, if not about others. */
		return fd == -ENOMEM ? fd : -ESHUTDOWN;
	}
	/* It may be another device, or a module that is older than this library. */
	ret = hostmem_raw_call(hostmem_file_of(fd, 0), HOSTMEM_IOC_STATUS, &status);
	if (ret || !status.out_id) {
		hostmem_diagnose(manager->device, HOSTMEM_STEP_ASK, -ret);
		hostmem_raw_close(fd);
		return -ESHUTDOWN;
	}
	*file = hostmem_file_of(fd, status.out_id);
	ret = manager->limit ? hostmem_raw_call(*file, HOSTMEM_IOC_LIMIT, &limit) : 0;
	if (ret)
		hostmem_raw_close(fd);
	return ret;
}

/* The same for what isn't closed again at once. */
static int open_to_keep(const struct hostmem_manager *manager, hostmem_file *file)
{
	struct hostmem_prepare prepare = {
		.size = sizeof(prepare),
		.bytes = hostmem_manager_prepared(manager),
	};
	int ret = open_new(manager, file);

	if (ret || !prepare.bytes)
		return ret;
	ret = hostmem_raw_call(*file, HOSTMEM_IOC_PREPARE, &prepare);
	if (ret)
		hostmem_raw_close(hostmem_file_fd(*file));
	return ret;
}

/*
 * Opens a file and makes it the manager's, if that still has @file.  Otherwise another
 * thread was first, and regions may be in its file.
 */
static int replace(struct hostmem_manager *manager, hostmem_file file,
		   enum hostmem_use use)
{
	hostmem_file ours;
	int ret;

	ret = open_to_keep(manager, &ours);
	if (ret)
		return ret;
	if (!atomic_compare_exchange_strong(&manager->file, &file,
					    use == HOSTMEM_USE_HELD ?
					    ours | HOSTMEM_FILE_HELD : ours))
		hostmem_raw_close(hostmem_file_fd(ours));
	return 0;
}

/*
 * Finds the manager's file.  It isn't looked at for each call; but before something
 * comes to depend on it, one that isn't there is replaced.
 */
static int find(struct hostmem_manager *manager, enum hostmem_use use,
		hostmem_file *file)
{
	int ret = 0;

	while (!ret) {
		*file = atomic_load(&manager->file);
		if (hostmem_file_serves(*file, use))
			return 0;
		if (!*file || !is_there(*file))
			ret = replace(manager, *file, use);
		else if (use == HOSTMEM_USE_SHOWN ||
			 atomic_compare_exchange_strong(&manager->file, file,
							*file | HOSTMEM_FILE_HELD))
			return 0;
	}
	return ret;
}

int hostmem_device_open(struct hostmem_manager *manager)
{
	return atomic_load(&manager->file) ? 0 :
	       replace(manager, 0, HOSTMEM_USE_ONCE);
}

int hostmem_device_call(struct hostmem_manager *manager, unsigned long request,
			void *arg, enum hostmem_use use)
{
	hostmem_file file;
	int ret;

	ret = find(manager, use, &file);
	if (ret)
		return ret;
	ret = hostmem_raw_call(file, request, arg);
	return hostmem_device_settle(manager, request, arg, use, file, ret);
}

int hostmem_device_settle(struct hostmem_manager *manager, unsigned long request,
			  void *arg, enum hostmem_use use, hostmem_file file, int ret)
{
	while (is_doubtful(ret) && !is_there(file)) {
		if (file & HOSTMEM_FILE_HELD)
			return lost(manager);
		/*
		 * Were the new one kept, threads with other tables of files would
		 * replace each other's, and never close them.
		 */
		if (atomic_load(&manager->file) == file)
			return hostmem_device_ask_new(manager, request, arg);
		ret = find(manager, use, &file);
		if (ret)
			return ret;
		ret = hostmem_raw_call(file, request, arg);
	}
	return ret;
}

int hostmem_device_ask_new(const struct hostmem_manager *manager,
			   unsigned long request, void *arg)
{
	hostmem_file file;
	int ret;

	ret = open_new(manager, &file);
	if (ret)
		return ret;
	ret = hostmem_raw_call(file, request, arg);
	hostmem_raw_close(hostmem_file_fd(file));
	return ret;
}

int hostmem_device_descriptor(struct hostmem_manager *manager, enum hostmem_use use,
			      int *fd)
{
	hostmem_file file;
	int ret;

	ret = find(manager, use, &file);
	if (ret)
		return ret;
	if (!is_there(file))
		return lost(manager);
	*fd = hostmem_file_fd(file);
	return 0;
}

const struct hostmem_load_page *
hostmem_device_map(const struct hostmem_manager *manager,
		   const struct hostmem_load_page *addr)
{
	hostmem_file file = atomic_load(&manager->file);
	const void *pages;

	if (!file || look(file))
		return NULL;
	pages = hostmem_raw_map_load(hostmem_file_fd(file));
	/* If the number wasn't the file's all the time, who knows what is mapped. */
	if (pages && (look(file) || (addr && !hostmem_raw_move_load(pages, addr)))) {
		hostmem_raw_unmap_load(pages);
		return NULL;
	}
	return addr ? addr : pages;
}

void hostmem_device_close(const struct hostmem_manager *manager)
{
	hostmem_file file = atomic_load(&manager->file);

	if (file && is_there(file))
		hostmem_raw_close(hostmem_file_fd(file));
}
