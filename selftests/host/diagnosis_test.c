// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: what the library says on stderr when the device can't be used, if
 * HOSTMEM_DEBUG is in the environment: for each cause one line that says what to do, once
 * in a process; and nothing otherwise.  What it returns is the same either way (rule S9).
 *
 * The environment is read when the library is loaded, so each case is a new process,
 * which runs this program again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "manager.h"
#include "tap.h"

#define OWN_CHILD	"child of diagnosis_test"
#define OWN_VARIABLE	"HOSTMEM_DEBUG"
#include "own_environment.h"

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

#define UNAVAILABLE	((HRESULT)0x80131023)
#define NOT_OWNER	((HRESULT)0x80131025)
#define OUT_OF_MEMORY	((HRESULT)0x8007000E)
#define FAIL		((HRESULT)0x80004005)
#define WIN32(code)	((HRESULT)(0x80070000 | (code)))

#define THREADS		8
#define WORDS		4

/* What goes wrong: open(), the call that shows whose device it is, or a commit. */
enum place { OPEN, ASK, COMMIT };

static const struct sample {
	const char *name;
	enum place place;
	int errnum;
	HRESULT result;
	DWORD last_error;
	const char *words[WORDS];	/* none: nothing is said */
} samples[] = {
	{ "ENOENT", OPEN, ENOENT, UNAVAILABLE, 21,
	  { "ENOENT", "isn't loaded", "modprobe hostmem", "container" } },
	{ "ENXIO", OPEN, ENXIO, UNAVAILABLE, 21,
	  { "ENXIO", "isn't loaded", "modprobe hostmem", "node is there" } },
	{ "ENODEV", OPEN, ENODEV, UNAVAILABLE, 21,
	  { "ENODEV", "isn't loaded", "modprobe hostmem", "node is there" } },
	{ "EACCES", OPEN, EACCES, UNAVAILABLE, 21,
	  { "EACCES", "usermod -aG hostmem", "logs in again", "nodev" } },
	{ "EPERM", OPEN, EPERM, UNAVAILABLE, 21,
	  { "EPERM", "device cgroup", "DeviceAllow=/dev/hostmem rw", "--device" } },
	{ "EMFILE", OPEN, EMFILE, UNAVAILABLE, 21,
	  { "EMFILE", "process has no descriptors", "ulimit -n" } },
	{ "ENFILE", OPEN, ENFILE, UNAVAILABLE, 21,
	  { "ENFILE", "system has no open files", "fs.file-max" } },
	{ "ENOMEM", OPEN, ENOMEM, OUT_OF_MEMORY, 1455,
	  { "ENOMEM", "no memory", "cgroup" } },
	{ "ELOOP", OPEN, ELOOP, UNAVAILABLE, 21, { "ELOOP", "its path" } },
	{ "no name", OPEN, 4095, UNAVAILABLE, 21, { "errno 4095:", "its path" } },

	{ "another device", ASK, ENOTTY, UNAVAILABLE, 21,
	  { "ENOTTY", "another device", "older than this library", "rmmod hostmem" } },
	{ "a device that says yes", ASK, 0, UNAVAILABLE, 21,
	  { "no error", "another device", "older than this library", "modprobe hostmem" } },
	{ "calls are forbidden", ASK, EPERM, UNAVAILABLE, 21, { "EPERM", "seccomp" } },
	{ "by an LSM", ASK, EACCES, UNAVAILABLE, 21, { "EACCES", "security module" } },

	{ "another process", COMMIT, EXDEV, NOT_OWNER, 5,
	  { "EXDEV", "fork child", "a manager of its own" } },
	{ "noexec", COMMIT, EACCES, WIN32(5), 5,
	  { "EACCES", "noexec", "mount -o remount,exec /dev", "MDWE" } },
	{ "no privilege", COMMIT, EPERM, WIN32(1314), 1314,
	  { "EPERM", "large pages", "CAP_IPC_LOCK" } },
	{ "old kernel", COMMIT, EOPNOTSUPP, WIN32(50), 50,
	  { "EOPNOTSUPP", "too old", "Linux 6.12", "6.16" } },
	{ "old module", COMMIT, ENOTTY, FAIL, 31,
	  { "ENOTTY", "module is older", "rmmod hostmem", "modprobe hostmem" } },
	{ "old structure", COMMIT, E2BIG, FAIL, 31,
	  { "E2BIG", "module is older", "rmmod hostmem", "modprobe hostmem" } },
	{ "impossible", COMMIT, EIO, FAIL, 31, { "EIO", "can't be used any more", "report" } },

	{ "limit", COMMIT, ENOMEM, OUT_OF_MEMORY, 1455, { NULL } },
	{ "time", COMMIT, ETIMEDOUT, (HRESULT)0x80131024, 1460, { NULL } },
	{ "argument", COMMIT, EINVAL, WIN32(87), 87, { NULL } },
	{ "address", COMMIT, EADDRNOTAVAIL, WIN32(487), 487, { NULL } },
	{ "no room", COMMIT, ENOSPC, OUT_OF_MEMORY, 8, { NULL } },
	{ "pointer", COMMIT, EFAULT, WIN32(998), 998, { NULL } },
	{ "shut", COMMIT, ESHUTDOWN, UNAVAILABLE, 21, { NULL } },
	{ "abandoned", COMMIT, ECANCELED, (HRESULT)0x80131026, 995, { NULL } },
};

