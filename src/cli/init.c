/* SPDX-License-Identifier: MIT */
/*
 * cancelpay init: the database and the key of request fingerprints.  The key
 * lies outside the database, so that a copy of the database alone lets nobody
 * try out account numbers against the fingerprints.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "cli/cli.h"
#include "store/store_sqlite.h"
#include "web/web_request.h"

#define KEY_WORDS    (sizeof(((struct web *)NULL)->fingerprint_key) / 8)
#define KEY_TEXT_LEN (KEY_WORDS * 16 + 1)

static enum fault
write_all(int fd, const char *path, const char *text, size_t len,
    struct fault_note *note)
{
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n < 0)
			return fault_set(
			    note, FAULT_IO, "%s: %s", path, strerror(errno));
	}
	if (fsync(fd) != 0)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	return FAULT_NONE;
}

static enum fault
write_key(int fd, const char *path, struct fault_note *note)
{
	char text[KEY_TEXT_LEN + 1];
	uint64_t bits;
	size_t i;
	enum fault f = FAULT_NONE;

	for (i = 0; i < KEY_WORDS && f == FAULT_NONE; i++) {
		f = digest_random(&bits, note);
		if (f == FAULT_NONE)
			(void)snprintf(text + 16 * i, 17, "%016llx",
			    (unsigned long long)bits);
	}
	explicit_bzero(&bits, sizeof(bits));
	text[KEY_TEXT_LEN - 1] = '\n';
	if (f == FAULT_NONE)
		f = write_all(fd, path, text, KEY_TEXT_LEN, note);
	explicit_bzero(text, sizeof(text));
	return f;
}

/*
 * Written whole under another name and then linked, which never replaces: of
 * two that start at once one wins, and nobody sees half a key.
 */
static enum fault
make_key(const char *path, bool *ret_is_new, struct fault_note *note)
{
	char temporary[CONF_TEXT_SIZE + 8];
	enum fault f;
	int fd;

	(void)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fault_set(
		    note, FAULT_IO, "%s: %s", path, strerror(errno));
	f = write_key(fd, path, note);
	if (f == FAULT_NONE) {
		*ret_is_new = link(temporary, path) == 0;
		if (!*ret_is_new && errno != EEXIST)
			f = fault_set(
			    note, FAULT_IO, "%s: %s", path, strerror(errno));
	}
	(void)unlink(temporary);
	(void)close(fd);
	return f;
}

static enum fault
make_all(struct cli *cli, struct fault_note *note)
{
	const char *database = cli->conf.store_path;
	const char *key = cli->conf.store_key_file;
	bool is_first = access(database, F_OK) != 0;
	bool has_changed = false, is_new = false;
	enum fault f;

	f = store_sqlite_init(database, &has_changed, note);
	if (f != FAULT_NONE)
		return f;
	(void)printf("%s: %s\n", database,
	    is_first          ? "made"
		: has_changed ? "upgraded"
			      : "up to date");
	if (access(key, F_OK) != 0)
		f = make_key(key, &is_new, note);
	if (f != FAULT_NONE)
		return f;
	(void)printf("%s: %s\n", key, is_new ? "made" : "kept");
	if (is_new && !is_first)
		(void)fputs("cancelpay: a request repeated with an "
			    "Idempotency-Key from before will now get 422\n",
		    stderr);
	return FAULT_NONE;
}

/* What is there has to be usable, too: the responder would not start. */
static enum cli_exit
check(struct cli *cli)
{
	struct fault_note note = { "" };
	const struct web *web;
	enum fault f = setup_web(cli->setup, &web, &note);

	return f == FAULT_NONE ? CLI_OK : cli_fault(f, &note);
}

enum cli_exit
cli_init(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	struct fault_note note = { "" };
	enum cli_exit status;

	if (getopt_long(argc, argv, "", none, NULL) != -1 || optind != argc)
		return cli_misused("init");
	status = cli_open(cli);
	if (status != CLI_OK)
		return status;
	if (make_all(cli, &note) != FAULT_NONE) {
		(void)cli_fault(FAULT_STORE, &note);
		return CLI_FAILED;
	}
	return check(cli);
}
