// SPDX-License-Identifier: GPL-2.0
/*
 * Description: who may read /proc/PID/fdinfo/N of the device, who sees addresses there,
 * and whose address space it says it is; readers while regions come and go.
 *
 * Becomes other users, so it needs root.
 */
#include "fdinfo.h"
#include "pass_fd.h"

#include <sys/mount.h>
#include <sys/prctl.h>

#define NOBODY	65534

/* Another user, and after that again one whom others of his may look at. */
static bool become_nobody(void)
{
	return !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY) &&
	       !prctl(PR_SET_DUMPABLE, 1);
}

/**
 * struct owner - a child with a region
 * @pid: the child's
 * @socket: the other end of which it has; it lives until this is closed
 * @fd: of the device, in the child
 * @base: of its region, 1 MiB of which 64 KiB are committed
 */
struct owner {
	pid_t pid;
	int socket;
	int fd;
	uintptr_t base;
};

/* What the child does with its life, once it has a region. */
struct told {
	int fd;
	uintptr_t base;
};

static int own(int socket, bool nobody, bool dumpable)
{
	struct told told;
	char byte;

	if (nobody && !become_nobody())
		return 1;
	prctl(PR_SET_DUMPABLE, dumpable);
	told.fd = open_device();
	if (raw_alloc(told.fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &told.base) ||
	    raw_commit(told.fd, told.base, GRANULE, PROCESS, AT_ONCE))
		return 2;
	if (write(socket, &told, sizeof(told)) != sizeof(told) || send_fd(socket, told.fd))
		return 3;
	return read(socket, &byte, 1) ? 4 : 0;
}

/* Start a child that owns a region.  @copy: gets a descriptor of the same file. */
static bool start_owner(struct owner *owner, bool nobody, bool dumpable, int *copy)
{
	struct told told;
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		return false;
	owner->pid = fork();
	if (!owner->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(sockets[0]);
		_exit(own(sockets[1], nobody, dumpable));
	}
	close(sockets[1]);
	owner->socket = sockets[0];
	if (read(owner->socket, &told, sizeof(told)) != sizeof(told))
		return false;
	owner->fd = told.fd;
	owner->base = told.base;
	*copy = receive_fd(owner->socket);
	return *copy >= 0;
}

static int end_owner(struct owner *owner)
{
	close(owner->socket);
	return status_of(owner->pid);
}

#define MAP_OF_OWNER	"64 kB rw- - 99.............................."
#define MAP_OF_PINNABLE	"64 kB rw- pinnable 99.............................."

static const char *map_of_owner(void)
{
	return is_pinnable() ? MAP_OF_PINNABLE : MAP_OF_OWNER;
}

/* All numbers are right, and the region is there or not. */
static int sees(const char *told, const struct owner *owner, bool addresses)
{
	const char *region = told ? region_told(owner->base) : NULL;

	CHECK(told);
	CHECK(number_of("hostmem-regions") == 1);
	CHECK(bytes_of("hostmem-reserved") == (int64_t)MIB);
	CHECK(bytes_of("hostmem-committed") == (int64_t)GRANULE);
	CHECK(number_of("hostmem-owner") == owner->pid);
	CHECK(regions_told() == addresses);
	CHECK(!addresses || (region && !strcmp(region, map_of_owner())));
	return 0;
}

FIXTURE(readers)
{
	struct owner owner;
	int copy;
};

FIXTURE_VARIANT(readers)
{
	bool nobody;
	bool dumpable;
};

FIXTURE_VARIANT_ADD(readers, of_root)
{
	.dumpable = true,
};

FIXTURE_VARIANT_ADD(readers, of_nobody)
{
	.nobody = true,
	.dumpable = true,
};

/* As programs are that keep secrets, or have changed their user. */
FIXTURE_VARIANT_ADD(readers, of_nobody_who_has_secrets)
{
	.nobody = true,
};

FIXTURE_SETUP(readers)
{
	if (geteuid())
		SKIP(return, "run as root");
	ASSERT_TRUE(start_owner(&self->owner, variant->nobody, variant->dumpable,
				&self->copy));
}

FIXTURE_TEARDOWN(readers)
{
	if (!self->owner.pid)
		return;
	close(self->copy);
	EXPECT_EQ(0, end_owner(&self->owner));
}

/* The administrator sees all. */
TEST_F(readers, root)
{
	EXPECT_EQ(0, sees(read_fdinfo(self->owner.pid, self->owner.fd), &self->owner, true));
}

static int read_as_nobody(const struct owner *owner, bool may)
{
	const char *told;

	CHECK(become_nobody());
	told = read_fdinfo(owner->pid, owner->fd);
	if (may)
		return sees(told, owner, true);
	/* The kernel doesn't let him. */
	CHECK(!told && errno == EACCES);
	return 0;
}

/* Whoever may read /proc/PID/maps sees all, and others nothing. */
TEST_F(readers, another_user)
{
	EXPECT_CHILD(read_as_nobody(&self->owner, variant->nobody && variant->dumpable));
}

static int read_own_copy(const struct owner *owner, int copy, bool may)
{
	CHECK(become_nobody());
	return sees(read_fdinfo(0, copy), owner, may);
}

/*
 * His is a descriptor that somebody has passed on to him, and so is the file in /proc:
 * he gets to know what the space has, and not where.
 */