/*
 * What runs in a process of its own
 */

static atomic_uint lines;	/* written to stderr */

ssize_t write(int fd, const void *buffer, size_t length)
{
	lines += fd == STDERR_FILENO;
	return syscall(SYS_write, fd, buffer, length);
}

static HRESULT commit(void)
{
	void *mem;

	return HostVirtualAlloc(NULL, 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE,
				eProcessCritical, &mem);
}

/* As often as calls are made here. */
static void go_wrong(const struct sample *sample)
{
	enum fake_call call = sample->place == ASK ? FAKE_STATUS : FAKE_ALLOC;

	if (sample->place == OPEN) {
		fake_open_errno = sample->errnum;
	} else {
		fake_errno[call] = sample->errnum;
		fake_errno_times[call] = 2;
	}
}

static int run_sample(const struct sample *sample)
{
	bool broken = sample->result == FAIL;

	go_wrong(sample);
	errno = ERANGE;
	if (commit() != sample->result)
		return 10;
	if (VirtualAlloc(NULL, 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) ||
	    GetLastError() != (broken ? 21 : sample->last_error))
		return 11;
	if (errno != ERANGE)
		return 12;
	return (int)lines;
}

static void *commit_as_thread(void *arg)
{
	pthread_barrier_wait(arg);
	commit();
	return NULL;
}

static int run_threads(void)
{
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	int i;

	fake_open_errno = EACCES;
	pthread_barrier_init(&start, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, commit_as_thread, &start);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return (int)lines;
}

