/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of /dev/hostmem: Windows' virtual memory contract for one
 * process.  Whoever opens the device gets an empty space of regions in its own
 * address space; every call acts on that space, and only for threads that live
 * in the address space which opened the file.
 *
 * Nothing but this header is shared between the module and user space.
 */
#ifndef _UAPI_LINUX_HOSTMEM_H
#define _UAPI_LINUX_HOSTMEM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Format of all calls
 *
 * Each call takes one structure whose first member, @size, is the size that
 * the caller was compiled with.  A kernel that knows a longer structure takes
 * the missing tail as zero; a kernel that knows a shorter one refuses a tail
 * that is not zero.  Reserved members and unknown flags must be zero.
 * Members that the kernel writes begin with out_.
 *
 * The second member, @id, tells which file is meant: 0 is any, and otherwise
 * a call of a file with another number fails with EBADF and does nothing else.
 * So who remembers a descriptor that others may close is safe from acting on
 * what has taken its place.  HOSTMEM_IOC_STATUS tells a file's number.
 *
 * An errno has one meaning, whichever call returns it:
 *
 * =============== ==========================================================
 * ENOTTY          no such call
 * EBADF           @id is the number of another file
 * E2BIG           the structure has a tail that this kernel doesn't know
 * EFAULT          a user pointer can't be read or written
 * EINVAL          an argument is wrong by itself (rules A, F, P of the contract), or
 *                 for a region or file of that kind: no write watch, a higher limit
 * EADDRNOTAVAIL   the address is in use, not reserved, not in one region, not
 *                 committed or not a base, as the call has it
 * ENOENT          free of memory that belongs to no region of this file
 * ENOMEM          no commit charge left, or no memory
 * ENOSPC          no hole of that size in the address space
 * EOPNOTSUPP      this kernel or processor can't do that, e.g. large pages
 * EXDEV           the caller's address space isn't the one that opened the file
 * EACCES          the system forbids the mapping, e.g. executable pages of a
 *                 device that is mounted noexec, or any of a region that has
 *                 been registered with userfaultfd
 * EPERM           the caller lacks the privilege (CAP_IPC_LOCK, large pages)
 * ETIMEDOUT       the deadline passed before the commit limit had room
 * ECANCELED       HOSTMEM_IOC_SHUTDOWN ended the call
 * ESHUTDOWN       HOSTMEM_IOC_SHUTDOWN came before the call
 * EINTR           a signal ended the call; it may be repeated as it was
 * =============== ==========================================================
 *
 * A call that fails has changed no memory, but for HOSTMEM_IOC_SHUTDOWN, which releases
 * what it can; members that begin with out_ may have been written.
 */

#define HOSTMEM_PAGE_SIZE	4096u
/** Bases of regions are multiples of the granule. */
#define HOSTMEM_GRANULE		65536u

/* Allocation and free types, states and types of memory: Windows' values. */
#define HOSTMEM_COMMIT		0x00001000u
#define HOSTMEM_RESERVE		0x00002000u
#define HOSTMEM_DECOMMIT	0x00004000u
#define HOSTMEM_RELEASE		0x00008000u
#define HOSTMEM_FREE		0x00010000u
#define HOSTMEM_PRIVATE		0x00020000u
#define HOSTMEM_MAPPED		0x00040000u
#define HOSTMEM_RESET		0x00080000u
#define HOSTMEM_TOP_DOWN	0x00100000u
#define HOSTMEM_WRITE_WATCH	0x00200000u
#define HOSTMEM_RESET_UNDO	0x01000000u	/* as an allocation type */
#define HOSTMEM_IMAGE		0x01000000u	/* as a type of memory */
#define HOSTMEM_LARGE_PAGES	0x20000000u

/*
 * Protections: one of the first group, with at most one of the second, which
 * do not go with HOSTMEM_NOACCESS (rules P1-P6).
 */
