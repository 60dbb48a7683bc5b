// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The calls of the stand-in for /dev/hostmem.  See fake_device.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake_device.h"
#include "ioctl_request.h"

struct fake_file fake_files[FAKE_FILES];
uint32_t fake_level = HOSTMEM_AVAILABLE_HIGH;
uint64_t fake_total = 1ull << 30;
uint64_t fake_available = 1ull << 29;
uint64_t fake_module_limit = 1ull << 30;
uint64_t fake_largest_hole = 1ull << 46;
int fake_open_errno;
bool fake_no_load_pages;
pthread_barrier_t *fake_mmap_barrier;
void (*fake_after_load)(void);
int fake_errno[FAKE_CALLS];
unsigned int fake_errno_times[FAKE_CALLS];
unsigned int fake_calls[FAKE_CALLS];
unsigned int fake_opens;
unsigned int fake_closes;
unsigned int fake_closes_inside;
unsigned int fake_mappings;
char fake_path[64];
struct hostmem_alloc fake_first_alloc;
struct hostmem_alloc fake_last_alloc;
unsigned int fake_reservations;
unsigned int fake_pinnable;

static uint32_t last_id;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Signalled when there may be room; set up with the first file. */
static pthread_cond_t changed;

static struct fake_file *file_of(int fd)
{
	return fd >= 0 && fd < FAKE_FILES && fake_files[fd].open ? &fake_files[fd] :
								    NULL;
}

static void make_readable(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		abort();
}

uint64_t fake_now(clockid_t clock)
{
	struct timespec time;

	syscall(SYS_clock_gettime, clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void fake_set_level(int fd, uint32_t level)
{
	pthread_mutex_lock(&lock);
	fake_level = level;
	if (level != fake_files[fd].seen)
		make_readable(fd);
	pthread_mutex_unlock(&lock);
}

/* Waiting, with the lock. */

int fake_memory_wait(uint64_t deadline)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline / 1000000000u),
		.tv_nsec = (long)(deadline % 1000000000u),
	};

	if (deadline == UINT64_MAX)
		return pthread_cond_wait(&changed, &lock);
	return pthread_cond_timedwait(&changed, &lock, &until);
}

void fake_memory_wake(void)
{
	pthread_cond_broadcast(&changed);
}

/* Files */

int open(const char *path, int flags, ...)
{
	pthread_condattr_t attr;
	int fd;

	fake_opens++;
	strncpy(fake_path, path, sizeof(fake_path) - 1);
	if (fake_open_errno || strcmp(path, FAKE_DEVICE)) {
		errno = fake_open_errno ? fake_open_errno : ENOENT;
		return -1;
	}
	fd = eventfd(1, (flags & O_CLOEXEC ? EFD_CLOEXEC : 0) | EFD_NONBLOCK);
	if (fd < 0 || fd >= FAKE_FILES)
		abort();
	if (fake_opens == 1) {
		pthread_condattr_init(&attr);
		pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
		pthread_cond_init(&changed, &attr);
	}
	memset(&fake_files[fd], 0, sizeof(fake_files[fd]));
	fake_files[fd].id = ++last_id;
	fake_files[fd].owner = getpid();
	fake_files[fd].limit = UINT64_MAX;
	fake_files[fd].open = true;
	return fd;
}

int close(int fd)
{
	if (file_of(fd)) {
		fake_files[fd].open = false;
		fake_closes++;
		fake_closes_inside += !!fake_files[fd].inside;
	}
	return (int)syscall(SYS_close, fd);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int ret = (int)syscall(SYS_poll, fds, count, timeout);
	nfds_t i;

	for (i = 0; ret >= 0 && i < count; i++)
		if (file_of(fds[i].fd) && file_of(fds[i].fd)->shut)
			fds[i].revents = POLLHUP;
	return ret;
}

/* The load pages */

/* What changes at once, and without a refresh nothing else. */
static void show_charge(struct fake_file *file, struct hostmem_load_page *pages)
{
	struct hostmem_load_page *own = (void *)((char *)pages + HOSTMEM_PAGE_SIZE);

	own->charged_bytes = file->charged;
	own->limit_bytes = file->limit;
	own->id = file->id;
	pages->charged_bytes = file->charged;
	pages->limit_bytes = fake_module_limit;
}

static void show_all(struct fake_file *file)
{
	unsigned int i;

	for (i = 0; i < FAKE_MAPPINGS; i++)
		if (file->pages[i])
			show_charge(file, file->pages[i]);
}

