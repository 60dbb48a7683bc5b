// SPDX-License-Identifier: GPL-2.0
/*
 * Making calls of the library, and comparing what they return with the model.
 * Accesses of memory are in access.c.  See worker.h.
 */
#include <string.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "access.h"
#include "memory.h"
#include "results.h"
#include "worker.h"

/* A last error that no call sets, and an address that none returns. */
#define UNTOUCHED_ERROR		0xdeadbeefu
#define UNTOUCHED_POINTER	((void *)0xdeadbeefdeadbee0ul)

/* Where nothing can be stored, but from where something can be read. */
static const uint64_t readonly[16] = { 1 };

static bool is_allowed(struct worker *w,
		       struct answer answer, results_t allowed)
{
	char text[128];

	w->outcome = answer.code ? OUTCOME_REFUSED : OUTCOME_DONE;
	if (answer_is_allowed(answer, allowed))
		return true;
	results_text(allowed, answer.win32, text, sizeof(text));
	return worker_wrong(w, "expected %s, got %s", text, answer_text(answer));
}

/* The answer of a function of the Win32 shape, which leaves the last error. */
static struct answer win32_answer(bool good)
{
	return (struct answer) { true, good ? 0 : GetLastError() };
}

static struct answer hosting_answer(HRESULT hr)
{
	return (struct answer) { false, hr };
}

/* A18: success leaves the last error alone, and the hosting shape always does. */
static bool check_last_error(struct worker *w, struct answer answer)
{
	if ((answer.win32 && answer.code) || GetLastError() == UNTOUCHED_ERROR)
		return true;
	return worker_wrong(w, "the last error became %u", GetLastError());
}

/*
 * VirtualAlloc
 */

static struct answer make_alloc(const struct call *call, uintptr_t addr, void **mem)
{
	struct answer answer;

	*mem = UNTOUCHED_POINTER;
	if (call->win32) {
		*mem = VirtualAlloc((void *)addr, call->size, call->type,
				    call->protect);
		return win32_answer(*mem);
	}
	answer = hosting_answer(HostVirtualAlloc((void *)addr, call->size,
						 call->type, call->protect,
						 call->level,
						 call->pointer ? NULL : mem));
	if (call->pointer)
		*mem = NULL;
	return answer;
}

static bool check_base(struct worker *w, const struct call *call, uintptr_t addr,
		       bool reserve, uintptr_t base)
{
	uintptr_t want = addr ? model_base(addr, call->type) : base;

	if (base != want)
		return worker_wrong(w, "expected %p, got %p", (void *)want,
				    (void *)base);
	if (!reserve)
		return true;
	if (!base || base % GRANULE)				/* B1 */
		return worker_wrong(w, "got %p, which is no base", (void *)base);
	if (!model_fits(&w->model, base, call->size))
		return worker_wrong(w, "got %p, which meets another region",
				    (void *)base);
	return true;
}

static bool do_alloc(struct worker *w, const struct call *call, uintptr_t addr)
{
	bool reserve = call->type & MEM_RESERVE ||
		       (call->type & MEM_COMMIT && !addr);
	struct answer answer;
	results_t allowed;
	void *mem;

	allowed = model_may_alloc(&w->model, addr, call->size, call->type,
				  call->protect, call->win32 ? 2 : call->level);
	if (!call->win32 && call->pointer)			/* H5 */
		allowed = ONLY(RESULT_NULL);
	if (!allowed)
		return true;
	answer = make_alloc(call, addr, &mem);
	if (!is_allowed(w, answer, allowed) || !check_last_error(w, answer))
		return false;
	if (answer.code)					/* A15, H2 */
		return !mem || worker_wrong(w, "failed and returned %p", mem);
	if (!check_base(w, call, addr, reserve, (uintptr_t)mem))
		return false;
	model_alloc(&w->model, addr, call->size, call->type, call->protect,
		    (uintptr_t)mem);
	if (reserve)
		w->slot[call->into] = (uintptr_t)mem;
	return true;
}

/*
 * VirtualFree, VirtualProtect, VirtualQuery
 */

