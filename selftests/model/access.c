// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses of memory, and what the model says about them.  See access.h.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "memory.h"

/**
 * struct forecast - how an access of up to two pages will end
 * @access: ACCESS_OK, or how it fails
 * @fault: first byte that can't be accessed
 * @sure: the model can tell
 */
struct forecast {
	enum access access;
	uintptr_t fault;
	bool sure;
};

/* The bytes of an access that lie in its first page. */
static size_t first_part(uintptr_t addr, size_t size)
{
	size_t room = PAGE - addr % PAGE;

	return size < room ? size : room;
}

static struct forecast forecast(const struct worker *w, uintptr_t addr, size_t size,
				bool write)
{
	uintptr_t second = page_down(addr + size - 1);
	struct forecast forecast = { .fault = addr };

	forecast.sure = addr < addr + size &&
			model_knows(&w->model, page_down(addr),
				    page_down(addr) + PAGE) &&
			model_knows(&w->model, second, second + PAGE);
	forecast.access = model_may_access(&w->model, addr, write);
	if (forecast.access == ACCESS_OK && second > addr) {
		forecast.access = model_may_access(&w->model, second, write);
		forecast.fault = second;
	}
	return forecast;
}

static enum outcome outcome_of(const struct forecast *want)
{
	return want->access == ACCESS_OK ? OUTCOME_DONE : OUTCOME_REFUSED;
}

/* Bytes to write: none is zero, and none is what is there. */
static void make_bytes(const struct worker *w, uintptr_t addr, unsigned char *data,
		       size_t size, uint32_t salt)
{
	size_t i;

	for (i = 0; i < size; i++) {
		const struct page *page = model_page(&w->model, addr + i);
		unsigned char old = page && page->committed && page->bytes ?
				    page->bytes[(addr + i) % PAGE] : 0;

		data[i] = 1 + (salt + i) % 255;
		if (data[i] == old)
			data[i] = 1 + (salt + i + 1) % 255;
	}
}

/* Compare what was read with the model, page by page. */
static bool check_read(struct worker *w, uintptr_t addr, const unsigned char *data,
		       size_t size)
{
	size_t first = first_part(addr, size);

	if (model_read(&w->model, addr, data, first) &&
	    (first == size ||
	     model_read(&w->model, addr + first, data + first, size - first)))
		return true;
	return worker_wrong(w, "read wrong contents at %p: %02x ...", (void *)addr,
			    data[0]);
}

/* Tell the model what was written into one page, and compare all of it. */
static bool check_written(struct worker *w, uintptr_t addr,
			  const unsigned char *data, size_t size, bool whole)
{
	unsigned char seen[PAGE];

	if (!memory_copy(seen, page_down(addr)))
		return worker_wrong(w, "page %p was written and can't be read",
				    (void *)page_down(addr));
	if (model_write(&w->model, addr, data, size, whole, seen))
		return true;
	return worker_wrong(w, "page %p isn't what it was with %zu bytes written at %p",
			    (void *)page_down(addr), size, (void *)addr);
}

static bool check_write(struct worker *w, uintptr_t addr, const unsigned char *data,
			size_t size)
{
	size_t first = first_part(addr, size);

	return check_written(w, addr, data, first, true) &&
	       (first == size ||
		check_written(w, addr + first, data + first, size - first, true));
}

/*
 * By the thread itself
 */

static bool check_fault(struct worker *w, const struct forecast *want, int signo,
			uintptr_t fault)
{
	static const int signals[] = {
		[ACCESS_OK] = 0,
		[ACCESS_VIOLATION] = SIGSEGV,
		[ACCESS_GUARD] = SIGBUS,
	};

	if (signo != signals[want->access])
		return worker_wrong(w, "expected signal %d at %p, got %d",
				    signals[want->access], (void *)want->fault,
				    signo);
	if (signo && fault != want->fault)
		return worker_wrong(w, "expected signal %d at %p, got it at %p", signo,
				    (void *)want->fault, (void *)fault);
	return true;
}

static bool touch(struct worker *w, const struct call *call, uintptr_t addr)
{
	bool write = call->op == OP_WRITE;
	union {
		uint64_t value;
		unsigned char bytes[8];
	} data;
	struct forecast want;
	uintptr_t fault;
	int signo;

	want = forecast(w, addr, call->width, write);
	/* Where two pages are bad, nobody says which of them tells. */
	if (!want.sure || (want.access != ACCESS_OK && want.fault == addr &&
			   first_part(addr, call->width) < call->width))
		return true;
	w->outcome = outcome_of(&want);
	make_bytes(w, addr, data.bytes, call->width, call->salt);
	signo = memory_touch(addr, call->width, write, &data.value, &fault);
	if (!check_fault(w, &want, signo, fault))
		return false;
	if (!signo)
		return write ? check_write(w, addr, data.bytes, call->width) :
			       check_read(w, addr, data.bytes, call->width);
	model_access(&w->model, fault, write);
	/* A processor may have marked the first page before it saw the second. */
	if (write && fault != addr)
		model_touch_failed(&w->model, addr);
	return true;
}

