// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring guard pages.  See protects.h.
 *
 * Ours clears itself and raises SIGBUS, whose handler has nothing to do.  The peer is a
 * page without access, which the handler of SIGSEGV makes accessible.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "by.h"
#include "pages.h"
#include "prove.h"
#include "protects.h"
#include "turns.h"

#define NR_GUARDS	20u
#define SIZE		(2 * NR_GUARDS * PAGE)
#define ROUNDS		31u

static volatile unsigned int hits;

static void on_bus(int signal)
{
	(void)signal;
	hits++;
}

static void on_segv(int signal, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & -PAGE;

	(void)signal;
	(void)context;
	hits++;
	must_not_fail(mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE), "mprotect");
}

static struct sigaction bus_before, segv_before;

static void handle(void)
{
	struct sigaction bus = { .sa_handler = on_bus };
	struct sigaction segv = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &bus, &bus_before);
	sigaction(SIGSEGV, &segv, &segv_before);
}

static void handle_no_more(void)
{
	sigaction(SIGBUS, &bus_before, NULL);
	sigaction(SIGSEGV, &segv_before, NULL);
}

static char *guard_at(void *mem, unsigned int nr)
{
	return (char *)mem + (2 * nr + 1) * PAGE;
}

static void arm_ours(void *mem)
{
	unsigned int i;
	DWORD old;

	for (i = 0; i < NR_GUARDS; i++)
		must(HostVirtualProtect(guard_at(mem, i), PAGE, PAGE_READWRITE | PAGE_GUARD, &old),
		     "protect");
	hits = 0;
}

static void arm_peer(void *mem)
{
	unsigned int i;

	for (i = 0; i < NR_GUARDS; i++)
		must_not_fail(mprotect(guard_at(mem, i), PAGE, PROT_NONE), "mprotect");
	hits = 0;
}

static void hit(void *mem)
{
	unsigned int i;

	for (i = 0; i < NR_GUARDS; i++)
		*(volatile char *)guard_at(mem, i) = 1;
}

/* Each guard, too, is the only one at its moment. */
static void cycle_ours(void *mem)
{
	arm_ours(mem);
	hit(mem);
}

static void cycle_peer(void *mem)
{
	arm_peer(mem);
	hit(mem);
}

static void look(void *mem)
{
	(void)mem;
	if (hits != NR_GUARDS)
		must_not_fail(-1, "each guard is hit once");
}

bool guards_prove(void)
{
	void (*const arm[2])(void *mem) = { arm_ours, arm_peer };
	char *mems[2] = { our_memory(SIZE, 0), map_memory(SIZE, 0) };
	bool ok = true;
	unsigned int i;

	handle();
	for (i = 0; i < 2; i++) {
		const char *whom = i ? "mprotect as guard" : "guard page";

		arm[i](mems[i]);
		*(volatile char *)mems[i] = 1;
		ok &= proved(hits == 0, whom, "memory beside is no guard");
		hit(mems[i]);
		ok &= proved(hits == NR_GUARDS, whom, "a guard is hit, and the access succeeds");
		hit(mems[i]);
		ok &= proved(hits == NR_GUARDS, whom, "it is hit once");
	}
	handle_no_more();
	our_free(mems[0]);
	must_not_fail(munmap(mems[1], SIZE), "munmap");
	return ok;
}

void guards_report(void)
{
	char *ours = our_memory(SIZE, 0), *peer = map_memory(SIZE, 0);
	const struct side cycle[] = {
		{ OURS, ' ', NULL, cycle_ours, look, ours },
		{ SMALL, BY_SIGSEGV, NULL, cycle_peer, look, peer },
	};
	const struct side alone[] = {
		{ OURS, ' ', arm_ours, hit, look, ours },
		{ SMALL, BY_SIGSEGV, arm_peer, hit, look, peer },
	};

	touch(ours, SIZE);
	touch(peer, SIZE);
	handle();
	turns_row("guard: arm, hit, resume", "", cycle, 2, ROUNDS, NR_GUARDS);
	turns_row("guard: the hit alone", "", alone, 2, ROUNDS, NR_GUARDS);
	handle_no_more();
	our_free(ours);
	must_not_fail(munmap(peer, SIZE), "munmap");
}
