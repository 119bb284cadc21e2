/* SPDX-License-Identifier: MIT */
/*
 * What can be wrong with files.  SQLite makes NAME-wal and NAME-shm with the
 * rights of NAME, but whoever copied or moved the three may have changed that.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "store/file_system.h"
#include "store/store_sqlite.h"
#include "web/web_request.h"

/* The folder path lies in. */
static void
folder_of(const char *path, char ret_folder[static PATH_MAX])
{
	char *slash;

	(void)snprintf(ret_folder, PATH_MAX, "%s", path);
	slash = strrchr(ret_folder, '/');
	if (slash == NULL)
		(void)snprintf(ret_folder, PATH_MAX, ".");
	else if (slash == ret_folder)
		slash[1] = '\0';
	else
		*slash = '\0';
}

/*
 * Where the database is, links followed, as SQLite does for what it puts beside
 * it; or where it would be.
 */
struct place {
	char database[PATH_MAX];
	char folder[PATH_MAX];
};

static void
find_place(const char *path, struct place *ret_place)
{
	if (realpath(path, ret_place->database) == NULL)
		(void)snprintf(ret_place->database, PATH_MAX, "%s", path);
	folder_of(ret_place->database, ret_place->folder);
}

/* ---- where it lies ------------------------------------------------------ */

static void
check_file_system(struct checkup *checkup, const char *folder)
{
	static const enum checkup_grade grades[] = {
		[FILE_SYSTEM_LOCAL] = CHECKUP_GOOD,
		[FILE_SYSTEM_USERSPACE] = CHECKUP_DOUBTFUL,
		[FILE_SYSTEM_NETWORK] = CHECKUP_BAD,
	};
	static const char *const advice[] = {
		[FILE_SYSTEM_LOCAL] = "",
		[FILE_SYSTEM_USERSPACE] = "; if other machines use it too, as "
					  "with sshfs, move the database to a "
					  "local disk",
		[FILE_SYSTEM_NETWORK] =
		    "; SQLite can't keep writers apart on a network file "
		    "system: a refund could be lost or paid twice; move the "
		    "database to a local disk",
	};
	struct fault_note note = { "" };
	struct file_system is;

	if (file_system_find(folder, &is, &note) != FAULT_NONE)
		checkup_say(
		    checkup, CHECKUP_BAD, "file system", "%s", note.text);
	else
		checkup_say(checkup, grades[is.kind], "file system",
		    "%s lies on %s%s%s", folder, is.name,
		    is.kind == FILE_SYSTEM_LOCAL ? " storage" : "",
		    advice[is.kind]);
}

static void
check_locks(struct checkup *checkup, const char *folder)
{
	struct fault_note note = { "" };

	if (file_system_try_locks(folder, &note) == FAULT_NONE)
		checkup_say(checkup, CHECKUP_GOOD, "locking",
		    "a lock keeps two processes apart in %s", folder);
	else
		checkup_say(checkup, CHECKUP_BAD, "locking",
		    "%s; the folder has to be the responder's user's, on a "
		    "local disk",
		    note.text);
}

/* ---- who may read it ---------------------------------------------------- */

/*
 * One file of the database: the book is everybody's business who may read it,
 * which a group can be meant to; the others never.  One that is not there is
 * none of ours.
 */
static bool
check_mode(struct checkup *checkup, const char *path, mode_t bad, mode_t doubt)
{
	struct stat st;
	mode_t mode;

	if (stat(path, &st) != 0)
		return true;
	mode = st.st_mode & 07777;
	if ((mode & (bad | doubt)) == 0)
		return true;
	checkup_say(checkup, (mode & bad) != 0 ? CHECKUP_BAD : CHECKUP_DOUBTFUL,
	    "permissions",
	    "%s has mode %04o: %s may read or change it; "
	    "chmod 0600",
	    path, (unsigned)mode,
	    (mode & bad & 07) != 0 ? "everybody" : "its group");
	return false;
}

static bool
check_owner(struct checkup *checkup, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || st.st_uid == geteuid())
		return true;
	checkup_say(checkup, CHECKUP_DOUBTFUL, "permissions",
	    "%s belongs to user %lu and this is user %lu; run every command "
	    "as the responder's user",
	    path, (unsigned long)st.st_uid, (unsigned long)geteuid());
	return false;
}