bool access_touch(struct worker *w, const struct call *call, uintptr_t addr)
{
	unsigned int i;

	for (i = 0; i < call->count; i++)
		if (!touch(w, call, addr + i * PAGE))
			return false;
	return true;
}

/*
 * Only where there are zeros, or nothing: they are an instruction that does no
 * harm, whether the model or the module is wrong about who may execute it.
 */
bool access_execute(struct worker *w, const struct call *call, uintptr_t addr)
{
	struct page *page = model_page(&w->model, addr);
	struct forecast want = { .fault = addr };
	uintptr_t fault;
	int signo;

	(void)call;
	if (!model_knows(&w->model, page_down(addr), page_down(addr) + PAGE) ||
	    addr % PAGE > PAGE - EXECUTABLE_BYTES ||
	    (page && page->committed &&
	     !model_is_zero(&w->model, addr, EXECUTABLE_BYTES)))
		return true;
	want.access = model_may_execute(&w->model, addr);
#ifdef __aarch64__
	/* The kernel refuses a fetch from a guard page before anybody asks for the guard. */
	if (want.access == ACCESS_GUARD)
		want.access = ACCESS_VIOLATION;
#endif
	signo = memory_execute(addr, &fault);
	if (signo < 0)
		return true;
#ifdef __aarch64__
	/* Nor does anybody look for memory there, in place of what has gone after a reset. */
	if (signo && want.access == ACCESS_OK && page->contents != CONTENTS_SURE)
		want.access = ACCESS_VIOLATION;
#endif
	w->outcome = outcome_of(&want);
	if (!check_fault(w, &want, signo, fault))
		return false;
	if (want.access == ACCESS_GUARD)
		page->guard = false;				/* G1 */
	return true;
}

/*
 * By system calls
 */

static void drain(struct worker *w)
{
	char rest[PAGE];

	while (read(w->pipe[0], rest, sizeof(rest)) > 0)
		;
}

static bool check_result(struct worker *w, const struct forecast *want, size_t size,
			 ssize_t done, int error)
{
	if (want->access == ACCESS_OK && done != (ssize_t)size)
		return worker_wrong(w, "expected %zu bytes, got %zd (errno %d)", size,
				    done, error);
	if (want->access != ACCESS_OK && (done >= 0 || error != EFAULT))
		return worker_wrong(w, "expected EFAULT, got %zd (errno %d)", done,
				    error);
	return true;
}

/* More than a page would be several buffers of the pipe. */
static bool can_be_piped(const struct call *call, const struct forecast *want)
{
	return want->sure && call->size && call->size <= PAGE;
}

bool access_sys_read(struct worker *w, const struct call *call, uintptr_t addr)
{
	struct forecast want = forecast(w, addr, call->size, true);
	unsigned char data[PAGE];
	size_t size = call->size;
	ssize_t done;
	int error;

	if (!can_be_piped(call, &want))
		return true;
	w->outcome = outcome_of(&want);
	make_bytes(w, addr, data, size, call->salt);
	if (write(w->pipe[1], data, size) != (ssize_t)size)
		return worker_wrong(w, "the pipe doesn't work");
	errno = 0;
	done = read(w->pipe[0], (void *)addr, size);
	error = errno;
	drain(w);
	if (!check_result(w, &want, size, done, error))
		return false;
	if (want.access == ACCESS_OK)
		return check_write(w, addr, data, size);
	model_access(&w->model, want.fault, true);
	/* The part before the bad page may have been written, or some of it. */
	return want.fault == addr ||
	       check_written(w, addr, data, first_part(addr, size), false);
}

bool access_sys_write(struct worker *w, const struct call *call, uintptr_t addr)
{
	struct forecast want = forecast(w, addr, call->size, false);
	unsigned char data[PAGE];
	size_t size = call->size;
	ssize_t done;
	bool good;
	int error;

	if (!can_be_piped(call, &want))
		return true;
	w->outcome = outcome_of(&want);
	errno = 0;
	done = write(w->pipe[1], (const void *)addr, size);
	error = errno;
	good = check_result(w, &want, size, done, error);
	if (good && want.access == ACCESS_OK)
		good = read(w->pipe[0], data, size) == (ssize_t)size ?
		       check_read(w, addr, data, size) :
		       worker_wrong(w, "the pipe doesn't work");
	drain(w);
	if (good && want.access != ACCESS_OK)
		model_access(&w->model, want.fault, false);
	return good;
}
