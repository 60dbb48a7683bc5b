// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <utilapiset.h> of include/hostmem/win32: EncodePointer(), DecodePointer().
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/random.h>

#include <hostmem/win32/utilapiset.h>

static uintptr_t secret(void)
{
	static _Atomic(uintptr_t) known;
	uintptr_t none = 0, value = atomic_load(&known);
	int saved = errno;

	if (value)
		return value;
	/* Early at boot there may be nothing random; an address is better than nothing. */
	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != (ssize_t)sizeof(value))
		value = (uintptr_t)&value >> 4;
	errno = saved;
	value |= 1;
	return atomic_compare_exchange_strong(&known, &none, value) ? value : none;
}

PVOID EncodePointer(PVOID Ptr)
{
	return (PVOID)((uintptr_t)Ptr ^ secret());
}

PVOID DecodePointer(PVOID Ptr)
{
	return EncodePointer(Ptr);
}