static bool do_free(struct worker *w, const struct call *call, uintptr_t addr)
{
	results_t allowed = model_may_free(&w->model, addr, call->size, call->type);
	struct answer answer;
	unsigned int i;

	if (!allowed)
		return true;
	if (call->win32)
		answer = win32_answer(VirtualFree((void *)addr, call->size,
						  call->type));
	else
		answer = hosting_answer(HostVirtualFree((void *)addr, call->size,
							call->type));
	if (!is_allowed(w, answer, allowed) || !check_last_error(w, answer))
		return false;
	if (answer.code)
		return true;
	model_free(&w->model, addr, call->size, call->type);
	for (i = 0; call->type == MEM_RELEASE && i < SLOTS; i++)
		if (w->slot[i] == page_down(addr))
			w->slot[i] = 0;
	return true;
}

static bool do_protect(struct worker *w, const struct call *call, uintptr_t addr)
{
	results_t allowed = model_may_protect(&w->model, addr, call->size,
					      call->protect);
	DWORD old = 0xcccccccc, want;
	struct answer answer;
	DWORD *out = &old;

	if (call->pointer) {
		out = call->pointer == POINTER_NULL ? NULL : (DWORD *)readonly;
		if (model_protection_is_valid(call->protect))	/* T4, T6, X7 */
			allowed = ONLY(out ? RESULT_UNWRITABLE : RESULT_NULL);
	}
	if (!allowed)
		return true;
	if (call->win32)
		answer = win32_answer(VirtualProtect((void *)addr, call->size,
						     call->protect, out));
	else
		answer = hosting_answer(HostVirtualProtect((void *)addr, call->size,
							   call->protect, out));
	if (!is_allowed(w, answer, allowed) || !check_last_error(w, answer))
		return false;
	if (answer.code)
		return true;
	model_protect(&w->model, addr, call->size, call->protect, &want);
	if (old != want)
		return worker_wrong(w, "expected the old protection 0x%x, got 0x%x",
				    want, old);
	return true;
}

static results_t may_query(const struct worker *w, const struct call *call,
			   uintptr_t addr)
{
	if (!call->win32 && call->pointer == POINTER_NULL_2)
		return ONLY(RESULT_NULL);
	if (call->size < sizeof(MEMORY_BASIC_INFORMATION))	/* Q1 */
		return ONLY(RESULT_LENGTH);
	if (call->pointer == POINTER_NULL)			/* Q11 */
		return ONLY(RESULT_NULL);
	if (addr >= w->model.user_end)				/* Q3 */
		return ONLY(RESULT_ARGUMENT);
	if (call->pointer == POINTER_UNWRITABLE)
		return ONLY(RESULT_UNWRITABLE);
	return ONLY(RESULT_OK);
}

static bool do_query(struct worker *w, const struct call *call, uintptr_t addr)
{
	union {
		MEMORY_BASIC_INFORMATION info;
		unsigned char bytes[sizeof(MEMORY_BASIC_INFORMATION) + 16];
	} buffer;
	PMEMORY_BASIC_INFORMATION out = &buffer.info;
	SIZE_T length = 0xcccccccc;
	struct answer answer;

	memset(&buffer, 0xcc, sizeof(buffer));
	if (call->pointer == POINTER_NULL)
		out = NULL;
	else if (call->pointer == POINTER_UNWRITABLE)
		out = (PMEMORY_BASIC_INFORMATION)readonly;
	if (call->win32) {
		length = VirtualQuery((void *)addr, out, call->size);
		answer = win32_answer(length);
	} else {
		answer = hosting_answer(
			HostVirtualQuery((void *)addr, out, call->size,
					 call->pointer == POINTER_NULL_2 ? NULL :
									   &length));
	}
	if (!is_allowed(w, answer, may_query(w, call, addr)) ||
	    !check_last_error(w, answer))
		return false;
	if (answer.code) {
		if (call->pointer != POINTER_NULL_2 && length)
			return worker_wrong(w, "failed with the length %zu", length);
		if (buffer.bytes[0] != 0xcc)			/* Q1 */
			return worker_wrong(w, "failed and wrote into the buffer");
		return true;
	}
	if (length != sizeof(buffer.info) ||			/* Q2 */
	    buffer.bytes[sizeof(buffer.info)] != 0xcc)
		return worker_wrong(w, "told the length %zu, or wrote more", length);
	return check_info(w, addr, &buffer.info);
}

/*
 * The write watch, which only the Win32 shape has
 */