#define HOSTMEM_NOACCESS		0x001u
#define HOSTMEM_READONLY		0x002u
#define HOSTMEM_READWRITE		0x004u
#define HOSTMEM_EXECUTE			0x010u
#define HOSTMEM_EXECUTE_READ		0x020u
#define HOSTMEM_EXECUTE_READWRITE	0x040u
#define HOSTMEM_EXECUTE_WRITECOPY	0x080u	/* of images, in queries only */

#define HOSTMEM_GUARD			0x100u
#define HOSTMEM_NOCACHE			0x200u
#define HOSTMEM_WRITECOMBINE		0x400u

/* How much depends on a commit: how far into the reserve it may reach. */
#define HOSTMEM_LEVEL_TASK	0u
#define HOSTMEM_LEVEL_APPDOMAIN	1u
#define HOSTMEM_LEVEL_PROCESS	2u

/*
 * No other calls of the kernel have this letter: not in its list of ioctl numbers,
 * nor in its headers, some of which the list lacks.  0x00 to 0x1f are for hostmem.
 *
 * The numbers hold neither size nor direction.  The structures grow, and say
 * themselves how long they are: so a call has one number for ever, and what
 * filters calls by number (seccomp, LSMs) or names them (strace) goes on to know it.
 */
#define HOSTMEM_IOC_MAGIC	0xD6

/*
 * The kernel can pin the pages of the region, as it does for direct and zero-copy
 * input and output, and futexes in it can be shared.  It costs some more instructions
 * for each page.  A page that is decommitted or released while it is pinned is gone
 * for its owner at once.  It lives on for who has pinned it, and stays charged to both
 * limits until nobody has it any more.  Fails with EOPNOTSUPP for large pages where
 * the kernel can't have both.
 */
#define HOSTMEM_ALLOC_PINNABLE	1u

/**
 * struct hostmem_alloc - reserve address space, commit or reset pages
 * @size: sizeof(struct hostmem_alloc)
 * @id: number of the file, or 0
 * @type: HOSTMEM_RESERVE, HOSTMEM_COMMIT or both, with HOSTMEM_TOP_DOWN if
 *	wanted.  HOSTMEM_COMMIT at @addr 0 reserves, too (rule C1).
 *	HOSTMEM_RESERVE goes with HOSTMEM_WRITE_WATCH; both of them with
 *	HOSTMEM_LARGE_PAGES, which needs CAP_IPC_LOCK and an @addr and @length
 *	that are multiples of the large page.
 *	Or, alone, HOSTMEM_RESET: the contents of committed pages may go, under
 *	memory pressure; or HOSTMEM_RESET_UNDO: they may not any more, and the
 *	call fails with EADDRNOTAVAIL if some of them have gone since the last
 *	reset (rules R1-R14).
 * @protect: protection of the committed pages; of a reservation also what
 *	queries report as allocation_protect
 * @level: HOSTMEM_LEVEL_*, for commits
 * @flags: HOSTMEM_ALLOC_PINNABLE or 0, for reservations
 * @addr: where, in bytes; 0 lets the kernel choose.  A reservation's base is
 *	@addr rounded down to the granule, a commit's first page @addr rounded
 *	down to the page (rules B2, C2).
 * @length: bytes, not 0; the end is rounded up to the page
 * @out_addr: first byte of what was reserved or committed; 0 on failure
 * @deadline: until when a commit may wait for room in the limits, nanoseconds of
 *	CLOCK_MONOTONIC as the caller reads it, in its time namespace; 0: not at
 *	all; U64_MAX: for ever
 *
 * Page tables and metadata are charged, too, as far as they are more than an eighth
 * of what a file has committed and 64 KiB.  Page tables stay, and stay charged, until
 * the region is released.
 *
 * Commit is charged before anything is allocated and is all or nothing.  The
 * limit of the module and that of the file both apply, each less what it keeps
 * for higher levels.  What fits in them when it is asked for neither waits nor is
 * refused, whoever else waits: so a small commit may pass a large one that waits.
 * What doesn't fit waits, if it may: higher levels are served first, within a level
 * who came first.  Who waits for room in the limit of its own file holds up those
 * that wait in the same file.  Who wants more than a limit of its level, or than the
 * module's less what its own file holds, holds up nobody (rule S2).
 * Committed pages are zeroed and mapped when the call returns: no later touch
 * can fail for lack of memory.  Pages that were committed before keep their
 * contents and get the new protection (rules C5-C8).
 *
 * The first access to a page with HOSTMEM_GUARD raises SIGBUS, or fails a
 * system call with EFAULT, and clears the guard of that page (rules G1-G12).
 * HOSTMEM_NOCACHE and HOSTMEM_WRITECOMBINE are kept for the region and reported;
 * the memory type of the mapping stays write-back (rules P8-P10).
 */
