// SPDX-License-Identifier: GPL-2.0
/*
 * Description: memory of a KVM guest: a guest gets what the protection of a page allows,
 * and nothing that is no longer there (rules F11, G7, P11, T7).
 *
 * The guest is one processor in real mode, which begins where it always does in a
 * program of ours.  Loads the kernel's driver, so it needs root.
 */
#include "hostile.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#define SIZE		GRANULE
#define CODE_AT		0x1000
#define FROM		0x3000	/* what the guest reads */
#define TO		0x5000	/* where it writes that, and what follows */
#define DONE		0x1234

/* mov al, [FROM]; mov [TO + 2], al; mov word ptr [TO], DONE; hlt */
static const unsigned char code[] = {
	0xa0, FROM & 0xff, FROM >> 8,
	0xa2, (TO + 2) & 0xff, TO >> 8,
	0xc7, 0x06, TO & 0xff, TO >> 8, DONE & 0xff, DONE >> 8,
	0xf4,
};

static int open_kvm(void)
{
	if (access("/dev/kvm", F_OK) && system("modprobe kvm-amd") &&
	    system("modprobe kvm-intel"))
		return -1;
	return open("/dev/kvm", O_RDWR | O_CLOEXEC);
}

FIXTURE(guest)
{
	int fd;
	struct hostmem_status before;
	int vm;
	int vcpu;
	volatile struct kvm_run *run;
	char *base;
};

FIXTURE_VARIANT(guest)
{
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(guest, pinnable)
{
	.flags = HOSTMEM_ALLOC_PINNABLE,
};

FIXTURE_VARIANT_ADD(guest, ordinary)
{
	.flags = 0,
};

FIXTURE_SETUP(guest)
{
	struct kvm_userspace_memory_region slot = { .memory_size = SIZE };
	uintptr_t base;
	int kvm, size;

	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->before = hostmem_status(self->fd);
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, SIZE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				  HOSTMEM_READWRITE, variant->flags, &base));
	self->base = (char *)base;
	memcpy(self->base + CODE_AT, code, sizeof(code));

	kvm = open_kvm();
	if (kvm < 0)
		SKIP(return, "no KVM, or no processor for it");
	self->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT_LE(0, self->vm);
	slot.userspace_addr = base;
	ASSERT_EQ(0, ioctl(self->vm, KVM_SET_USER_MEMORY_REGION, &slot));
	self->vcpu = ioctl(self->vm, KVM_CREATE_VCPU, 0);
	ASSERT_LE(0, self->vcpu);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	ASSERT_LT(0, size);
	self->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, self->vcpu, 0);
	ASSERT_NE(MAP_FAILED, self->run);
	close(kvm);
}

FIXTURE_TEARDOWN(guest)
{
	close(self->vcpu);
	close(self->vm);
	VirtualFree(self->base, 0, MEM_RELEASE);
	EXPECT_SAME_STATUS(self->before, self->fd);
}

/* Run the guest's code once: 0 if it has come to its end, or a negative error number. */
static int run_guest(int vcpu, volatile struct kvm_run *run)
{
	struct kvm_regs regs = { .rip = CODE_AT, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs) ||
	    ioctl(vcpu, KVM_RUN, 0))
		return -errno;
	return run->exit_reason == KVM_EXIT_HLT ? 0 : -ENOEXEC;
}

#define RUN()	run_guest(self->vcpu, self->run)

/* Where the guest writes: has it? */
static bool has_run(char *base, char byte)
{
	bool ran = *(volatile uint16_t *)(base + TO) == DONE &&
		   *(volatile char *)(base + TO + 2) == byte;

	*(volatile uint32_t *)(base + TO) = 0;
	return ran;
}

static bool protect(char *page, DWORD want)
{
	DWORD old;

	return VirtualProtect(page, PAGE, want, &old);
}

/*
 * Of ordinary memory it gets what the kernel gives it, which may be nothing; what it
 * gets is right.
 */
#define EXPECT_RUNS(byte) do {						\
	int __ran = RUN();						\
									\
	EXPECT_TRUE(!__ran || (!variant->flags && __ran == -EFAULT))	\
		TH_LOG("%d", __ran);					\
	EXPECT_EQ(!__ran, has_run(self->base, byte));			\
} while (0)

TEST_F(guest, reads_and_writes_what_may_be)
{
	self->base[FROM] = 'a';
	EXPECT_RUNS('a');
	self->base[FROM] = 'b';
	EXPECT_RUNS('b');
}

/* Be it before it has met the page or after. */
TEST_F(guest, does_not_write_to_what_may_only_be_read_P11)
{
	int round;

	for (round = 0; round < 2; round++) {
		ASSERT_TRUE(protect(self->base + TO, PAGE_READONLY));
		EXPECT_NE(0, RUN());
		ASSERT_TRUE(protect(self->base + TO, PAGE_READWRITE));
		EXPECT_FALSE(has_run(self->base, 0));
		EXPECT_RUNS(0);
	}
}

TEST_F(guest, does_not_read_what_allows_nothing_P11)
{
	int round;

	self->base[FROM] = 's';
	for (round = 0; round < 2; round++) {
		ASSERT_TRUE(protect(self->base + FROM, PAGE_NOACCESS));
		EXPECT_EQ(-EFAULT, RUN());
		EXPECT_FALSE(has_run(self->base, 's'));
		ASSERT_TRUE(protect(self->base + FROM, PAGE_READWRITE));
		EXPECT_RUNS('s');
	}
}

TEST_F(guest, meets_a_guard_once_G7)
{
	EXPECT_RUNS(0);
	ASSERT_TRUE(protect(self->base + FROM, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_EQ(-EFAULT, RUN());
	EXPECT_FALSE(has_run(self->base, 0));
	/* One that gets no page of the code does not come to the guard. */
	if (variant->flags)
		EXPECT_EQ(PAGE_READWRITE, query(self->base + FROM).Protect);
	ASSERT_TRUE(protect(self->base + FROM, PAGE_READWRITE));
	EXPECT_RUNS(0);
}

/* A page that has gone is not written any more, nor is the one that comes after it old. */
TEST_F(guest, has_new_pages_in_place_of_old_ones_F11)
{
	int round;

	for (round = 0; round < 4; round++) {
		EXPECT_RUNS(0);
		ASSERT_TRUE(VirtualFree(self->base + TO, PAGE, MEM_DECOMMIT));
		EXPECT_EQ(-EFAULT, RUN());
		ASSERT_EQ(self->base + TO,
			  commit_at(self->base + TO, PAGE, PAGE_READWRITE));
		EXPECT_EQ(NULL, nonzero(self->base + TO, PAGE));
		EXPECT_RUNS(0);
	}
}

TEST_F(guest, has_nothing_of_a_region_that_is_released)
{
	uintptr_t base = (uintptr_t)self->base;

	RUN();
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_EQ(-EFAULT, RUN());
	/* Unless another takes its place. */
	ASSERT_EQ(0, raw_alloc_as(self->fd, base, SIZE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				  HOSTMEM_READWRITE, variant->flags, &base));
	memcpy(self->base + CODE_AT, code, sizeof(code));
	EXPECT_RUNS(0);
}

TEST_HARNESS_MAIN
