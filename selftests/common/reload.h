/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module taken out and loaded again, which wants root and its file.  The fixture's
 * tests begin without it.
 */
#ifndef RELOAD_H
#define RELOAD_H

#include "hostmem_test.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#define PARAMETERS	"/sys/module/hostmem/parameters/"

/* Where the virtual machine has it; elsewhere, HOSTMEM_KO says. */
HELPER const char *module_file(void)
{
	return getenv("HOSTMEM_KO") ?: "/lib/hostmem.ko";
}

HELPER bool parameter(const char *name, char *value, size_t size)
{
	char path[128];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, value, size - 1);
	close(fd);
	if (length <= 0 || value[length - 1] != '\n')
		return false;
	value[length - 1] = 0;
	return true;
}

HELPER bool unload(void)
{
	return !syscall(SYS_delete_module, "hostmem", O_NONBLOCK);
}

/* 0 or -errno */
HELPER int load(const char *parameters)
{
	int fd = open(module_file(), O_RDONLY | O_CLOEXEC), ret;

	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

/* What the others were, for the next load, and who might open the device. */
FIXTURE(reload)
{
	char others[128];
	struct stat device;
};

FIXTURE_SETUP(reload)
{
	char limit[32], reserve[32];

	if (access(module_file(), R_OK) || geteuid())
		SKIP(return, "no root, or no %s", module_file());
	ASSERT_EQ(0, stat(DEVICE, &self->device));
	ASSERT_TRUE(parameter("commit_limit_mb", limit, sizeof(limit)));
	ASSERT_TRUE(parameter("critical_reserve_pct", reserve, sizeof(reserve)));
	snprintf(self->others, sizeof(self->others),
		 "commit_limit_mb=%s critical_reserve_pct=%s", limit, reserve);
	ASSERT_TRUE(unload());
}

/* Whatever has happened, leave it as it was found. */
FIXTURE_TEARDOWN(reload)
{
	unload();
	EXPECT_EQ(0, load(self->others));
	EXPECT_EQ(0, chown(DEVICE, self->device.st_uid, self->device.st_gid));
	EXPECT_EQ(0, chmod(DEVICE, self->device.st_mode & 07777));
}

#endif /* RELOAD_H */