/* A sticky bit keeps others from renaming our files, not from adding some. */
static bool
check_folder_mode(struct checkup *checkup, const char *folder)
{
	struct stat st;

	if (stat(folder, &st) != 0 || (st.st_mode & S_IWOTH) == 0)
		return true;
	checkup_say(checkup, CHECKUP_BAD, "permissions",
	    "%s has mode %04o: everybody may put files beside the database; "
	    "chmod o-w",
	    folder, (unsigned)(st.st_mode & 07777));
	return false;
}

static void
check_permissions(
    struct checkup *checkup, const struct cli *cli, const struct place *place)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".rates" };
	const struct conf *conf = &cli->conf;
	char path[PATH_MAX + 8];
	bool is_good = true;
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)snprintf(
		    path, sizeof(path), "%s%s", place->database, suffixes[i]);
		is_good &= check_mode(checkup, path, 07, 070);
	}
	is_good &= check_mode(checkup, conf->store_key_file, 077, 0);
	is_good &= check_mode(checkup,
	    conf_file(cli->config_file, CLI_CONFIG_FILE, environ), 02, 020);
	is_good &= check_owner(checkup, place->database);
	is_good &= check_folder_mode(checkup, place->folder);
	if (is_good)
		checkup_say(checkup, CHECKUP_GOOD, "permissions",
		    "nobody else reads or changes database, key file and "
		    "configuration");
}

/* ---- what the web server hands out -------------------------------------- */

/* Where path is or would be, all links followed; false: nowhere. */
static bool
real_path(const char *path, char ret_real[static PATH_MAX])
{
	char folder[PATH_MAX];

	if (realpath(path, ret_real) != NULL)
		return true;
	folder_of(path, folder);
	return realpath(folder, ret_real) != NULL;
}

static bool
is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);
	char real[PATH_MAX];

	if (!real_path(path, real))
		return false;
	if (strcmp(folder, "/") == 0)
		return true;
	return strncmp(real, folder, len) == 0 &&
	    (real[len] == '/' || real[len] == '\0');
}

static void
check_web_root(struct checkup *checkup, const struct cli *cli)
{
	const struct conf *conf = &cli->conf;
	const char *paths[] = { conf->store_path, conf->store_key_file,
		conf_file(cli->config_file, CLI_CONFIG_FILE, environ),
		conf->log_target };
	char root[PATH_MAX];
	bool is_good = true;
	size_t i;

	if (conf->server_static_dir[0] == '\0')
		return;
	if (realpath(conf->server_static_dir, root) == NULL) {
		checkup_say(checkup, CHECKUP_DOUBTFUL, "web root",
		    "[server] static_dir %s: %s; there are no pages",
		    conf->server_static_dir, strerror(errno));
		return;
	}
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		/* stderr and syslog are no files. */
		if (paths[i] == conf->log_target && paths[i][0] != '/')
			continue;
		if (!is_below(paths[i], root))
			continue;
		is_good = false;
		checkup_say(checkup, CHECKUP_BAD, "web root",
		    "%s lies below [server] static_dir, where everybody may "
		    "fetch it; move it",
		    paths[i]);
	}
	if (is_good)
		checkup_say(checkup, CHECKUP_GOOD, "web root",
		    "nothing of ours lies below %s", root);
}

/* ---- what is in it ------------------------------------------------------ */

static void
check_database(struct checkup *checkup, const char *path)
{
	struct fault_note note = { "" };

	if (store_sqlite_check(path, &note) == FAULT_NONE)
		checkup_say(checkup, CHECKUP_GOOD, "database",
		    "%s is ours, of this version and whole", path);
	else
		checkup_say(checkup, CHECKUP_BAD, "database", "%s", note.text);
}

/* The responder would not start without it. */
static void
check_key(struct checkup *checkup, struct setup *setup)
{
	struct fault_note note = { "" };
	const struct web *web;

	if (setup_web(setup, &web, &note) == FAULT_NONE)
		checkup_say(checkup, CHECKUP_GOOD, "key file", "readable");
	else
		checkup_say(checkup, CHECKUP_BAD, "key file", "%s", note.text);
}

void
doctor_files(struct checkup *checkup, const struct cli *cli)
{
	struct place place;

	find_place(cli->conf.store_path, &place);
	check_file_system(checkup, place.folder);
	check_locks(checkup, place.folder);
	check_database(checkup, cli->conf.store_path);
	check_key(checkup, cli->setup);
	check_permissions(checkup, cli, &place);
	check_web_root(checkup, cli);
}