TEST_F(readers, another_user_with_a_descriptor)
{
	/* Since 7.3 modules aren't told who has secrets. */
	bool unknown = variant->nobody && kernel_is_at_least(7, 3);

	EXPECT_CHILD(read_own_copy(&self->owner, self->copy,
				   variant->nobody && (variant->dumpable || unknown)));
}

TEST_F(readers, root_with_a_descriptor)
{
	EXPECT_EQ(0, sees(read_fdinfo(0, self->copy), &self->owner, true));
}

/* The file lives on by a descriptor; the address space does not. */
TEST_F(readers, of_an_owner_that_has_ended)
{
	EXPECT_EQ(0, end_owner(&self->owner));
	self->owner.pid = 0;
	ASSERT_NE(NULL, read_fdinfo(0, self->copy));
	EXPECT_EQ(0, number_of("hostmem-owner"));
	EXPECT_EQ(0, number_of("hostmem-regions"));
	EXPECT_EQ(0, bytes_of("hostmem-reserved"));
	EXPECT_EQ(0, bytes_of("hostmem-committed"));
	EXPECT_EQ(0, regions_told());
	close(self->copy);
}

/* A child of fork has the descriptor, and no region: it is told whose they are. */
static int read_in_child(int fd, struct owner *owner)
{
	return sees(read_fdinfo(0, fd), owner, true);
}

TEST(child_of_fork)
{
	struct owner owner = { .pid = getpid() };

	owner.fd = open_device();
	ASSERT_EQ(0, raw_alloc(owner.fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			       &owner.base));
	ASSERT_EQ(0, raw_commit(owner.fd, owner.base, GRANULE, PROCESS, AT_ONCE));
	EXPECT_CHILD(read_in_child(owner.fd, &owner));
}

/* After exec the file, if it is still open, belongs to an address space that has gone. */
static int read_after_exec(void)
{
	char path[32], command[192];
	struct owner owner;
	int fd;

	fd = open(DEVICE, O_RDWR);
	CHECK(fd >= 0);
	CHECK(!raw_alloc(fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &owner.base));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	snprintf(command, sizeof(command),
		 "grep -qx 'hostmem-owner:.0' %s && ! grep -q hostmem-region: %s", path, path);
	execl("/bin/sh", "sh", "-c", command, NULL);
	return __LINE__;
}

TEST(exec)
{
	EXPECT_CHILD(read_after_exec());
}

/*
 * PIDs are those of the /proc that is read: in one of a PID namespace the first process is
 * number 1, and an owner outside of it has none.
 */
static int read_in_namespace(void *arg)
{
	struct owner *outer = arg, owner = { .pid = 1 };

	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount("proc", "/tmp", "proc", 0, NULL));
	owner.fd = open_device();
	CHECK(!raw_alloc(owner.fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &owner.base));
	CHECK(!raw_commit(owner.fd, owner.base, GRANULE, PROCESS, AT_ONCE));
	CHECK(!sees(read_fdinfo_in("/tmp", 1, owner.fd), &owner, true));
	CHECK(read_fdinfo_in("/tmp", 1, outer->fd));
	CHECK(number_of("hostmem-owner") == 0);
	CHECK(number_of("hostmem-regions") == 1);
	return 0;
}

static int enter_namespace(struct owner *owner)
{
	CHECK(!unshare(CLONE_NEWPID));
	return WEXITSTATUS(status_of(start_child(read_in_namespace, owner)));
}

TEST(pid_namespace)
{
	struct owner owner = { .pid = getpid() };

	if (geteuid())
		SKIP(return, "run as root");
	owner.fd = open_device();
	ASSERT_EQ(0, raw_alloc(owner.fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			       &owner.base));
	EXPECT_CHILD(enter_namespace(&owner));
}

/*
 * While regions come and go
 */

struct changes {
	int fd;
	atomic_bool stop;
	int result;
};

static int change(struct changes *changes)
{
	uint64_t state = gettid();
	uintptr_t base[8] = {};
	uint32_t i;

	while (!changes->stop) {
		i = random_below(&state, ARRAY_SIZE(base));
		if (base[i]) {
			CHECK(!raw_release(changes->fd, base[i]));
			base[i] = 0;
			continue;
		}
		CHECK(!raw_alloc(changes->fd, 0, 3 * BLOCK, HOSTMEM_RESERVE,
				 HOSTMEM_READWRITE, &base[i]));
		CHECK(!raw_commit(changes->fd, base[i] + BLOCK, GRANULE, PROCESS, AT_ONCE));
		CHECK(!raw_protect(changes->fd, base[i] + BLOCK, PAGE,
				   HOSTMEM_READONLY | HOSTMEM_GUARD));
	}
	return 0;
}

static void *change_in_thread(void *arg)
{
	struct changes *changes = arg;

	changes->result = change(changes);
	return NULL;
}

TEST(regions_come_and_go)
{
	struct changes changes = { .fd = open_device() };
	pthread_t threads[2];
	unsigned int i, seen = 0;

	ASSERT_LE(0, changes.fd);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, change_in_thread, &changes));
	}
	/* Until there has been something, and then for a while. */
	for (i = 0; i < times(2000) || !seen; i++) {
		int regions;

		ASSERT_NE(NULL, read_fdinfo(0, changes.fd));
		regions = regions_told();
		ASSERT_LE(0, regions);
		ASSERT_GE(2 * 8, regions);
		seen += regions;
	}
	changes.stop = true;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, changes.result);
}

TEST_HARNESS_MAIN
