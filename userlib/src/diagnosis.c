// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * What a person is told when the device can't be used.  See diagnosis.h.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "diagnosis.h"
#include "environment.h"

/* Longer paths are cut, so that there is room for what to do. */
#define LINE_BYTES	512
#define PATH_BYTES	160

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

#define LOAD	"as root: modprobe hostmem"
#define RELOAD	"as root: rmmod hostmem; modprobe hostmem, of this version"
#define GIVE	"--device /dev/hostmem for a container, DeviceAllow=/dev/hostmem rw for a service"

/* For those that have none of their own. */
#define ANY	(-1)

/* The first that fits counts.  Where none does, nothing is said. */
static const struct {
	enum hostmem_step step;
	int errnum;
	const char *what;
	const char *advice;
} causes[] = {
	{ HOSTMEM_STEP_OPEN, ENOENT,
	  "the module isn't loaded, or the container or service has no such device",
	  LOAD "; or " GIVE },
	{ HOSTMEM_STEP_OPEN, ENXIO, "the node is there, but the module isn't loaded", LOAD },
	{ HOSTMEM_STEP_OPEN, ENODEV, "the node is there, but the module isn't loaded", LOAD },
	{ HOSTMEM_STEP_OPEN, EACCES, "no permission, or it is mounted nodev",
	  "as root: usermod -aG hostmem USER, who then logs in again" },
	{ HOSTMEM_STEP_OPEN, EPERM, "a device cgroup, seccomp or a security module forbids it",
	  GIVE },
	{ HOSTMEM_STEP_OPEN, EMFILE, "the process has no descriptors left",
	  "close some, or raise the limit: ulimit -n" },
	{ HOSTMEM_STEP_OPEN, ENFILE, "the system has no open files left",
	  "as root: sysctl fs.file-max=N with a larger number" },
	{ HOSTMEM_STEP_OPEN, ENOMEM, "the kernel has no memory for it",
	  "look at free, and at memory.max of the cgroup" },
	{ HOSTMEM_STEP_OPEN, ANY, "not what a device fails with", "is this its path?" },
	{ HOSTMEM_STEP_ASK, EPERM, "seccomp or a security module forbids its calls",
	  "have ioctl() of it allowed" },
	{ HOSTMEM_STEP_ASK, EACCES, "seccomp or a security module forbids its calls",
	  "have ioctl() of it allowed" },
	{ HOSTMEM_STEP_ASK, ANY, "this is another device, or a module older than this library",
	  RELOAD },
	{ HOSTMEM_STEP_CALL, EXDEV,
	  "not the process that opened it, but a fork child or who was passed the descriptor",
	  "it needs a manager of its own" },
	{ HOSTMEM_STEP_CALL, EACCES,
	  "the system forbids the mapping: /dev noexec, a security module, MDWE, seal, userfaultfd",
	  "for noexec, as root: mount -o remount,exec /dev" },
	{ HOSTMEM_STEP_CALL, EPERM, "large pages need CAP_IPC_LOCK",
	  "as root: setcap cap_ipc_lock+ep PROGRAM" },
	{ HOSTMEM_STEP_CALL, EOPNOTSUPP, "this kernel is too old for it, or the processor has none",
	  "large pages need Linux 6.12, pinnable ones 6.16" },
	{ HOSTMEM_STEP_ANSWER, ENOTTY, "the module is older than this library", RELOAD },
	{ HOSTMEM_STEP_ANSWER, E2BIG, "the module is older than this library", RELOAD },
	{ HOSTMEM_STEP_ANSWER, ANY, "no call should end so, and the manager can't be used any more",
	  "please report it" },
	{ HOSTMEM_STEP_FIND, ANY, "the program has closed the descriptor, and regions need it",
	  "leave it open" },
};