/* A child says again what its parent has said, and that it isn't its parent. */
static int run_fork(void)
{
	IHostMemoryManager *manager;
	HOSTMEM_OPTIONS options = { sizeof(options), "/nosuch", 0, 0, 0 };
	int status;
	pid_t pid;

	CreateHostMemoryManager(&options, &manager);
	if (commit() != S_OK)
		return 10;
	pid = fork();
	if (!pid) {
		lines = 0;
		CreateHostMemoryManager(&options, &manager);
		if (commit() != NOT_OWNER || commit() != NOT_OWNER)
			_exit(11);
		_exit((int)lines);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 12;
	return WEXITSTATUS(status) > 9 ? WEXITSTATUS(status) :
					 (int)lines + WEXITSTATUS(status);
}

/* The program closes what the library has opened. */
static int run_closed(void)
{
	int fd;

	if (commit() != S_OK || HostMemoryManagerDescriptor(NULL, &fd) != S_OK)
		return 10;
	close(fd);
	if (commit() != UNAVAILABLE || commit() != UNAVAILABLE)
		return 11;
	return HostMemoryManagerDescriptor(NULL, &fd) == UNAVAILABLE ? (int)lines : 12;
}

static int run_path(void)
{
	IHostMemoryManager *manager;
	char path[4096] = "/dev/two\nlines\x1b[31m/";
	HOSTMEM_OPTIONS options = { sizeof(options), path, 0, 0, 0 };

	memset(path + strlen(path), 'x', sizeof(path) - 1 - strlen(path));
	return CreateHostMemoryManager(&options, &manager) == UNAVAILABLE ? (int)lines : 10;
}

static int run_no_stderr(void)
{
	close(STDERR_FILENO);
	return run_sample(&samples[0]);
}

static const struct {
	const char *name;
	int (*run)(void);
} others[] = {
	{ "threads", run_threads },
	{ "fork", run_fork },
	{ "closed", run_closed },
	{ "path", run_path },
	{ "no stderr", run_no_stderr },
};

/* How many lines it has written, or 10 and more for what else has failed. */
static int child(void)
{
	const char *name = find("CASE") ? find("CASE") : find("SET_ID");
	size_t i;

	hostmem_default_manager.device = FAKE_DEVICE;
	if (reads != 1)
		return 20;
	setenv(OWN_VARIABLE, "1", 1);
	for (i = 0; i < LENGTH(samples); i++)
		if (!strcmp(samples[i].name, name))
			return run_sample(&samples[i]);
	for (i = 0; i < LENGTH(others); i++)
		if (!strcmp(others[i].name, name))
			return others[i].run();
	return 21;
}

/*
 * Who starts it
 */

static char said[8192];

/* @variable: how the child learns which case it is */
static int run_case(const char *value, const char *variable, const char *name)
{
	int before = dup(STDERR_FILENO), file = memfd_create("stderr", MFD_CLOEXEC), ret;
	char more[64];
	ssize_t length;

	snprintf(more, sizeof(more), "%s=%s", variable, name);
	dup2(file, STDERR_FILENO);
	ret = run_child(value, more);
	dup2(before, STDERR_FILENO);
	close(before);
	length = pread(file, said, sizeof(said) - 1, 0);
	close(file);
	said[length > 0 ? length : 0] = '\0';
	return ret;
}

static int lines_said(void)
{
	const char *at;
	int n = 0;

	for (at = said; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

static void causes(void)
{
	size_t i, j;
	int ret;

	for (i = 0; i < LENGTH(samples); i++) {
		const struct sample *sample = &samples[i];
		int expected = !!sample->words[0];

		ret = run_case("1", "CASE", sample->name);
		CHECK(ret == expected && lines_said() == expected, "%s: %d, \"%s\"",
		      sample->name, ret, said);
		CHECK(!expected || !strncmp(said, "hostmem: ", 9), "%s: whose", sample->name);
		CHECK(!expected || strstr(said, FAKE_DEVICE), "%s: device", sample->name);
		for (j = 0; j < WORDS; j++)
			CHECK(!sample->words[j] || strstr(said, sample->words[j]),
			      "%s: no \"%s\" in %s", sample->name, sample->words[j], said);
	}
}

static void silence(void)
{
	static const char *const values[] = { NULL, "", "0" };
	size_t i, j;
	int ret;

	for (i = 0; i < LENGTH(samples); i++) {
		ret = run_case(values[i % LENGTH(values)], "CASE", samples[i].name);
		CHECK(!ret && !*said, "%s: %d, \"%s\"", samples[i].name, ret, said);
	}
	for (j = 0; j < LENGTH(values); j++) {
		ret = run_case(values[j], "CASE", "ENOENT");
		CHECK(!ret && !*said, "\"%s\": %d, \"%s\"", values[j] ? values[j] : "(none)",
		      ret, said);
	}
	ret = run_case("1", "SET_ID", "ENOENT");
	CHECK(!ret && !*said, "a set-id program: %d, \"%s\"", ret, said);
}

static void speech(void)
{
	static const char *const values[] = { "1", "yes", "00", " " };
	size_t i;
	int ret;

	for (i = 0; i < LENGTH(values); i++) {
		ret = run_case(values[i], "CASE", "ENOENT");
		CHECK(ret == 1 && lines_said() == 1, "\"%s\": %d", values[i], ret);
	}
}

static void circumstances(void)
{
	int ret = run_case("1", "CASE", "threads");

	CHECK(ret == 1 && lines_said() == 1, "threads: %d, \"%s\"", ret, said);
	ret = run_case("1", "CASE", "fork");
	CHECK(ret == 3 && lines_said() == 3 && strstr(said, "EXDEV"), "fork: %d, \"%s\"",
	      ret, said);
	ret = run_case("1", "CASE", "closed");
	CHECK(ret == 1 && lines_said() == 1 && strstr(said, "has closed the descriptor"),
	      "closed: %d, \"%s\"", ret, said);
	ret = run_case("1", "CASE", "path");
	CHECK(ret == 1 && lines_said() == 1 && strstr(said, "/dev/two?lines?[31m/xx") &&
	      strstr(said, "modprobe hostmem") && strlen(said) <= 512,
	      "path: %d, \"%s\"", ret, said);
	ret = run_case("1", "CASE", "no stderr");
	CHECK(ret == 1 && !*said, "no stderr: %d, \"%s\"", ret, said);
}

int main(int argc, char **argv)
{
	if (argc && is_child(argv))
		return child();
	tap_case("each cause", causes, LENGTH(samples) * (3 + WORDS));
	tap_case("nobody wants to know", silence, LENGTH(samples) + 4);
	tap_case("somebody does", speech, 4);
	tap_case("threads, forks, descriptors and paths", circumstances, 5);
	return tap_end();
}