struct hostmem_alloc {
	__u32 size;
	__u32 id;
	__u32 type;
	__u32 protect;
	__u32 level;
	__u32 flags;
	__aligned_u64 addr;
	__aligned_u64 length;
	__aligned_u64 out_addr;
	__aligned_u64 deadline;
};
#define HOSTMEM_IOC_ALLOC	_IO(HOSTMEM_IOC_MAGIC, 0x00)

/**
 * struct hostmem_free - decommit pages or release a region
 * @size: sizeof(struct hostmem_free)
 * @id: number of the file, or 0
 * @type: HOSTMEM_DECOMMIT or HOSTMEM_RELEASE
 * @reserved: 0
 * @addr: first byte.  For HOSTMEM_RELEASE, and with @length 0, it must lie in
 *	the first page of a region (rules F3, F6).
 * @length: bytes; 0 is the whole region.  Must be 0 for HOSTMEM_RELEASE.
 */
struct hostmem_free {
	__u32 size;
	__u32 id;
	__u32 type;
	__u32 reserved;
	__aligned_u64 addr;
	__aligned_u64 length;
};
#define HOSTMEM_IOC_FREE	_IO(HOSTMEM_IOC_MAGIC, 0x01)

/**
 * struct hostmem_memory_info - what a range of pages is (rules Q1-Q13)
 * @base: the queried address rounded down to its page
 * @allocation_base: first byte of the region; 0 for free memory
 * @allocation_protect: protection given when the region was reserved
 * @reserved0: 0
 * @region_size: bytes from @base on with the same state, protection and region
 * @state: HOSTMEM_COMMIT, HOSTMEM_RESERVE or HOSTMEM_FREE
 * @protect: protection of committed pages, 0 for reserved ones
 * @type: HOSTMEM_PRIVATE for a region of a file of the device, HOSTMEM_MAPPED,
 *	HOSTMEM_IMAGE or HOSTMEM_PRIVATE for other mappings, 0 for free memory
 * @reserved1: 0
 *
 * Two things that aren't regions may be more than one mapping, with the same
 * @allocation_base:
 *
 * An image, HOSTMEM_IMAGE with HOSTMEM_EXECUTE_WRITECOPY as @allocation_protect.
 * That are private mappings of one file, in its order, less than 4 MiB apart and one
 * of them executable; holes between them, HOSTMEM_RESERVE; and .bss, which is
 * accessible anonymous memory that has been writable and begins where one of them
 * ends, but not the heap.  Whether another mapping has been made there instead of
 * .bss, or joined to it, can't be told.  A private mapping of a file that is part of
 * no image is HOSTMEM_MAPPED.  An image of more than 32 mappings is several ones.
 *
 * A stack, HOSTMEM_PRIVATE: a mapping that grows down, and below it, as
 * HOSTMEM_RESERVE, the room that RLIMIT_STACK leaves it and a guard gap of 1 MiB, up
 * to the next mapping.  RLIM_INFINITY leaves what is above all that the kernel maps
 * by itself, at least 128 MiB.
 *
 * No reservation gets any of what is HOSTMEM_RESERVE (rule B5).
 *
 * The layout is that of Windows' 64-bit MEMORY_BASIC_INFORMATION.
 */
struct hostmem_memory_info {
	__aligned_u64 base;
	__aligned_u64 allocation_base;
	__u32 allocation_protect;
	__u32 reserved0;
	__aligned_u64 region_size;
	__u32 state;
	__u32 protect;
	__u32 type;
	__u32 reserved1;
};

