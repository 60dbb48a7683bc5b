// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what the environment of a process says about its default manager.  Each
 * is asked for in a process of its own, which runs this program again.
 */
#include "manager.h"

#include <sys/auxv.h>
#include <sys/stat.h>

#define ORDINARY	0
#define PINNABLE	1

static const char asked[] = "--pinnable", asked_as_set_id[] = "--pinnable-as-set-id";

/* What the default manager's memory is like, or another number. */
static int ask(bool set_id)
{
	char *mem;

	/* Who has such privileges needs those of the one that started it, too. */
	if (set_id && (!getauxval(AT_SECURE) || seteuid(getuid())))
		return 2;
	mem = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	if (!mem)
		return 3;
	switch (can_be_pinned(mem)) {
	case 1:
		return PINNABLE;
	case 0:
		return ORDINARY;
	default:
		return 4;
	}
}

static void __attribute__((constructor)) after_exec(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], asked))
		_exit(ask(false));
	if (argc == 2 && !strcmp(argv[1], asked_as_set_id))
		_exit(ask(true));
}

static int run(const char *program, const char *argument, const char *variable)
{
	char *argv[] = { "environment", (char *)argument, NULL };
	char *env[] = { (char *)variable, NULL };
	pid_t pid = fork();
	int status;

	if (!pid) {
		execve(program, argv, env);
		_exit(127);
	}
	status = status_of(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A copy of this program that runs as nobody, whoever starts it. */
static bool copy_as_set_id(const char *path)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char buffer[16 * KIB];
	ssize_t length;
	bool good;

	while ((length = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, length) != length)
			break;
	good = !length && !fchown(to, 65534, 65534) && !fchmod(to, 04755);
	close(to);
	close(from);
	return good;
}

TEST(pinnable)
{
	EXPECT_EQ(PINNABLE, run("/proc/self/exe", asked, "HOSTMEM_PINNABLE=1"));
}

TEST(other_values)
{
	static const char *const variables[] = {
		NULL, "HOSTMEM_PINNABLE=", "HOSTMEM_PINNABLE=0", "HOSTMEM_PINNABLE=2",
		"HOSTMEM_PINNABLE=01", "HOSTMEM_PINNABLE=10", "HOSTMEM_PINNABLE=yes",
		"HOSTMEM_PINNABL=1", "HOSTMEM_PINNABLE1=1", "hostmem_pinnable=1",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(variables); i++) {
		EXPECT_EQ(ORDINARY, run("/proc/self/exe", asked, variables[i]))
			TH_LOG("%s", variables[i] ?: "nothing");
	}
}

/* The one who starts such a program has no say in what its memory is. */
TEST(set_id)
{
	char directory[] = "/tmp/hostmem-XXXXXX", path[64];

	ASSERT_NE(NULL, mkdtemp(directory));
	EXPECT_EQ(0, chmod(directory, 0755));
	snprintf(path, sizeof(path), "%s/program", directory);
	EXPECT_EQ(ORDINARY, copy_as_set_id(path) ?
			    run(path, asked_as_set_id, "HOSTMEM_PINNABLE=1") : -1);
	unlink(path);
	rmdir(directory);
}

TEST_HARNESS_MAIN
