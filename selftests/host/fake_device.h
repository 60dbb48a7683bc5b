/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * A stand-in for /dev/hostmem in the process of a test, which is linked with
 * fake_device.c and fake_memory.c: their open(), ioctl(), mmap() and poll() are what
 * libhostmem.a then calls.  Regions are mappings without access, and commits make
 * pages of them accessible.
 *
 * It keeps to <linux/hostmem.h> as far as objects, heaps and threads of the library
 * can tell; it isn't a model of the contract's rules, which tests of the module check.
 */
#ifndef HOST_FAKE_DEVICE_H
#define HOST_FAKE_DEVICE_H

#include <linux/hostmem.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define FAKE_DEVICE	"/dev/fake-hostmem"
#define FAKE_FILES	64
#define FAKE_REGIONS	256
#define FAKE_MAPPINGS	16

/* Numbers of the calls. */
enum fake_call {
	FAKE_ALLOC, FAKE_FREE, FAKE_QUERY, FAKE_STATUS, FAKE_PROTECT, FAKE_WATCH,
	FAKE_LIMIT, FAKE_SHUTDOWN, FAKE_LOAD, FAKE_PREPARE, FAKE_CALLS
};

struct fake_region {
	char *base;		/* NULL: free entry */
	size_t length;
	unsigned char *committed;	/* for each page */
};

/* One open file; its descriptor is an eventfd that is readable when poll() must say so. */
struct fake_file {
	bool open;
	uint32_t id;
	pid_t owner;
	struct fake_region regions[FAKE_REGIONS];
	uint64_t limit;
	uint64_t charged;
	uint64_t prepared;	/* as much as was asked for, at once */
	unsigned int waiting;
	bool shut;
	uint32_t seen;		/* level that the last HOSTMEM_IOC_LOAD returned */
	unsigned int inside;	/* calls under way */
	struct hostmem_load_page *pages[FAKE_MAPPINGS];
};

extern struct fake_file fake_files[FAKE_FILES];	/* by descriptor */

/* What the machine is like. */
extern uint32_t fake_level;	/* fake_set_level() changes it for those who poll */
extern uint64_t fake_total;
extern uint64_t fake_available;
extern uint64_t fake_module_limit;
extern uint64_t fake_largest_hole;

/* What the test wants to go wrong. */
extern int fake_open_errno;
extern bool fake_no_load_pages;
extern pthread_barrier_t *fake_mmap_barrier;	/* all get there before one goes on */
extern int fake_errno[FAKE_CALLS];		/* a call fails with it ... */
extern unsigned int fake_errno_times[FAKE_CALLS];	/* ... so many times */

/* Called by whoever has made HOSTMEM_IOC_LOAD, before it has the answer. */
extern void (*fake_after_load)(void);

/* What the test wants to know. */
extern unsigned int fake_calls[FAKE_CALLS];
extern unsigned int fake_opens;
extern unsigned int fake_closes;
extern unsigned int fake_closes_inside;	/* while a call was under way */
extern unsigned int fake_mappings;		/* of load pages, now */
extern char fake_path[64];
extern struct hostmem_alloc fake_first_alloc;	/* since its fake_calls was 0 */
extern struct hostmem_alloc fake_last_alloc;
extern unsigned int fake_reservations;	/* asked for */
extern unsigned int fake_pinnable;	/* calls with HOSTMEM_ALLOC_PINNABLE */

/* The time of the kernel, whatever the test does to clock_gettime(). */
uint64_t fake_now(clockid_t clock);

/* Another program takes memory, or gives it back. */
void fake_set_level(int fd, uint32_t level);

/* Have the load pages of a file show what there is now, refreshed at @refreshed. */
void fake_show(struct fake_file *file, uint64_t refreshed);

/* Of fake_memory.c; all with the lock of fake_device.c, and waits release that. */
int fake_memory_alloc(struct fake_file *file, struct hostmem_alloc *arg);
int fake_memory_free(struct fake_file *file, const struct hostmem_free *arg);
void fake_memory_query(struct fake_file *file, struct hostmem_query *arg);
void fake_memory_status(struct fake_file *file, struct hostmem_status *arg);
void fake_memory_release_all(struct fake_file *file);
int fake_memory_wait(uint64_t deadline);
void fake_memory_wake(void);

#endif /* HOST_FAKE_DEVICE_H */
