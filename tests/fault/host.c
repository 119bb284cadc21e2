/* SPDX-License-Identifier: MIT */
/*
 * What the C library does for a program, in its place: memory, calls on
 * sockets, and the time of day.
 *
 * The idea to know: a CGI program's memory begins to fail when it reads its
 * request from descriptor 0, because a program that can't even start is the web
 * server's affair and would be most of the matrix.
 */
#include "fault.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

void __cxa_finalize(void *part);
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* ---- memory ---------------------------------------------------------- */

/* Where a library's code is, found when it is first asked for. */
struct code {
	const char *name;
	uintptr_t from, to;
	bool is_known;
};

static struct code crypto = { .name = "/libcrypto.so" };
static struct code sqlite = { .name = "/libsqlite3.so" };
/* The program itself, which comes first and has no name. */
static struct code program = { .name = "" };

static int
find_code(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct code *code = arg;
	int i;

	(void)size;
	if (strstr(info->dlpi_name, code->name) == NULL)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
			code->from = info->dlpi_addr + part->p_vaddr;
			code->to = code->from + part->p_memsz;
		}
	}
	return 1;
}

static bool
is_within(void *caller, struct code *code)
{
	uintptr_t at = (uintptr_t)caller;

	if (!code->is_known) {
		code->is_known = true;
		(void)dl_iterate_phdr(find_code, code);
	}
	return at >= code->from && at < code->to;
}

bool
fault_is_program(void *caller)
{
	return is_within(caller, &program);
}

/*
 * libcrypto takes some hundred thousand pieces for the certificates of all the
 * world before it is asked for anything; counted together with the others they
 * would be all there is.
 */
static bool
is_about_memory(void)
{
	return fault_is(FAULT_KIND_MALLOC) || fault_is(FAULT_KIND_OWN_MALLOC) ||
	    fault_is(FAULT_KIND_CRYPTO_MALLOC);
}

static bool
has_no_memory(void *caller)
{
	if (!is_about_memory())
		return false;
	if (is_within(caller, &crypto) != fault_is(FAULT_KIND_CRYPTO_MALLOC))
		return false;
	if (fault_is(FAULT_KIND_OWN_MALLOC) && is_within(caller, &sqlite))
		return false;
	if (!fault_strikes('m'))
		return false;
	fault_hit();
	errno = ENOMEM;
	return true;
}

#define HAS_NO_MEMORY() has_no_memory(__builtin_return_address(0))

void *
malloc(size_t size)
{
	return HAS_NO_MEMORY() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return HAS_NO_MEMORY() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
	return HAS_NO_MEMORY() ? NULL : __libc_realloc(old, size);
}

/*
 * json-c (0.16) looks through the NULL it may get for a member's name: a crash
 * of the library's that no caller can prevent.  To the books it is one more
 * kill, and those are tried one by one.
 */
static bool
would_crash(void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) != 0 && info.dli_sname != NULL &&
	    strcmp(info.dli_sname, "json_tokener_parse_ex") == 0;
}

char *
strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	void *caller = __builtin_return_address(0);
	void *copy;

	if (is_about_memory() && !fault_is(FAULT_KIND_CRYPTO_MALLOC) &&
	    !would_crash(caller) && has_no_memory(caller))
		return NULL;
	copy = __libc_malloc(size);
	return copy == NULL ? NULL : memcpy(copy, text, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return HAS_NO_MEMORY() ? NULL : __libc_memalign(alignment, size);
}

int
posix_memalign(void **ret_at, size_t alignment, size_t size)
{
	void *at = HAS_NO_MEMORY() ? NULL : __libc_memalign(alignment, size);

	if (at == NULL)
		return ENOMEM;
	*ret_at = at;
	return 0;
}

/*
 * The program has ended; what is called from here on is not its own doing, such
 * as what a coverage build writes down.
 */
void
__cxa_finalize(void *part)
{
	void (*real)(void *part) =
	    (void (*)(void *))dlsym(RTLD_NEXT, "__cxa_finalize");

	if (fault_is_program(__builtin_return_address(0)))
		fault_hold();
	real(part);
}

/* ---- sockets --------------------------------------------------------- */

#define FAILS(letter) fault_fails(__builtin_return_address(0), letter)

static bool
is_socket(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

static void
touch(int fd, char letter)
{
	int saved = errno;

	if (fault_is(FAULT_KIND_SOCKET_KILL) && is_socket(fd) &&
	    fault_strikes(letter))
		fault_die();
	errno = saved;
}

/* The connect to i'mport comes after the journal and before what is sent. */
static void
touch_connect(const struct sockaddr *address)
{
	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return;
	if (fault_is(FAULT_KIND_CONNECT_STOP) && fault_strikes('c')) {
		fault_hit();
		(void)kill(getpid(), SIGSTOP);
	}
	if (fault_is(FAULT_KIND_CLOCK) && fault_strikes('c'))
		fault_hit();
}

ssize_t
read(int fd, void *bytes, size_t size)
{
	touch(fd, 'r');
	if (FAILS('r'))
		return -1;
	if (fd == STDIN_FILENO && is_about_memory())
		fault_release();
	return syscall(SYS_read, fd, bytes, size);
}

ssize_t
write(int fd, const void *bytes, size_t size)
{
	touch(fd, 'w');
	/* Eight bytes wake somebody by an eventfd, which always has room. */
	if (size != sizeof(uint64_t) && FAILS('w'))
		return -1;
	return syscall(SYS_write, fd, bytes, size);
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	touch(fd, 'w');
	return syscall(SYS_writev, fd, parts, n);
}

ssize_t
recv(int fd, void *bytes, size_t size, int flags)
{
	touch(fd, 'r');
	if (FAILS('r'))
		return -1;
	return syscall(SYS_recvfrom, fd, bytes, size, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *bytes, size_t size, int flags)
{
	touch(fd, 'w');
	return syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
}

int
connect(int fd, const struct sockaddr *address, socklen_t size)
{
	touch(fd, 'c');
	touch_connect(address);
	if (FAILS('c'))
		return -1;
	return (int)syscall(SYS_connect, fd, address, size);
}

int
shutdown(int fd, int how)
{
	touch(fd, 's');
	return (int)syscall(SYS_shutdown, fd, how);
}

int
close(int fd)
{
	touch(fd, 'x');
	return (int)syscall(SYS_close, fd);
}

/* ---- the time of day ------------------------------------------------- */

int
clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	int status = (int)syscall(SYS_clock_gettime, clock, ret_now);

	if (status == 0 && clock == CLOCK_REALTIME &&
	    fault_is(FAULT_KIND_CLOCK) && fault_is_past())
		ret_now->tv_sec += fault_number() / 1000;
	return status;
}

int
gettimeofday(struct timeval *restrict ret_now, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	ret_now->tv_sec = now.tv_sec;
	ret_now->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *ret_now)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret_now != NULL)
		*ret_now = now.tv_sec;
	return now.tv_sec;
}
