/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How memory is asked for: charged to the caller's memory cgroup, and refused
 * rather than paid for by whom the OOM killer finds.  For all that allocates.
 */
#ifndef HOSTMEM_GFP_H
#define HOSTMEM_GFP_H

#include <linux/gfp.h>

#define HM_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

#endif /* HOSTMEM_GFP_H */
