// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * What the engine finds instead of the process's surroundings: fixed options, and
 * no others.  For the object that the script "engine" makes, and nobody else.
 */
#include <stddef.h>
#include <sys/types.h>

/*
 * tcache: a part of the engine's thread-local memory is cut off, see the script; and
 * blocks that a thread would hold back are charged.  dirty_decay_ms, muzzy_decay_ms:
 * memory that is freed goes back to the manager at once.  retain: the engine's own
 * records are unmapped with their arena.  dss: the heap of brk(2) is the program's.
 * narenas: nothing but our own arenas is used.
 */
extern const char *hostmem_engine_conf;
const char *hostmem_engine_conf =
	"tcache:false,dirty_decay_ms:0,muzzy_decay_ms:0,retain:false,dss:disabled,narenas:1";

/* For secure_getenv(): MALLOC_CONF is meant for the program's malloc(). */
char *hostmem_engine_getenv(const char *name);
char *hostmem_engine_getenv(const char *name)
{
	(void)name;
	return NULL;
}

/* For readlink(): and so is /etc/malloc.conf. */
ssize_t hostmem_engine_readlink(const char *path, char *buffer, size_t size);
ssize_t hostmem_engine_readlink(const char *path, char *buffer, size_t size)
{
	(void)path;
	(void)buffer;
	(void)size;
	return -1;
}

/*
 * For dlsym(), with which it would find pthread_create() for threads that it has
 * been told not to make.  A static program would be warned of it.
 */
void *hostmem_engine_dlsym(void *handle, const char *name);
void *hostmem_engine_dlsym(void *handle, const char *name)
{
	(void)handle;
	(void)name;
	return NULL;
}