void fake_show(struct fake_file *file, uint64_t refreshed)
{
	unsigned int i;

	for (i = 0; i < FAKE_MAPPINGS; i++) {
		struct hostmem_load_page *pages = file->pages[i], *own;

		if (!pages)
			continue;
		show_charge(file, pages);
		pages->total_bytes = fake_total;
		pages->uncommitted_bytes = fake_available + file->charged;
		pages->refreshed = refreshed;
		/* A cgroup without a limit */
		own = (void *)((char *)pages + HOSTMEM_PAGE_SIZE);
		own->total_bytes = UINT64_MAX;
		own->uncommitted_bytes = UINT64_MAX;
		own->refreshed = refreshed;
	}
}

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct fake_file *file = file_of(fd);
	unsigned int i = 0;
	void *mem;

	if (!file)
		return (void *)syscall(SYS_mmap, addr, length, prot, flags, fd, offset);
	if (fake_no_load_pages || prot != PROT_READ || flags != MAP_SHARED ||
	    length != HOSTMEM_LOAD_PAGES * HOSTMEM_PAGE_SIZE ||
	    offset != HOSTMEM_LOAD_OFFSET) {
		errno = EPERM;
		return MAP_FAILED;
	}
	if (fake_mmap_barrier)
		pthread_barrier_wait(fake_mmap_barrier);
	mem = (void *)syscall(SYS_mmap, NULL, length, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_mutex_lock(&lock);
	fake_mappings++;
	if (file->owner == getpid()) {
		/* A child sees zeros. */
		madvise(mem, length, MADV_WIPEONFORK);
		while (file->pages[i])
			i++;
		file->pages[i] = mem;
		show_charge(file, mem);
	}
	pthread_mutex_unlock(&lock);
	return mem;
}

int munmap(void *addr, size_t length)
{
	unsigned int i, j;

	pthread_mutex_lock(&lock);
	for (i = 0; i < FAKE_FILES; i++)
		for (j = 0; j < FAKE_MAPPINGS; j++)
			if (addr && fake_files[i].pages[j] == addr) {
				fake_files[i].pages[j] = NULL;
				fake_mappings--;
			}
	pthread_mutex_unlock(&lock);
	return (int)syscall(SYS_munmap, addr, length);
}

/* Calls */

static void load(int fd, struct fake_file *file, struct hostmem_load *arg)
{
	uint64_t module = fake_module_limit > file->charged ?
			  fake_module_limit - file->charged : 0;
	uint64_t own = file->limit > file->charged ? file->limit - file->charged : 0;
	uint64_t drain;

	if (read(fd, &drain, sizeof(drain)) < 0)
		drain = 0;
	file->seen = fake_level;
	arg->out_available = fake_level;
	arg->out_total_bytes = fake_total;
	arg->out_available_bytes = fake_available;
	arg->out_room_bytes = own < module ? own : module;
	if (arg->out_room_bytes > fake_available)
		arg->out_room_bytes = fake_available;
	fake_show(file, fake_now(CLOCK_MONOTONIC_COARSE));
}

static int limit(struct fake_file *file, const struct hostmem_limit *arg)
{
	if (arg->bytes > file->limit)
		return EINVAL;
	file->limit = arg->bytes;
	return 0;
}

static int call(int fd, struct fake_file *file, unsigned int number, void *arg)
{
	switch (number) {
	case FAKE_ALLOC:
		return fake_memory_alloc(file, arg);
	case FAKE_FREE:
		return fake_memory_free(file, arg);
	case FAKE_QUERY:
		fake_memory_query(file, arg);
		break;
	case FAKE_STATUS:
		fake_memory_status(file, arg);
		break;
	case FAKE_LIMIT:
		return limit(file, arg);
	case FAKE_PREPARE:
		file->prepared = ((struct hostmem_prepare *)arg)->bytes;
		break;
	case FAKE_SHUTDOWN:
		file->shut = true;
		fake_memory_release_all(file);
		make_readable(fd);
		break;
	case FAKE_LOAD:
		load(fd, file, arg);
		break;
	}
	return 0;
}

static int answer(int fd, struct fake_file *file, unsigned int number, void *arg)
{
	const struct hostmem_status *head = arg;

	if (number >= FAKE_CALLS)
		return ENOTTY;
	if (head->id && head->id != file->id)
		return EBADF;
	fake_calls[number]++;
	if (number == FAKE_ALLOC)
		fake_last_alloc = *(struct hostmem_alloc *)arg;
	if (fake_calls[FAKE_ALLOC] == 1)
		fake_first_alloc = fake_last_alloc;
	if (fake_errno_times[number]) {
		fake_errno_times[number]--;
		return fake_errno[number];
	}
	if (file->owner != getpid())
		return EXDEV;
	return file->shut ? ESHUTDOWN : call(fd, file, number, arg);
}

int ioctl(int fd, hostmem_ioctl_request number, ...)
{
	const unsigned long request = (unsigned long)number;
	struct fake_file *file = file_of(fd);
	int saved = errno;
	va_list args;
	void *arg;
	int err;

	if (!file) {
		errno = EBADF;
		return -1;
	}
	va_start(args, number);
	arg = va_arg(args, void *);
	va_end(args);
	pthread_mutex_lock(&lock);
	file->inside++;
	err = answer(fd, file, (unsigned int)request & 0xff, arg);
	if (file->owner == getpid())
		show_all(file);
	file->inside--;
	pthread_mutex_unlock(&lock);
	if (request == HOSTMEM_IOC_LOAD && fake_after_load)
		fake_after_load();
	errno = err ? err : saved;
	return err ? -1 : 0;
}