/**
 * struct hostmem_query - ask what lies at an address
 * @size: sizeof(struct hostmem_query)
 * @id: number of the file, or 0
 * @out_own: 1 if it is a region of this file, 2 if it is one of another file of the
 *	device, which is described as that file would (rule S8), otherwise 0
 * @reserved: 0
 * @addr: any address of user space
 * @buffer: address of a struct hostmem_memory_info that the kernel fills
 */
struct hostmem_query {
	__u32 size;
	__u32 id;
	__u32 out_own;
	__u32 reserved;
	__aligned_u64 addr;
	__aligned_u64 buffer;
};
#define HOSTMEM_IOC_QUERY	_IO(HOSTMEM_IOC_MAGIC, 0x02)

/**
 * struct hostmem_status - what this file and the module hold
 * @size: sizeof(struct hostmem_status)
 * @id: number of the file, or 0
 * @reserved: 0
 * @out_id: the file's number: not 0, and no other's until all of 32 bits have been
 *	given out
 * @out_regions: regions of this file
 * @out_reserved_bytes: address space of these regions, committed or not
 * @out_committed_bytes: bytes committed in these regions
 * @out_total_committed_bytes: bytes charged for all files of the module, to the page:
 *	what they have committed, and their overhead
 * @out_commit_limit_bytes: the module's limit for the sum of all files; U64_MAX if
 *	it is more than there are addresses
 * @out_large_page_bytes: size of a large page; 0 if this kernel has none
 * @out_own_limit_bytes: limit of this file; U64_MAX if it has none
 * @out_waiting: calls of this file that wait for room in the limits
 * @out_overhead_bytes: charged to both limits for page tables and metadata of these
 *	regions, besides @out_committed_bytes; see HOSTMEM_IOC_ALLOC
 * @out_pinned_bytes: charged to both limits for pages that were decommitted or
 *	released while they were pinned; see HOSTMEM_ALLOC_PINNABLE
 * @out_prepared_bytes: ready for commits in this file, and charged to no limit yet; see
 *	HOSTMEM_IOC_PREPARE
 */
struct hostmem_status {
	__u32 size;
	__u32 id;
	__u32 reserved;
	__u32 out_id;
	__aligned_u64 out_regions;
	__aligned_u64 out_reserved_bytes;
	__aligned_u64 out_committed_bytes;
	__aligned_u64 out_total_committed_bytes;
	__aligned_u64 out_commit_limit_bytes;
	__aligned_u64 out_large_page_bytes;
	__aligned_u64 out_own_limit_bytes;
	__aligned_u64 out_waiting;
	__aligned_u64 out_overhead_bytes;
	__aligned_u64 out_pinned_bytes;
	__aligned_u64 out_prepared_bytes;
};
#define HOSTMEM_IOC_STATUS	_IO(HOSTMEM_IOC_MAGIC, 0x03)

/**
 * struct hostmem_protect - change the protection of committed pages
 * @size: sizeof(struct hostmem_protect)
 * @id: number of the file, or 0
 * @protect: new protection
 * @reserved: 0
 * @addr: first byte
 * @length: bytes, not 0; all pages that contain one of them are meant
 * @old: address of a __u32 that gets the old protection of the first page
 *
 * All pages must be committed and lie in one region, or nothing changes.  A
 * bad @protect is found before a bad @old, that before all else (rules T1-T17).
 */
struct hostmem_protect {
	__u32 size;
	__u32 id;
	__u32 protect;
	__u32 reserved;
	__aligned_u64 addr;
	__aligned_u64 length;
	__aligned_u64 old;
};
#define HOSTMEM_IOC_PROTECT	_IO(HOSTMEM_IOC_MAGIC, 0x04)

/** Pages that a watch reports are clean from then on. */
#define HOSTMEM_WATCH_RESET	1u

