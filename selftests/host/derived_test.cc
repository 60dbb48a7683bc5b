// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: the interfaces in C++, as abstract classes: all methods arrive in C, and C
 * can call a callback that derives from its interface.
 */
#define HOSTMEM_CXX_INTERFACES
#include <hostmem/mscoree.h>

#include "interfaces_calls.h"

class Callback final : public ICLRMemoryNotificationCallback {
public:
	HRESULT QueryInterface(REFIID riid, void **ppvObject) override
	{
		if (riid != IID_IUnknown && riid != IID_ICLRMemoryNotificationCallback) {
			*ppvObject = nullptr;
			return E_NOINTERFACE;
		}
		AddRef();
		*ppvObject = this;
		return S_OK;
	}

	ULONG AddRef() override
	{
		return ++references;
	}

	ULONG Release() override
	{
		return --references;
	}

	HRESULT OnMemoryNotification(EMemoryAvailable eMemoryAvailable) override
	{
		level = eMemoryAvailable;
		return S_FALSE;
	}

	ULONG references = 1;
	EMemoryAvailable level = eMemoryAvailableNeutral;
};

static void derived()
{
	Callback callback;
	ICLRMemoryNotificationCallback *iface = &callback;
	IUnknown *unknown = iface;
	void *out = iface;

	CHECK(static_cast<void *>(unknown) == static_cast<void *>(iface), "one pointer");
	CHECK(c_notify(iface, eMemoryAvailableLow) == S_FALSE &&
	      callback.level == eMemoryAvailableLow, "slot 3");
	CHECK(c_query(iface, &IID_IHostMalloc, &out) == E_NOINTERFACE && !out, "slot 0");
	CHECK(c_query(iface, &IID_IUnknown, &out) == S_OK && out == iface, "slot 0");
	CHECK(c_add_ref(iface) == 3, "slot 1");
	CHECK(c_release(iface) == 2, "slot 2");
	CHECK(ICLRMemoryNotificationCallback_AddRef(iface) == 3 &&
	      IUnknown_Release(unknown) == 2, "macros");
	CHECK(ICLRMemoryNotificationCallback_OnMemoryNotification(
			iface, eMemoryAvailableHigh) == S_FALSE &&
	      callback.level == eMemoryAvailableHigh, "macros");
}

int main()
{
	tap_case("member functions", members, 19);
	tap_case("macros", macros, 19);
	tap_case("a derived callback", derived, 8);
	return tap_end();
}