static results_t may_get_watch(const struct worker *w, const struct call *call,
			       uintptr_t addr)
{
	if (call->pointer == POINTER_NULL_2 || call->pointer == POINTER_NULL_3)
		return ONLY(RESULT_NULL);			/* W18 */
	if (!call->count || !call->size ||			/* W19, W22 */
	    call->type & ~WRITE_WATCH_FLAG_RESET)		/* W21 */
		return ONLY(RESULT_ARGUMENT);
	if (call->pointer == POINTER_NULL)			/* W20 */
		return ONLY(RESULT_NULL);
	return model_may_watch(&w->model, addr, call->size);
}

static bool do_get_watch(struct worker *w, const struct call *call, uintptr_t addr)
{
	static _Thread_local void *pages[WATCH_ROOM + 1];
	results_t allowed = may_get_watch(w, call, addr);
	ULONG_PTR count = call->count;
	DWORD granularity = 0;
	struct answer answer;
	uintptr_t bad;
	UINT ret;

	if (!allowed || count > WATCH_ROOM)
		return true;
	pages[count] = UNTOUCHED_POINTER;
	ret = GetWriteWatch(call->type, (void *)addr, call->size,
			    call->pointer == POINTER_NULL ? NULL : pages,
			    call->pointer == POINTER_NULL_2 ? NULL : &count,
			    call->pointer == POINTER_NULL_3 ? NULL : &granularity);
	answer = win32_answer(!ret);
	if (!is_allowed(w, answer, allowed) || !check_last_error(w, answer))
		return false;
	if (answer.code)
		return ret == ~0u || worker_wrong(w, "returned %u", ret);
	if (granularity != PAGE || count > call->count ||
	    pages[call->count] != UNTOUCHED_POINTER)
		return worker_wrong(w, "granularity %u, %zu pages in a room for %u",
				    granularity, count, call->count);
	bad = model_watched(&w->model, addr, call->size, call->type, pages, count,
			    call->count);
	if (bad)
		return worker_wrong(w, "page %p is %s", (void *)bad,
				    model_page(&w->model, bad) &&
				    model_page(&w->model, bad)->written ?
				    "missing" : "told, but was not written");
	return true;
}

static bool do_reset_watch(struct worker *w, const struct call *call,
			   uintptr_t addr)
{
	results_t allowed = model_may_watch(&w->model, addr, call->size);
	struct answer answer;

	if (!allowed)
		return true;
	answer = win32_answer(!ResetWriteWatch((void *)addr, call->size));
	if (!is_allowed(w, answer, allowed) || !check_last_error(w, answer))
		return false;
	if (!answer.code)
		model_reset_watch(&w->model, addr, call->size);
	return true;
}

/*
 * What only root may do; left out elsewhere
 */

static bool do_set_limit(struct worker *w, const struct call *call, uintptr_t addr)
{
	(void)addr;
	if (w->own_limit && limit_set(call->size, call->count)) {
		w->model.limit = call->size * (MIB / PAGE);
		w->model.reserve_pct = call->count;
		w->outcome = OUTCOME_DONE;
	}
	return true;
}

static bool do_drop_caches(struct worker *w, const struct call *call,
			   uintptr_t addr)
{
	(void)call;
	(void)addr;
	if (drop_caches())
		w->outcome = OUTCOME_DONE;
	return true;
}

static bool do_check_all(struct worker *w, const struct call *call, uintptr_t addr)
{
	(void)call;
	(void)addr;
	w->outcome = OUTCOME_DONE;
	return check_all(w);
}

static bool (*const operations[NR_OPS])(struct worker *w, const struct call *call,
					uintptr_t addr) = {
	[OP_ALLOC] = do_alloc,
	[OP_FREE] = do_free,
	[OP_PROTECT] = do_protect,
	[OP_QUERY] = do_query,
	[OP_GET_WATCH] = do_get_watch,
	[OP_RESET_WATCH] = do_reset_watch,
	[OP_READ] = access_touch,
	[OP_WRITE] = access_touch,
	[OP_SYS_READ] = access_sys_read,
	[OP_SYS_WRITE] = access_sys_write,
	[OP_SET_LIMIT] = do_set_limit,
	[OP_DROP_CACHES] = do_drop_caches,
	[OP_CHECK_ALL] = do_check_all,
	[OP_EXECUTE] = access_execute,
};

bool execute(struct worker *w, const struct call *call)
{
	uintptr_t addr = worker_address(w, call);

	w->outcome = OUTCOME_LEFT_OUT;
	SetLastError(UNTOUCHED_ERROR);
	return operations[call->op](w, call, addr) &&
	       check_around(w, addr, call->size, call->salt);
}
