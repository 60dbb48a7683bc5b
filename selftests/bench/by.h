/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a peer has done the work: letters for the table, words for everything else.
 */
#ifndef BENCH_BY_H
#define BENCH_BY_H

enum by {
	BY_TOUCH	= 't',
	BY_POPULATE	= 'p',
	BY_MMAP		= 'm',
	BY_DONTNEED	= 'd',
	BY_MPROTECT	= 'o',
	BY_UNMAP	= 'n',
	BY_EXIT		= 'e',
	BY_MAPS		= 'f',
	BY_PROCMAP	= 'q',
	BY_UFFD		= 'u',
	BY_SIGSEGV	= 's',
	BY_SYSINFO	= 'i',
	BY_FREE		= 'r',
	BY_RETOUCH	= 'w',
	BY_HUGETLB	= 'h',
	BY_GLIBC	= 'g',
};

/** by_text() - in words, "" if @letter is none */
const char *by_text(char letter);

/** by_peer() - who is better if a peer is, for peers that are no mmap; NULL otherwise */
const char *by_peer(char letter);

/** by_legend() - print what all letters mean */
void by_legend(void);

#endif /* BENCH_BY_H */
