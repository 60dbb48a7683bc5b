// SPDX-License-Identifier: GPL-2.0
/*
 * Description: who may open the device, and what everyone else is told (rule S9).
 */
#include "hostmem_child.h"
#include "hostmem_test.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define NOBODY	65534
#define UEVENT	"/sys/class/misc/hostmem/uevent"

/* What root has made of the device, which the tests change. */
static struct stat before;

static void __attribute__((constructor)) save_mode(void)
{
	if (stat(DEVICE, &before))
		before.st_mode = 0;
}

static void __attribute__((destructor)) restore_mode(void)
{
	if (before.st_mode && (chown(DEVICE, before.st_uid, before.st_gid) ||
			       chmod(DEVICE, before.st_mode & 07777)))
		perror(DEVICE);
}

static bool set_mode(gid_t group, mode_t mode)
{
	return !chown(DEVICE, 0, group) && !chmod(DEVICE, mode);
}

static bool become(uid_t user, gid_t group)
{
	return !setgroups(0, NULL) && !setgid(group) && !setuid(user);
}

/* Each shape of the library says that there is no device for this process. */
static int is_refused(void)
{
	IHostMemoryManager *manager = POISON_POINTER;
	void *mem = POISON_POINTER;

	errno = 0;
	CHECK(open_device() == -1 && errno == EACCES);
	SetLastError(POISON_DWORD);
	CHECK(!VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	CHECK(GetLastError() == ERROR_NOT_READY);
	CHECK(HostVirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, eTaskCritical,
			       &mem) == HOST_E_CLRNOTAVAILABLE);
	CHECK(!mem);
	CHECK(CreateHostMemoryManager(NULL, &manager) == HOST_E_CLRNOTAVAILABLE);
	CHECK(!manager);
	return 0;
}

static int is_served(void)
{
	IHostMemoryManager *manager;
	char *mem = both_at(NULL, GRANULE, PAGE_READWRITE);

	CHECK(mem && can_write(mem));
	CHECK(CreateHostMemoryManager(NULL, &manager) == S_OK);
	CHECK(!IHostMemoryManager_Release(manager));
	CHECK(VirtualFree(mem, 0, MEM_RELEASE));
	return 0;
}

/* The kernel's word of it, whatever udev or root have made of it since. */
TEST(is_made_for_root_and_its_group)
{
	FILE *file = fopen(UEVENT, "r");
	char line[64], mode[64] = "none";

	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "DEVMODE=%63s", mode);
	fclose(file);
	EXPECT_STREQ("0660", mode);
}

static int stranger(void)
{
	int line;

	CHECK(become(NOBODY, NOBODY));
	line = is_refused();
	/* Not a matter of the first try. */
	return line ?: is_refused();
}

TEST(refuses_strangers)
{
	ASSERT_TRUE(set_mode(0, 0660));
	EXPECT_CHILD(stranger());
}

static int member(void)
{
	CHECK(become(NOBODY, NOBODY));
	return is_served();
}

TEST(serves_its_group)
{
	ASSERT_TRUE(set_mode(NOBODY, 0660));
	EXPECT_CHILD(member());
}

static int other_group(void)
{
	CHECK(become(NOBODY, NOBODY - 1));
	return is_refused();
}

TEST(refuses_other_groups)
{
	ASSERT_TRUE(set_mode(NOBODY, 0660));
	EXPECT_CHILD(other_group());
}

/* Reading alone makes no memory. */
TEST(refuses_readers)
{
	ASSERT_TRUE(set_mode(0, 0664));
	EXPECT_CHILD(stranger());
}

/* What root permits later is found by the next call. */
static int late(int permitted)
{
	int line;
	char byte;

	CHECK(become(NOBODY, NOBODY));
	line = is_refused();
	if (line)
		return line;
	CHECK(write(permitted, "r", 1) == 1);
	CHECK(read(permitted, &byte, 1) == 1);
	return is_served();
}

TEST(serves_whom_root_permits_later)
{
	int ends[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	ASSERT_TRUE(set_mode(0, 0660));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int line;

		close(ends[0]);
		line = late(ends[1]);
		if (line)
			TH_LOG("went wrong in line %d", line);
		_exit(!!line);
	}
	close(ends[1]);
	/* If the child has ended already, its status tells. */
	EXPECT_EQ(1, read(ends[0], &byte, 1));
	EXPECT_TRUE(set_mode(0, 0666));
	EXPECT_EQ(1, send(ends[0], "w", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, status_of(child));
}

/* A daemon that begins as root and then is somebody else has opened it. */
static int drops_privileges(void)
{
	char *mem = reserve_at(NULL, GRANULE);

	CHECK(mem);
	CHECK(become(NOBODY, NOBODY));
	CHECK(commit_at(mem, GRANULE, PAGE_READWRITE) == mem);
	CHECK(can_write(mem));
	CHECK(VirtualFree(mem, 0, MEM_RELEASE));
	return 0;
}

TEST(serves_who_has_opened_it_before)
{
	ASSERT_TRUE(set_mode(0, 0660));
	EXPECT_CHILD(drops_privileges());
}

TEST_HARNESS_MAIN
