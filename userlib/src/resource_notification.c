// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Memory resource notifications, of <memoryapi.h> of include/hostmem/win32 (rules H18, N6):
 * the level that the kernel tells, which is what IHostMemoryManager's callbacks are told.
 */
#include <linux/hostmem.h>

#include <hostmem/win32/memoryapi.h>

#include "handles.h"
#include "load.h"
#include "manager.h"
#include "win32.h"

/*
 * Has the same limits as the default manager, but a file of its own: to ask for the level
 * makes poll(2) silent, and the default manager's descriptor is the program's to poll.
 */
static struct hostmem_manager asker = {
	.device = "/dev/hostmem",
};

HANDLE
CreateMemoryResourceNotification(MEMORY_RESOURCE_NOTIFICATION_TYPE NotificationType)
{
	if (NotificationType != LowMemoryResourceNotification &&
	    NotificationType != HighMemoryResourceNotification) {
		hostmem_win32_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!hostmem_win32_result(hostmem_manager_open(&asker)))
		return NULL;
	return hostmem_handle_open(HOSTMEM_HANDLE_NOTIFICATION, (DWORD)NotificationType);
}

BOOL QueryMemoryResourceNotification(HANDLE ResourceNotificationHandle, PBOOL ResourceState)
{
	struct hostmem_load load;
	DWORD type;

	if (!ResourceState)
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	if (!hostmem_handle_find(ResourceNotificationHandle, HOSTMEM_HANDLE_NOTIFICATION,
				 &type) ||
	    !hostmem_win32_result(hostmem_load_ask(&asker, &load)))
		return FALSE;
	*ResourceState = load.out_available == (type == LowMemoryResourceNotification ?
						HOSTMEM_AVAILABLE_LOW :
						HOSTMEM_AVAILABLE_HIGH);
	return TRUE;
}
