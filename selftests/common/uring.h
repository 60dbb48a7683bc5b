/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_uring without a library: a ring, of which one request at a time is asked for.
 */
#ifndef URING_H
#define URING_H

#include "hostile.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define ENTRIES		8
#define DISABLED	"/proc/sys/kernel/io_uring_disabled"

KEEP_SETTING(disabled, DISABLED)

struct ring {
	int fd;
	char *rings;
	struct io_uring_sqe *sqes;
	struct io_uring_params params;
};

#define at_offset(ring, type, offset) \
	((volatile uint32_t *)((ring)->rings + (ring)->params.offset.type))

HELPER bool start_ring(struct ring *ring)
{
	size_t size;

	write_file(DISABLED, "0");
	ring->fd = syscall(SYS_io_uring_setup, ENTRIES, &ring->params);
	if (ring->fd < 0 || !(ring->params.features & IORING_FEAT_SINGLE_MMAP))
		return false;
	size = ring->params.cq_off.cqes +
	       ring->params.cq_entries * sizeof(struct io_uring_cqe);
	ring->rings = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, ENTRIES * sizeof(*ring->sqes),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			  ring->fd, IORING_OFF_SQES);
	return ring->rings != MAP_FAILED && ring->sqes != MAP_FAILED;
}

/* Hand one request in; true if it was taken. */
HELPER bool submit(struct ring *ring, const struct io_uring_sqe *sqe)
{
	volatile uint32_t *tail = at_offset(ring, tail, sq_off);
	uint32_t index = *tail & *at_offset(ring, ring_mask, sq_off);

	ring->sqes[index] = *sqe;
	at_offset(ring, array, sq_off)[index] = index;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0) == 1;
}

/* Wait for the next result. */
HELPER int result(struct ring *ring)
{
	volatile uint32_t *head = at_offset(ring, head, cq_off);
	struct io_uring_cqe *cqes, cqe;

	while (*head == __atomic_load_n(at_offset(ring, tail, cq_off),
					__ATOMIC_ACQUIRE))
		syscall(SYS_io_uring_enter, ring->fd, 0, 1,
			IORING_ENTER_GETEVENTS, NULL, 0);
	cqes = (struct io_uring_cqe *)(ring->rings + ring->params.cq_off.cqes);
	cqe = cqes[*head & *at_offset(ring, ring_mask, cq_off)];
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	/* A notice follows, of buffers that are free again. */
	if (cqe.flags & IORING_CQE_F_MORE)
		result(ring);
	return cqe.res;
}

HELPER int run(struct ring *ring, const struct io_uring_sqe *sqe)
{
	return submit(ring, sqe) ? result(ring) : -1;
}

/* Until then io_uring had fixed buffers in no mapping of a file but shared memory. */
HELPER bool has_fixed_buffers(void)
{
	return kernel_is_at_least(6, 5);
}

/* Have the ring know buffers by number, in place of all it knew: 0 or -errno. */
HELPER int fix_buffer(struct ring *ring, void *start, size_t size)
{
	struct iovec iov = { .iov_base = start, .iov_len = size };

	syscall(SYS_io_uring_register, ring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
	return syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS,
		       &iov, 1) ? -errno : 0;
}

#endif /* URING_H */
