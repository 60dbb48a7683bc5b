/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * With what one thread wakes another one that is in poll(): two sockets.  The program
 * may close them, and open something else with the same numbers, so these are looked at
 * before they are used.  Leaves errno alone.  Called by notifier.c.
 */
#ifndef HOSTMEM_BELL_H
#define HOSTMEM_BELL_H

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * struct hostmem_bell_end - one of two connected sockets
 * @fd: its descriptor
 * @dev: with @ino tells it from what may have taken the number
 * @ino: no other socket has it
 */
struct hostmem_bell_end {
	int fd;
	dev_t dev;
	ino_t ino;
};

/**
 * struct hostmem_bell - what one thread hears in poll() when another one rings
 * @heard: readable after hostmem_bell_ring()
 * @rung: the other end
 */
struct hostmem_bell {
	struct hostmem_bell_end heard;
	struct hostmem_bell_end rung;
};

static inline bool hostmem_bell_note_end(struct hostmem_bell_end *end, int fd)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return false;
	*end = (struct hostmem_bell_end){ fd, stat.st_dev, stat.st_ino };
	return true;
}

/* Return: false if there can be none */
static inline bool hostmem_bell_hang(struct hostmem_bell *bell)
{
	int saved = errno;
	int fds[2];
	bool good;

	good = !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
	if (good && (!hostmem_bell_note_end(&bell->heard, fds[0]) ||
		     !hostmem_bell_note_end(&bell->rung, fds[1]))) {
		close(fds[0]);
		close(fds[1]);
		good = false;
	}
	errno = saved;
	return good;
}

static inline bool hostmem_bell_has(const struct hostmem_bell_end *end)
{
	int saved = errno;
	struct stat stat;
	bool has = !fstat(end->fd, &stat) && stat.st_dev == end->dev &&
		   stat.st_ino == end->ino;

	errno = saved;
	return has;
}

/* Return: false if the program has closed an end */
static inline bool hostmem_bell_ring(const struct hostmem_bell *bell)
{
	const char one = 1;
	int saved = errno;

	if (!hostmem_bell_has(&bell->heard) || !hostmem_bell_has(&bell->rung))
		return false;
	/* Fails if there is no room, and then it is readable. */
	if (send(bell->rung.fd, &one, sizeof(one), MSG_NOSIGNAL) < 0)
		errno = saved;
	return true;
}

/* Return: false if the program has closed it */
static inline bool hostmem_bell_hush(const struct hostmem_bell *bell)
{
	char rung[256];
	int saved = errno;

	if (!hostmem_bell_has(&bell->heard))
		return false;
	/* What it has been rung more often is heard again. */
	if (recv(bell->heard.fd, rung, sizeof(rung), 0) < 0)
		errno = saved;
	return true;
}

static inline void hostmem_bell_take_down(const struct hostmem_bell *bell)
{
	int saved = errno;

	if (hostmem_bell_has(&bell->heard))
		close(bell->heard.fd);
	if (hostmem_bell_has(&bell->rung))
		close(bell->rung.fd);
	errno = saved;
}

#endif /* HOSTMEM_BELL_H */
