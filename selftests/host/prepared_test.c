// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: which files have memory prepared ahead: each that a manager keeps, if it is
 * told so, or the environment says so for the default one; and what is told of it.
 *
 * The environment is read when the library is loaded, so what it does to the default
 * manager is asked of new processes, which run this program again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "manager.h"
#include "tap.h"

#define OWN_CHILD	"child of prepared_test"
#define OWN_VARIABLE	"HOSTMEM_PREPARED"
#include "own_environment.h"

#define OUT_OF_MEMORY	((HRESULT)0x8007000E)
#define MIB		((uint64_t)1 << 20)

/* A file's, as it was asked for last; UINT64_MAX if it wasn't asked. */
static uint64_t prepared_of(IHostMemoryManager *manager)
{
	int fd;

	return HostMemoryManagerDescriptor(manager, &fd) == S_OK ?
	       fake_files[fd].prepared : UINT64_MAX;
}

static IHostMemoryManager *new_manager(void)
{
	const HOSTMEM_OPTIONS options = { .cbSize = sizeof(options), .pszDevice = FAKE_DEVICE };
	IHostMemoryManager *manager = NULL;

	if (CreateHostMemoryManager(&options, &manager) != S_OK)
		abort();
	return manager;
}

static void sizes(void)
{
	static const SIZE_T sizes[] = { 0, 2, (SIZE_T)2 << 20, (SIZE_T)3 << 20, SIZE_MAX - 1 };
	unsigned int calls = fake_calls[FAKE_PREPARE];
	IHostMemoryManager *manager = new_manager();
	size_t i;

	CHECK(!prepared_of(manager) && fake_calls[FAKE_PREPARE] == calls, "none at first");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		CHECK(HostMemoryManagerPrepare(manager, sizes[i]) == S_OK &&
		      prepared_of(manager) == sizes[i], "%zu bytes", sizes[i]);
	CHECK(HostMemoryManagerPrepare(manager, SIZE_MAX) == S_OK &&
	      prepared_of(manager) >= SIZE_MAX - 1, "all that there is");
	IHostMemoryManager_Release(manager);
}

static void refused(void)
{
	IHostMemoryManager *manager = new_manager();
	const void *no_manager = &manager;
	int fd;

	CHECK(HostMemoryManagerPrepare((IHostMemoryManager *)&no_manager, 2 * MIB) ==
	      (HRESULT)0x80070057, "no manager of the library");
	HostMemoryManagerPrepare(manager, 4 * MIB);
	fake_errno[FAKE_PREPARE] = ENOMEM;
	fake_errno_times[FAKE_PREPARE] = 1;
	CHECK(HostMemoryManagerPrepare(manager, 2 * MIB) == OUT_OF_MEMORY, "no memory");
	/* Nothing has changed, nor does it for the next file. */
	HostMemoryManagerDescriptor(manager, &fd);
	close(fd);
	CHECK(prepared_of(manager) == 4 * MIB, "as before");
	IHostMemoryManager_Release(manager);
}

/* One that the program has closed is replaced, and the other one is like it. */
static void another_file(void)
{
	IHostMemoryManager *manager = new_manager();
	int fd = -1;

	CHECK(HostMemoryManagerPrepare(manager, 4 * MIB) == S_OK &&
	      HostMemoryManagerDescriptor(manager, &fd) == S_OK, "made");
	close(fd);
	CHECK(prepared_of(manager) == 4 * MIB, "the same");
	IHostMemoryManager_Release(manager);
}

static void status(void)
{
	IHostMemoryManager *manager = new_manager();
	HOSTMEM_STATUS status;

	CHECK(offsetof(HOSTMEM_STATUS, cbPrepared) == 72 && sizeof(status) == 80,
	      "layout");
	CHECK(HostMemoryManagerPrepare(manager, 6 * MIB) == S_OK, "prepared");
	memset(&status, 0xcc, sizeof(status));
	status.cbSize = sizeof(status);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK &&
	      status.cbSize == sizeof(status) && status.cbPrepared == 6 * MIB, "new");
	memset(&status, 0xcc, sizeof(status));
	status.cbSize = 72;
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK && status.cbSize == 72 &&
	      status.cbPrepared == 0xccccccccccccccccul && !status.cRegions &&
	      !status.cNeeds, "old");
	IHostMemoryManager_Release(manager);
}

/*
 * The default manager, in a new process
 */

/* Returns the MiB of the default manager, if nothing changes them any more. */
static int child(void)
{
	IHostMemoryManager *manager;
	uint64_t bytes;

	/* It is too late for that. */
	if (setenv(OWN_VARIABLE, "77", 1))
		return 202;
	hostmem_default_manager.device = FAKE_DEVICE;
	bytes = prepared_of(NULL);
	/* Others have but their own. */
	manager = new_manager();
	if (prepared_of(manager))
		return 203;
	IHostMemoryManager_Release(manager);
	if (reads != 1 || bytes % MIB)
		return 204;
	/* What the program says counts more. */
	if (HostMemoryManagerPrepare(NULL, 2 * MIB) != S_OK || prepared_of(NULL) != 2 * MIB)
		return 205;
	return bytes >> 20 == 0xffffffff ? 201 : (int)(bytes >> 20);
}

static void environment(void)
{
	static const struct {
		const char *value;
		int mib;
	} settings[] = {
		{ "1", 1 }, { "2", 2 }, { "64", 64 }, { "064", 64 }, { "199", 199 },
		{ "4294967295", 201 }, { NULL, 0 }, { "", 0 }, { "0", 0 },
		{ "4294967296", 0 }, { "18446744073709551618", 0 }, { " 4", 0 },
		{ "4 ", 0 }, { "+4", 0 }, { "-4", 0 }, { "0x4", 0 }, { "4M", 0 },
		{ "yes", 0 },
	};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		ret = run_child(settings[i].value, "LATE=");
		CHECK(ret == settings[i].mib, "\"%s\": %d",
		      settings[i].value ? settings[i].value : "(none)", ret);
	}
	ret = run_child("64", "SET_ID=");
	CHECK(!ret, "of a set-id program: %d", ret);
}

int main(int argc, char **argv)
{
	if (argc && is_child(argv))
		return child();
	tap_case("sizes", sizes, 1 + 5 + 1);
	tap_case("refused", refused, 3);
	tap_case("another file", another_file, 2);
	tap_case("status", status, 4);
	tap_case("environment", environment, 18 + 1);
	return tap_end();
}
