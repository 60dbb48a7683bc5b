/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * For tests of what the environment says about the default manager: it is read when the
 * library is loaded, so it is asked of new processes, which run the test's program again.
 *
 * Stands in for the C library's secure_getenv(), of a set-id program if the environment
 * has SET_ID.  Who includes this defines OWN_CHILD, the name of such a process, and
 * OWN_VARIABLE, the variable that it is about.
 */
#ifndef HOST_OWN_ENVIRONMENT_H
#define HOST_OWN_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned int reads;	/* of the variable */

static char *find(const char *name)
{
	size_t length = strlen(name);
	char **entry;

	for (entry = environ; *entry; entry++)
		if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
			return *entry + length + 1;
	return NULL;
}

char *secure_getenv(const char *name)
{
	reads += !strcmp(name, OWN_VARIABLE);
	return find("SET_ID") ? NULL : find(name);
}

static bool is_child(char **argv)
{
	return argv[0] && !strcmp(argv[0], OWN_CHILD);
}

/* How such a process ends; @value: of the variable, or NULL; @more: another variable. */
static int run_child(const char *value, const char *more)
{
	char variable[64], *argv[] = { (char *)(uintptr_t)OWN_CHILD, NULL };
	char *env[] = { (char *)(uintptr_t)more, NULL, NULL };
	int status = -1;
	pid_t pid;

	if (value) {
		snprintf(variable, sizeof(variable), OWN_VARIABLE "=%s", value);
		env[1] = variable;
	}
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execve("/proc/self/exe", argv, env);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

#endif /* HOST_OWN_ENVIRONMENT_H */
