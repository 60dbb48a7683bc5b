// SPDX-License-Identifier: GPL-2.0
/*
 * Letters and words.  See by.h.
 */
#include <stdio.h>
#include <string.h>

#include "by.h"

#define WIDTH	100u

static const struct {
	char letter;
	const char *text;
	const char *peer;
} bys[] = {
	{ BY_TOUCH, "mprotect and touch", NULL },
	{ BY_POPULATE, "mprotect and MADV_POPULATE_WRITE", NULL },
	{ BY_MMAP, "a new PROT_NONE mapping", NULL },
	{ BY_DONTNEED, "MADV_DONTNEED and mprotect", NULL },
	{ BY_MPROTECT, "mprotect", NULL },
	{ BY_UNMAP, "munmap, mmap before it if that is part of the work", NULL },
	{ BY_EXIT, "exit", NULL },
	{ BY_MAPS, "/proc/self/maps, parsed", "/proc/self/maps" },
	{ BY_PROCMAP, "PROCMAP_QUERY", "PROCMAP_QUERY" },
	{ BY_UFFD, "userfaultfd's WP_ASYNC and PAGEMAP_SCAN", "PAGEMAP_SCAN" },
	{ BY_SIGSEGV, "mprotect and a handler of SIGSEGV", "SIGSEGV" },
	{ BY_SYSINFO, "sysinfo", "sysinfo" },
	{ BY_FREE, "MADV_FREE", "MADV_FREE" },
	{ BY_RETOUCH, "touch after MADV_FREE", NULL },
	{ BY_HUGETLB, "hugetlb", "hugetlb" },
	{ BY_GLIBC, "glibc's malloc and free", "glibc" },
};

#define NR_BYS	(sizeof(bys) / sizeof(bys[0]))

const char *by_text(char letter)
{
	size_t i;

	for (i = 0; i < NR_BYS; i++)
		if (bys[i].letter == letter)
			return bys[i].text;
	return "";
}

const char *by_peer(char letter)
{
	size_t i;

	for (i = 0; i < NR_BYS; i++)
		if (bys[i].letter == letter)
			return bys[i].peer;
	return NULL;
}

void by_legend(void)
{
	size_t i, used = 0;

	for (i = 0; i < NR_BYS; i++) {
		/* The letter, two spaces, and a semicolon or the full stop. */
		size_t length = strlen(bys[i].text) + 4;

		if (used && used + length > WIDTH) {
			putchar('\n');
			used = 0;
		}
		used += (size_t)printf("%s%c %s%c", used ? " " : "", bys[i].letter, bys[i].text,
				       i + 1 < NR_BYS ? ';' : '.');
	}
	putchar('\n');
}
