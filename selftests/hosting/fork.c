// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what a program that has such memory can start, and what a child that
 * has none of it can still do.
 */
#include "manager.h"

#include <spawn.h>
#include <sys/prctl.h>

#define FIXED	((uintptr_t)0x50000000)
#define REGION	(4 * PAGE)

/* What started programs exit with. */
#define EXIT	7

/* Of a program to start; they lie in the region, or all of them elsewhere. */
struct arguments {
	char path[16];
	char words[3][16];
	char variable[16];
	char *argv[4];
	char *envp[2];
};

FIXTURE(fork)
{
	int fd;
	char *base;
	struct arguments *inside;
	struct arguments outside;
	struct hostmem_status before;
};

static void set_arguments(struct arguments *arguments)
{
	int i;

	*arguments = (struct arguments){
		.path = "/bin/sh",
		.words = { "sh", "-c", "exit $VALUE" },
		.variable = "VALUE=7",
	};
	for (i = 0; i < 3; i++)
		arguments->argv[i] = arguments->words[i];
	arguments->envp[0] = arguments->variable;
}

FIXTURE_SETUP(fork)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = both_at(FIXED, REGION, PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	stamp(self->base + PAGE, REGION - PAGE, 1);
	self->inside = (struct arguments *)self->base;
	set_arguments(self->inside);
	set_arguments(&self->outside);
	self->before = hostmem_status(self->fd);
}

/* Whatever a child has done or has died of. */
FIXTURE_TEARDOWN(fork)
{
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
	EXPECT_STREQ("VALUE=7", self->inside->variable);
	EXPECT_EQ(NULL, unstamped(self->base + PAGE, REGION - PAGE, 1));
}

/* Has a child made by fork() do something; whatever that returns is its exit code. */
#define IN_CHILD(expression) ({						\
	pid_t __child = fork();						\
									\
	if (!__child)							\
		_exit(expression);					\
	status_of(__child);						\
})

#define EXPECT_EXIT(code, status) do {					\
	int __status = (status);					\
									\
	EXPECT_TRUE(WIFEXITED(__status));				\
	EXPECT_EQ(code, WEXITSTATUS(__status));				\
} while (0)

#define EXPECT_KILLED(signal, status) do {				\
	int __status = (status);					\
									\
	EXPECT_TRUE(WIFSIGNALED(__status));				\
	EXPECT_EQ(signal, WTERMSIG(__status));				\
} while (0)

TEST_F(fork, child_dies_at_its_first_touch)
{
	volatile char *byte = self->base;

	EXPECT_KILLED(SIGSEGV, IN_CHILD(*byte));
	EXPECT_KILLED(SIGSEGV, IN_CHILD(*byte = 1));
	EXPECT_EXIT(EXIT, IN_CHILD(EXIT));
}

TEST_F(fork, system_calls_of_a_child_find_nothing_there)
{
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EXIT(EFAULT, IN_CHILD(write(pipes[1], self->base, 1) < 0 ? errno : 0));
	ASSERT_EQ(1, write(pipes[1], "x", 1));
	EXPECT_EXIT(EFAULT, IN_CHILD(read(pipes[0], self->base, 1) < 0 ? errno : 0));
}

static int execute(const char *path, char *const *argv, char *const *envp)
{
	execve(path, argv, envp);
	return errno;
}

TEST_F(fork, child_executes_what_lies_elsewhere)
{
	struct arguments *in = self->inside, *out = &self->outside;

	EXPECT_EXIT(EXIT, IN_CHILD(execute(out->path, out->argv, out->envp)));
	EXPECT_EXIT(EFAULT, IN_CHILD(execute(in->path, out->argv, out->envp)));
	EXPECT_EXIT(EFAULT, IN_CHILD(execute(out->path, in->argv, out->envp)));
	EXPECT_EXIT(EFAULT, IN_CHILD(execute(out->path, out->argv, in->envp)));

	/* A vector that lies elsewhere, of words that do not. */
	out->argv[2] = in->words[2];
	EXPECT_EXIT(EFAULT, IN_CHILD(execute(out->path, out->argv, out->envp)));
}

TEST_F(fork, vfork_and_execute)
{
	struct arguments *in = self->inside;
	pid_t child = vfork();

	if (!child) {
		execve(in->path, in->argv, in->envp);
		_exit(1);
	}
	EXPECT_EXIT(EXIT, status_of(child));
}

TEST_F(fork, spawn)
{
	struct arguments *in = self->inside;
	pid_t child;

	ASSERT_EQ(0, posix_spawn(&child, in->path, NULL, NULL, in->argv, in->envp));
	EXPECT_EXIT(EXIT, status_of(child));
	ASSERT_EQ(0, posix_spawnp(&child, in->words[0], NULL, NULL, in->argv, in->envp));
	EXPECT_EXIT(EXIT, status_of(child));
}

TEST_F(fork, shell_commands)
{
	char *command = self->inside->words[2];
	char word[16] = "";
	FILE *file;

	ASSERT_EQ(0, setenv("VALUE", "7", 1));
	EXPECT_EXIT(EXIT, system(command));
	strcpy(self->inside->path, "echo $VALUE");
	file = popen(self->inside->path, "r");
	ASSERT_NE(NULL, file);
	EXPECT_NE(NULL, fgets(word, sizeof(word), file));
	EXPECT_STREQ("7\n", word);
	EXPECT_EXIT(0, pclose(file));
}

/* What goes on after daemon() is a child, too. */
TEST_F(fork, daemon_loses_it)
{
	volatile char *byte = self->base;

	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	EXPECT_EXIT(0, IN_CHILD(daemon(1, 1) ? 1 : *byte));
	EXPECT_KILLED(SIGSEGV, status_of(-1));
}

static int use_own_manager(void)
{
	IHostMemoryManager *manager = make_manager(0, 0);
	void *mem;

	if (manager_alloc(manager, (void *)FIXED, REGION, MEM_RESERVE | MEM_COMMIT, &mem))
		return 2;
	if (mem != (void *)FIXED || nonzero(mem, REGION))
		return 3;
	stamp(mem, REGION, 2);
	return IHostMemoryManager_Release(manager) ? 4 : EXIT;
}

TEST_F(fork, child_may_have_a_manager_of_its_own)
{
	EXPECT_EXIT(ERROR_ACCESS_DENIED, IN_CHILD(reserve_at(0, PAGE) ? 0 : GetLastError()));
	EXPECT_EXIT(EXIT, IN_CHILD(use_own_manager()));
}

TEST_HARNESS_MAIN
