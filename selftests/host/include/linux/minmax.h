/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's min() for files of the module that are compiled on the host. */
#ifndef HOST_LINUX_MINMAX_H
#define HOST_LINUX_MINMAX_H

/* As in the kernel, both must have the same type. */
#define min(a, b) ({							\
	_Static_assert(__builtin_types_compatible_p(typeof((a) + 0),	\
						    typeof((b) + 0)),	\
		       "min() of two types");				\
	(a) < (b) ? (a) : (b);						\
})

#endif /* HOST_LINUX_MINMAX_H */
