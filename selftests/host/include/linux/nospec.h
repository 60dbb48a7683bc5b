/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing speculates where a file of the module is compiled on the host. */
#ifndef HOST_LINUX_NOSPEC_H
#define HOST_LINUX_NOSPEC_H

#define array_index_nospec(index, size)	(index)

#endif /* HOST_LINUX_NOSPEC_H */
