// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: the interfaces in C++, as structures with tables: all methods by member
 * functions, by macros and by the table arrive in C.
 */
#include <hostmem/mscoree.h>

#include "interfaces_calls.h"

static void table()
{
	IHostMemoryManager *manager = c_manager();
	IHostMalloc *heap = c_heap();
	IUnknown *unknown = reinterpret_cast<IUnknown *>(manager);
	void *out;

	MANAGER(12, 7, manager->lpVtbl->ReleasedVirtualAddressSpace(manager, (void *)7));
	HEAP(5, 7, heap->lpVtbl->Free(heap, (void *)7));
	MANAGER(1, 0, (long)unknown->AddRef());
	MANAGER(2, 0, (long)IUnknown_Release(unknown));
	MANAGER(0, 0x47EB8E57,
		IUnknown_QueryInterface(unknown, IID_ICLRMemoryNotificationCallback, &out));
	CHECK(out == manager, "QueryInterface");
}

static void names()
{
	IID iid = IID_IHostMalloc;

	CHECK(iid == IID_IHostMalloc && IsEqualIID(iid, IID_IHostMalloc), "the same");
	iid.Data4[7] ^= 1;
	CHECK(iid != IID_IHostMalloc && !IsEqualGUID(iid, IID_IHostMalloc), "not the same");
}

int main()
{
	tap_case("member functions", members, 19);
	tap_case("macros", macros, 19);
	tap_case("tables", table, 6);
	tap_case("names of interfaces", names, 2);
	return tap_end();
}