/**
 * struct hostmem_watch - which pages have been written
 * @size: sizeof(struct hostmem_watch)
 * @id: number of the file, or 0
 * @flags: 0 or HOSTMEM_WATCH_RESET
 * @reserved: 0
 * @addr: first byte of a range in a region with HOSTMEM_WRITE_WATCH
 * @length: bytes, not 0
 * @pages: address of an array of @count __u64
 * @count: entries that @pages has room for.  With HOSTMEM_WATCH_RESET it may be
 *	0: then all pages of the range become clean and none is reported.
 * @out_count: entries filled, with the pages' addresses in ascending order
 *
 * Pages written since they were committed, or last reset, are reported, by
 * whomever: threads, system calls, debuggers.  If there are more than @count,
 * the first @count are reported, and only these are reset (rules W1-W26).
 */
struct hostmem_watch {
	__u32 size;
	__u32 id;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 addr;
	__aligned_u64 length;
	__aligned_u64 pages;
	__aligned_u64 count;
	__aligned_u64 out_count;
};
#define HOSTMEM_IOC_WATCH	_IO(HOSTMEM_IOC_MAGIC, 0x05)

/**
 * struct hostmem_limit - lower this file's own commit limit
 * @size: sizeof(struct hostmem_limit)
 * @id: number of the file, or 0
 * @bytes: the most that may be committed in all regions of this file, rounded
 *	down to the page; what is committed already stays
 *
 * A file begins without a limit of its own.  EINVAL if @bytes is more than the
 * present limit: it can't be raised.
 */
struct hostmem_limit {
	__u32 size;
	__u32 id;
	__aligned_u64 bytes;
};
#define HOSTMEM_IOC_LIMIT	_IO(HOSTMEM_IOC_MAGIC, 0x06)

/**
 * struct hostmem_shutdown - release all regions of this file, for good
 * @size: sizeof(struct hostmem_shutdown)
 * @id: number of the file, or 0
 *
 * Calls of other threads that are waiting or under way end with ECANCELED; all
 * that come later fail with ESHUTDOWN.  When the call returns, be it with that, no
 * region is left but those that a seal (mseal) protects, for which it fails with
 * EACCES.
 */
struct hostmem_shutdown {
	__u32 size;
	__u32 id;
};
#define HOSTMEM_IOC_SHUTDOWN	_IO(HOSTMEM_IOC_MAGIC, 0x07)

/**
 * struct hostmem_prepare - have memory prepared ahead
 * @size: sizeof(struct hostmem_prepare)
 * @id: number of the file, or 0
 * @bytes: so much is to be ready for commits in this file, rounded down to 2 MiB; 0, as
 *	at first, is none
 *
 * A commit has to zero what it gets, unless that has been done before.  What is prepared
 * are zeroed pieces of 2 MiB.  A commit takes them where all of a naturally aligned 2 MiB
 * has been reserved, in regions without HOSTMEM_ALLOC_PINNABLE and HOSTMEM_LARGE_PAGES;
 * decommitted or released as a whole they come back.  A thread of the kernel zeroes
 * pieces and gets new ones when processors have nothing else to do: so it takes a while
 * until they are ready, and all that are taken in the meantime are missing.
 * HOSTMEM_IOC_STATUS tells how many there are.
 *
 * They are charged to the memory cgroup of the process, and to no commit limit: whoever
 * commits one pays as for any other memory.  No commit is refused because of them:
 * before one is, all that are ready are given up.  They are also given up when the kernel
 * is short of memory, when the limit of the module for all files (the parameter
 * pool_limit_mb) is lowered, when the process ends, and with the file.  And there are as
 * many only while HOSTMEM_IOC_LOAD would say HOSTMEM_AVAILABLE_HIGH of the machine and of
 * the memory cgroup.
 *
 * ENOMEM if there is no memory for that; then nothing has changed.
 */
struct hostmem_prepare {
	__u32 size;
	__u32 id;
	__aligned_u64 bytes;
};
#define HOSTMEM_IOC_PREPARE	_IO(HOSTMEM_IOC_MAGIC, 0x09)

