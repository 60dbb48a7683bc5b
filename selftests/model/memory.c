// SPDX-License-Identifier: GPL-2.0
/*
 * Real memory.  See memory.h.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>

#include "memory.h"
#include "model.h"

#define DEVICE		"/dev/hostmem"
#define MODULE		"/sys/module/hostmem/"
#define PARAMETERS	MODULE "parameters/"

/*
 * Accesses
 */

static _Thread_local sigjmp_buf after_fault;
static _Thread_local volatile bool armed;
static _Thread_local volatile int fault_signal;
static _Thread_local volatile uintptr_t fault_addr;

static void on_fault(int signo, siginfo_t *info, void *context)
{
	(void)context;
	if (!armed) {
		/* Not ours: it happens again and is fatal. */
		signal(signo, SIG_DFL);
		return;
	}
	fault_signal = signo;
	fault_addr = (uintptr_t)info->si_addr;
	siglongjmp(after_fault, 1);
}

struct unaligned_16 {
	uint16_t value;
} __attribute__((packed));

struct unaligned_64 {
	uint64_t value;
} __attribute__((packed));

static void touch(volatile void *at, unsigned int width, bool write,
		  uint64_t *value)
{
	volatile struct unaligned_16 *at_16 = at;
	volatile struct unaligned_64 *at_64 = at;
	volatile uint8_t *at_8 = at;

	switch (width) {
	case 1:
		if (write)
			*at_8 = *value;
		else
			*value = *at_8;
		break;
	case 2:
		if (write)
			at_16->value = *value;
		else
			*value = at_16->value;
		break;
	default:
		if (write)
			at_64->value = *value;
		else
			*value = at_64->value;
		break;
	}
}

int memory_touch(uintptr_t addr, unsigned int width, bool write, uint64_t *value,
		 uintptr_t *fault)
{
	fault_signal = 0;
	fault_addr = 0;
	armed = true;
	if (!sigsetjmp(after_fault, 0))
		touch((void *)addr, width, write, value);
	armed = false;
	*fault = fault_addr;
	return fault_signal;
}

bool memory_copy(void *to, uintptr_t page)
{
	fault_signal = 0;
	armed = true;
	if (!sigsetjmp(after_fault, 0))
		memcpy(to, (const void *)page, PAGE);
	armed = false;
	return !fault_signal;
}

/*
 * Executing one instruction
 */

#ifdef __x86_64__
static _Thread_local volatile uintptr_t step_target;
static _Thread_local volatile bool arrived;

/* After each instruction: the jump, and then the one that we want. */
static void on_step(int signo, siginfo_t *info, void *context)
{
	const ucontext_t *user = context;

	(void)info;
	if (!armed)
		signal(signo, SIG_DFL);
	else if (arrived)
		siglongjmp(after_fault, 1);
	else
		arrived = (uintptr_t)user->uc_mcontext.gregs[REG_RIP] == step_target;
}

static void catch_steps(void)
{
	struct sigaction action = {
		.sa_sigaction = on_step,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGTRAP, &action, NULL);
}

/* Bytes of zero are "add %al, (%rax)". */
static __attribute__((noinline, noreturn)) void step_into(uintptr_t addr)
{
	static _Thread_local uint64_t scratch;

	asm volatile("pushfq\n\t"
		     "orq $0x100, (%%rsp)\n\t"	/* the trap flag */
		     "popfq\n\t"
		     "jmp *%1"
		     : : "a" (&scratch), "b" (addr) : "memory");
	__builtin_unreachable();
}

int memory_execute(uintptr_t addr, uintptr_t *fault)
{
	fault_signal = 0;
	fault_addr = 0;
	step_target = addr;
	arrived = false;
	armed = true;
	if (!sigsetjmp(after_fault, 0))
		step_into(addr);
	armed = false;
	*fault = fault_addr;
	return fault_signal;
}
#elif defined(__aarch64__)
/* Words of zero are no instruction, which the processor finds when it has them. */
static void on_no_instruction(int signo, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	if (!armed)
		signal(signo, SIG_DFL);
	else
		siglongjmp(after_fault, 1);
}

static void catch_steps(void)
{
	struct sigaction action = {
		.sa_sigaction = on_no_instruction,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGILL, &action, NULL);
}

int memory_execute(uintptr_t addr, uintptr_t *fault)
{
	void (*call)(void) = (void (*)(void))(addr & ~(uintptr_t)3);

	if (addr % 4)
		return -1;
	fault_signal = 0;
	fault_addr = 0;
	armed = true;
	if (!sigsetjmp(after_fault, 0))
		call();
	armed = false;
	*fault = fault_addr;
	return fault_signal;
}
#else
#error "memory_execute() isn't known for this processor"
#endif

void memory_init(void)
{
	/* SA_NODEFER leaves the mask alone, so that there's none to restore. */
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	catch_steps();
}

/* With five-level page tables user space ends where four levels have a hole. */
uintptr_t memory_user_end(void)
{
#ifdef __aarch64__
	const uintptr_t four = (uintptr_t)1 << SPACE_BITS, five = (uintptr_t)1 << 52;
#else
	const uintptr_t four = ((uintptr_t)1 << SPACE_BITS) - PAGE;
	const uintptr_t five = ((uintptr_t)1 << 56) - PAGE;
#endif
	void *addr = (void *)((uintptr_t)1 << 50);
	uintptr_t end = four;
	void *map = mmap(addr, PAGE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (map == addr)
		end = five;
	if (map != MAP_FAILED)
		munmap(map, PAGE);
	return end;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return good;
}

static bool read_number(const char *path, unsigned long *value)
{
	FILE *file = fopen(path, "re");
	bool good = file && fscanf(file, "%lu", value) == 1;

	if (file)
		fclose(file);
	return good;
}

/*
 * The device
 */

int device_open(void)
{
	return open(DEVICE, O_RDWR | O_CLOEXEC);
}

int device_of_library(void)
{
	MEMORY_BASIC_INFORMATION info;
	char path[32], target[32];
	ssize_t length;
	int fd;

	VirtualQuery(NULL, &info, sizeof(info));
	for (fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = 0;
		if (!strcmp(target, DEVICE))
			return fd;
	}
	return -1;
}

/* Each open file counts; a kernel that unloads no modules doesn't tell. */
bool device_is_in_use(void)
{
	unsigned long users;

	return read_number(MODULE "refcnt", &users) && users;
}

bool device_status(int fd, struct hostmem_status *status)
{
	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	return !ioctl(fd, HOSTMEM_IOC_STATUS, status);
}

/*
 * Root's business
 */

static bool set_parameter(const char *path, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", value);
	return write_file(path, text);
}

bool limit_set(unsigned long mb, unsigned int reserve_pct)
{
	return set_parameter(PARAMETERS "commit_limit_mb", mb) &&
	       set_parameter(PARAMETERS "critical_reserve_pct", reserve_pct);
}

bool limit_get(unsigned long *mb, unsigned int *reserve_pct)
{
	unsigned long pct = 0;
	bool good = read_number(PARAMETERS "commit_limit_mb", mb) &&
		    read_number(PARAMETERS "critical_reserve_pct", &pct);

	*reserve_pct = pct;
	return good;
}

bool drop_caches(void)
{
	return write_file("/proc/sys/vm/drop_caches", "2");
}

uint32_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) >> 32;
}