static const struct {
	int errnum;
	const char *name;
} names[] = {
	{ 0, "no error" },
#define NAME(errnum)	{ errnum, #errnum }
	NAME(E2BIG), NAME(EACCES), NAME(EAGAIN), NAME(EBADF), NAME(EBUSY), NAME(EEXIST),
	NAME(EFAULT), NAME(EFBIG), NAME(EINTR), NAME(EINVAL), NAME(EIO), NAME(EISDIR),
	NAME(ELOOP), NAME(EMFILE), NAME(ENAMETOOLONG), NAME(ENFILE), NAME(ENODEV),
	NAME(ENOENT), NAME(ENOMEM), NAME(ENOSPC), NAME(ENOTDIR), NAME(ENOTTY),
	NAME(ENXIO), NAME(EOPNOTSUPP), NAME(EOVERFLOW), NAME(EPERM), NAME(EROFS),
	NAME(ESHUTDOWN), NAME(ETXTBSY), NAME(EXDEV),
#undef NAME
};

static const char *const tried[] = {
	[HOSTMEM_STEP_OPEN] = "can't open ",
	[HOSTMEM_STEP_ASK] = "can't use ",
	[HOSTMEM_STEP_CALL] = "refused by ",
	[HOSTMEM_STEP_ANSWER] = "unexpected answer of ",
	[HOSTMEM_STEP_FIND] = "can't find the descriptor of ",
};

/* One line, of the caller's stack: printf() may take locks, or memory. */
struct line {
	size_t length;
	char text[LINE_BYTES];
};

/* As much as fits, with room for the end of the line, and no other such end. */
static void add(struct line *line, const char *text, size_t most)
{
	for (; *text && most && line->length < sizeof(line->text) - 1; text++, most--)
		line->text[line->length++] =
			(unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text;
}

static void add_number(struct line *line, int number)
{
	unsigned int rest = number < 0 ? -(unsigned int)number : (unsigned int)number;
	char digits[16] = { 0 };
	size_t i = sizeof(digits) - 1;

	do {
		digits[--i] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		digits[--i] = '-';
	add(line, digits + i, SIZE_MAX);
}

static void add_errno(struct line *line, int errnum)
{
	size_t i;

	for (i = 0; i < LENGTH(names); i++)
		if (names[i].errnum == errnum) {
			add(line, names[i].name, SIZE_MAX);
			return;
		}
	add(line, "errno ", SIZE_MAX);
	add_number(line, errnum);
}

/*
 * Is it the first time in this process?  One word has the process, lest a child made by
 * fork() be silent about what its parent has said, and a bit for each cause.
 */
static bool is_first(size_t cause)
{
	static _Atomic(uint64_t) told;
	const uint64_t process = (uint64_t)getpid() << 32, bit = (uint64_t)1 << cause;
	uint64_t before = atomic_load(&told), after;

	_Static_assert(LENGTH(causes) <= 32, "bits");
	do {
		after = before >> 32 == process >> 32 ? before : process;
		if (after & bit)
			return false;
	} while (!atomic_compare_exchange_strong(&told, &before, after | bit));
	return true;
}

void hostmem_diagnose(const char *device, enum hostmem_step step, int errnum)
{
	struct line line = { .length = 0 };
	int saved = errno;
	size_t i = 0;

	if (!hostmem_environment_debug())
		return;
	while (i < LENGTH(causes) &&
	       (causes[i].step != step ||
		(causes[i].errnum != errnum && causes[i].errnum != ANY)))
		i++;
	if (i == LENGTH(causes) || !is_first(i))
		return;

	add(&line, "hostmem: ", SIZE_MAX);
	add(&line, tried[step], SIZE_MAX);
	add(&line, device, PATH_BYTES);
	add(&line, ": ", SIZE_MAX);
	add_errno(&line, errnum);
	add(&line, ": ", SIZE_MAX);
	add(&line, causes[i].what, SIZE_MAX);
	add(&line, ": ", SIZE_MAX);
	add(&line, causes[i].advice, SIZE_MAX);
	line.text[line.length++] = '\n';
	/* Where nobody reads it there is nobody to tell. */
	if (write(STDERR_FILENO, line.text, line.length) < 0)
		errno = saved;
}