/* How much memory is available: Windows' EMemoryAvailable. */
#define HOSTMEM_AVAILABLE_LOW		1u
#define HOSTMEM_AVAILABLE_NEUTRAL	2u
#define HOSTMEM_AVAILABLE_HIGH		3u

/**
 * struct hostmem_load - how much memory there is to commit
 * @size: sizeof(struct hostmem_load)
 * @id: number of the file, or 0
 * @reserved: 0
 * @out_available: HOSTMEM_AVAILABLE_*: LOW if either the machine's memory, that of the
 *	memory cgroup, the module's limit or the file's own is nearly used up, HIGH if
 *	all four have plenty
 * @out_total_bytes: the machine's memory, or the limit of the memory cgroup if that is
 *	less
 * @out_available_bytes: what can be had without swapping: MemAvailable in
 *	/proc/meminfo, less what zones keep back for a while when memory is
 *	fragmented ("boost" in /proc/zoneinfo), and what is in ZONE_MOVABLE; or what
 *	the memory cgroup leaves, the page cache that it has itself included, if that
 *	is less; and what is prepared ahead (HOSTMEM_IOC_PREPARE)
 * @out_room_bytes: what a commit of the highest level may take: the least of
 *	@out_available_bytes, the room in the module's limit and in the file's own
 *
 * The memory cgroup is that of the process, and each one above it counts (rule S6).
 *
 * poll(2) reports POLLIN while @out_available differs from what this file's last
 * HOSTMEM_IOC_LOAD has returned, and at first; POLLHUP after a shutdown.  Who sleeps
 * there is woken at once by what is done with this file, and within a few tenths of a
 * second by what others do.
 */
struct hostmem_load {
	__u32 size;
	__u32 id;
	__u32 reserved;
	__u32 out_available;
	__aligned_u64 out_total_bytes;
	__aligned_u64 out_available_bytes;
	__aligned_u64 out_room_bytes;
};
#define HOSTMEM_IOC_LOAD	_IO(HOSTMEM_IOC_MAGIC, 0x08)

/*
 * The two pages that mmap(2) of the file shows at this offset, read-only, each a
 * struct hostmem_load_page: the first is about the machine and the module, the
 * second about this file.
 */
#define HOSTMEM_LOAD_OFFSET	0x1000000000000000ll
#define HOSTMEM_LOAD_PAGES	2u

/**
 * struct hostmem_load_page - the same without a system call
 * @charged_bytes: committed now, or about to be; in the first page rounded up to 1 MiB
 * @limit_bytes: limit of that, U64_MAX if there is none; 0 in a process that
 *	doesn't own the file, where both pages are zero
 * @total_bytes: the machine's memory; in the second page the limit of the file's
 *	memory cgroup, U64_MAX if there is none
 * @uncommitted_bytes: what was available of it, plus @charged_bytes, at the time
 *	@refreshed, rounded down to 1 MiB; U64_MAX if there is no limit
 * @refreshed: when, nanoseconds of CLOCK_MONOTONIC_COARSE outside of any time
 *	namespace.  HOSTMEM_IOC_LOAD refreshes both pages, and those of other files the
 *	first one; so a reader who finds that of the second page too old, or in the
 *	future, makes that call.
 * @clock_offset: nanoseconds to add to @refreshed, modulo 2^64, for the same time
 *	in the time namespace that the last HOSTMEM_IOC_LOAD of this file came from;
 *	second page only, as what follows
 * @id: number of the file
 * @reserved: 0
 *
 * Each member is written in one piece, but not all of them at once.  What all users
 * see is rounded, so that nobody can watch each page that another one commits; there is
 * no less than is told.
 */
struct hostmem_load_page {
	__aligned_u64 charged_bytes;
	__aligned_u64 limit_bytes;
	__aligned_u64 total_bytes;
	__aligned_u64 uncommitted_bytes;
	__aligned_u64 refreshed;
	__aligned_u64 clock_offset;
	__u32 id;
	__u32 reserved;
};

#endif /* _UAPI_LINUX_HOSTMEM_H */
