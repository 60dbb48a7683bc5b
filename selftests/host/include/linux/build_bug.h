/* SPDX-License-Identifier: GPL-2.0 */
/* What rules.c includes for the kernel's nospec.h, which here wants nothing of it. */
#ifndef HOSTMEM_HOST_BUILD_BUG_H
#define HOSTMEM_HOST_BUILD_BUG_H

#endif /* HOSTMEM_HOST_BUILD_BUG_H */
