/* SPDX-License-Identifier: MIT */
/*
 * Finding or making the listening socket.
 */
#include "serve/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A full backlog makes nginx answer 502 at once; the kernel may allow less. */
#define BACKLOG    4096
#define SYSTEMD_FD 3

static bool
is_listening(int fd)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 &&
	    yes == 1;
}

static bool
is_systemds(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");

	return pid != NULL && fds != NULL && atol(pid) == (long)getpid() &&
	    atol(fds) >= 1 && is_listening(SYSTEMD_FD);
}

static enum fault
set_nonblocking(int fd, struct fault_note *note)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return fault_set(note, FAULT_IO, "the listening socket: %s",
		    strerror(errno));
	return FAULT_NONE;
}

/*
 * The descriptor moves out of the way of 0, 1, 2, which then are nothing, so
 * that closing it one day doesn't make another file our standard input.
 */
static enum fault
take_handed(int fd, struct listener *ret, struct fault_note *note)
{
	int moved = fd, null;
	enum fault f;

	if (fd == STDIN_FILENO) {
		moved = fcntl(fd, F_DUPFD_CLOEXEC, SYSTEMD_FD);
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (moved < 0 || null < 0 || dup2(null, fd) < 0)
			return fault_set(note, FAULT_IO, "standard input: %s",
			    strerror(errno));
		close(null);
	}
	f = set_nonblocking(moved, note);
	if (f == FAULT_NONE)
		ret->fd = moved;
	return f;
}

/* A socket's file that nobody listens on is left over from a crash. */
static enum fault
remove_stale(const struct sockaddr_un *address, struct fault_note *note)
{
	const char *path = address->sun_path;
	struct stat st;
	int fd, rc, error;

	if (lstat(path, &st) != 0)
		return FAULT_NONE; /* bind will tell */
	if (!S_ISSOCK(st.st_mode))
		return fault_set(note, FAULT_CONFIG,
		    "[server] listen: %s is there and is no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_set(
		    note, FAULT_IO, "[server] listen: %s", strerror(errno));
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	error = errno;
	close(fd);
	if (rc == 0 || error != ECONNREFUSED)
		return fault_set(note, FAULT_CONFIG,
		    "[server] listen: somebody listens on %s already", path);
	if (unlink(path) != 0)
		return fault_set(note, FAULT_CONFIG, "[server] listen: %s: %s",
		    path, strerror(errno));
	return FAULT_NONE;
}

/* Whoever may connect may ask for refunds: owner and group, nobody else. */
static int
bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0117);
	int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(before);
	return rc;
}

static enum fault
make_unix(const char *path, struct listener *ret, struct fault_note *note)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	struct stat st;
	enum fault f;
	int fd;

	if (len >= sizeof(address.sun_path))
		return fault_set(note, FAULT_CONFIG,
		    "[server] listen: a path of at most %zu bytes",
		    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, len + 1);
	f = remove_stale(&address, note);
	if (f != FAULT_NONE)
		return f;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind_private(fd, &address) != 0 ||
	    listen(fd, BACKLOG) != 0 || lstat(path, &st) != 0) {
		f = fault_set(note, FAULT_CONFIG, "[server] listen: %s: %s",
		    path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return f;
	}
	ret->fd = fd;
	memcpy(ret->path, path, len + 1);
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	return FAULT_NONE;
}

/* The first address that can be bound; -1 and errno when there is none. */
static int
bind_first(const struct addrinfo *addresses)
{
	const struct addrinfo *at;
	int fd, yes = 1, error = 0;

	for (at = addresses; at != NULL; at = at->ai_next) {
		fd = socket(at->ai_family,
		    at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0) {
			error = errno;
			continue;
		}
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
		    listen(fd, BACKLOG) == 0)
			return fd;
		error = errno;
		close(fd);
	}
	errno = error;
	return -1;
}

/* "host:port", "[::1]:port"; port is after the last colon. */
static enum fault
make_tcp(const char *where, struct listener *ret, struct fault_note *note)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *addresses = NULL;
	const char *colon = strrchr(where, ':');
	char host[256];
	size_t len;
	int rc;

	len = colon == NULL ? 0 : (size_t)(colon - where);
	if (len > 1 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	}
	if (colon == NULL || len == 0 || len >= sizeof(host))
		return fault_set(note, FAULT_CONFIG,
		    "[server] listen: takes /path/of/socket or host:port");
	memcpy(host, where, len);
	host[len] = '\0';
	rc = getaddrinfo(host, colon + 1, &hints, &addresses);
	if (rc != 0)
		return fault_set(note, FAULT_CONFIG, "[server] listen: %s: %s",
		    host, gai_strerror(rc));
	ret->fd = bind_first(addresses);
	freeaddrinfo(addresses);
	if (ret->fd < 0)
		return fault_set(note, FAULT_CONFIG,
		    "[server] listen: %s%s: %s", host, colon, strerror(errno));
	return FAULT_NONE;
}

enum fault
listen_find(const char *configured, enum listen_how *ret_how,
    struct listener *ret_listener, struct fault_note *note)
{
	*ret_listener = (struct listener){ .fd = -1 };
	*ret_how = LISTEN_SOCKET;
	if (is_systemds())
		return take_handed(SYSTEMD_FD, ret_listener, note);
	if (is_listening(STDIN_FILENO))
		return take_handed(STDIN_FILENO, ret_listener, note);
	if (getenv("GATEWAY_INTERFACE") != NULL ||
	    getenv("REQUEST_METHOD") != NULL) {
		*ret_how = LISTEN_CGI;
		return FAULT_NONE;
	}
	if (strchr(configured, '/') != NULL)
		return make_unix(configured, ret_listener, note);
	if (configured[0] != '\0')
		return make_tcp(configured, ret_listener, note);
	*ret_how = LISTEN_UNKNOWN;
	return FAULT_NONE;
}

void
listen_end(const struct listener *listener)
{
	struct stat st;

	if (listener->path[0] != '\0' && lstat(listener->path, &st) == 0 &&
	    st.st_dev == listener->dev && st.st_ino == listener->ino)
		(void)unlink(listener->path);
}
