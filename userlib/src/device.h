/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The open file of a manager.  A descriptor is but a number: the program may close it
 * (daemons close all that they don't know), and a child made by vfork() or a thread
 * with a table of files of its own may have opened it where others don't have it.  So
 * the library remembers which file it was, and tells the kernel in each call, which
 * does nothing for another (rule S7).
 *
 * If the number isn't the file's, and nothing depends on that file, a new one does as
 * well.  If something does, calls fail with ESHUTDOWN as long as it isn't there.
 *
 * Takes no lock.  Called by manager.c, load.c and notifier.c.
 */
#ifndef HOSTMEM_DEVICE_H
#define HOSTMEM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

struct hostmem_load_page;
struct hostmem_manager;

/*
 * A file in one word, so that it changes as a whole: its number for the kernel, its
 * descriptor, and whether something depends on it: a region, or a thread that polls.
 * 0: none has been opened.
 */
typedef uint64_t hostmem_file;

#define HOSTMEM_FILE_HELD	((hostmem_file)1 << 63)

static inline hostmem_file hostmem_file_of(int fd, uint32_t id)
{
	return (hostmem_file)fd << 32 | id;
}

static inline int hostmem_file_fd(hostmem_file file)
{
	return (int)(file >> 32 & INT32_MAX);
}

static inline uint32_t hostmem_file_id(hostmem_file file)
{
	return (uint32_t)file;
}

/**
 * enum hostmem_use - what a file is wanted for
 * @HOSTMEM_USE_ONCE: a call after which nothing depends on it
 * @HOSTMEM_USE_SHOWN: the program is told its descriptor
 * @HOSTMEM_USE_HELD: something will depend on it
 */
enum hostmem_use {
	HOSTMEM_USE_ONCE,
	HOSTMEM_USE_SHOWN,
	HOSTMEM_USE_HELD,
};

/* Is it one that needn't be looked at before? */
static inline bool hostmem_file_serves(hostmem_file file, enum hostmem_use use)
{
	return file & HOSTMEM_FILE_HELD || (file && use == HOSTMEM_USE_ONCE);
}

/**
 * hostmem_device_open() - open a manager's file if there has been none
 * @manager: any
 *
 * Return: 0, or -errno; -ESHUTDOWN if there is no such device, or it may not be opened
 */
int hostmem_device_open(struct hostmem_manager *manager);

/**
 * hostmem_device_call() - make a call of <linux/hostmem.h>
 * @manager: whose file
 * @request: HOSTMEM_IOC_*
 * @arg: its structure, with @id as it comes
 * @use: HOSTMEM_USE_ONCE, or HOSTMEM_USE_HELD if the call makes a region
 *
 * Return: 0, or -errno; -ESHUTDOWN if the file isn't there
 */
int hostmem_device_call(struct hostmem_manager *manager, unsigned long request,
			void *arg, enum hostmem_use use);

/**
 * hostmem_device_settle() - tell what a call that has failed comes to
 * @manager: whose file
 * @request: HOSTMEM_IOC_*
 * @arg: its structure
 * @use: HOSTMEM_USE_ONCE or HOSTMEM_USE_HELD
 * @file: what the manager had, and the call was made of
 * @ret: what it has returned
 *
 * Makes the call again if it wasn't that file, and another does as well.
 *
 * Return: as hostmem_device_call()
 */
int hostmem_device_settle(struct hostmem_manager *manager, unsigned long request,
			  void *arg, enum hostmem_use use, hostmem_file file, int ret);

/**
 * hostmem_device_descriptor() - find the descriptor
 * @manager: any
 * @use: HOSTMEM_USE_SHOWN or HOSTMEM_USE_HELD
 * @fd: receives it
 *
 * Return: 0, or -errno; -ESHUTDOWN if the file isn't there
 */
int hostmem_device_descriptor(struct hostmem_manager *manager, enum hostmem_use use,
			      int *fd);

/**
 * hostmem_device_map() - map the load pages
 * @manager: any
 * @addr: where there are those of an earlier file, which they replace; or NULL
 *
 * Return: the pages; NULL if there are none, or the caller isn't their owner
 */
const struct hostmem_load_page *
hostmem_device_map(const struct hostmem_manager *manager,
		   const struct hostmem_load_page *addr);

/**
 * hostmem_device_ask_new() - make a call of a file that is opened for it
 * @manager: which device
 * @request: HOSTMEM_IOC_*
 * @arg: its structure
 *
 * Return: 0 or -errno
 */
int hostmem_device_ask_new(const struct hostmem_manager *manager,
			   unsigned long request, void *arg);

/**
 * hostmem_device_close() - close the descriptor if it is the file's
 * @manager: nobody uses it any more
 */
void hostmem_device_close(const struct hostmem_manager *manager);

#endif /* HOSTMEM_DEVICE_H */
