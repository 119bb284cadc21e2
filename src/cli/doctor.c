/* SPDX-License-Identifier: MIT */
/*
 * cancelpay doctor: is this a place where the promise can be kept?  Looks only;
 * nothing is changed, but for --live.
 */
#include "cli/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/place.h"
#include "cli/render.h"
#include "store/store_sqlite_copy.h"
#include "store/store_sqlite_file.h"

#define SKEW_WARN_MS INT64_C(60000)
#define STEP_MS      50
#define WITH_SUFFIX  (CONF_TEXT_SIZE + 8)

static const char *const words[FINDING__COUNT] = {
	[FINDING_OK] = "ok",
	[FINDING_WARN] = "WARN",
	[FINDING_FAIL] = "FAIL",
};

void
doctor_tell(struct doctor *doctor, enum finding finding, const char *check,
    const char *format, ...)
{
	struct json_object *one;
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (finding > doctor->worst)
		doctor->worst = finding;
	if (doctor->list == NULL) {
		(void)printf("%-4s  %-12s %s\n", words[finding], check, text);
		return;
	}
	one = json_object_new_object();
	if (!render_put(one, "check", json_object_new_string(check)) ||
	    !render_put(
		one, "finding", json_object_new_string(words[finding])) ||
	    !render_put(one, "detail", json_object_new_string(text)))
		doctor->worst = FINDING_FAIL;
	(void)render_append(doctor->list, one);
}

/* ---- the database ------------------------------------------------------ */

static void
check_database(struct doctor *doctor)
{
	const char *path = doctor->cli->conf.store_path;
	struct fault_note note = { "" };
	sqlite3 *db = NULL;
	enum fault f;

	f = store_sqlite_file_open(path, false, &db, &note);
	if (f == FAULT_NONE)
		f = store_sqlite_copy_check(db, &note);
	(void)sqlite3_close(db);
	if (f == FAULT_NONE)
		doctor_tell(
		    doctor, FINDING_OK, "database", "%s is sound", path);
	else
		doctor_tell(doctor, FINDING_FAIL, "database",
		    "%s; see cancelpay init, or restore a backup", note.text);
}

static void
check_place(struct doctor *doctor, const char *folder)
{
	struct fault_note note = { "" };
	enum place_kind kind;
	const char *name;
	bool do_lock;

	if (place_find(folder, &kind, &name, &note) != FAULT_NONE)
		doctor_tell(doctor, FINDING_FAIL, "place", "%s", note.text);
	else if (kind == PLACE_NETWORK)
		doctor_tell(doctor, FINDING_FAIL, "place",
		    "%s is on a network file system (%s): its locks and syncs "
		    "can't be relied on; move the database to a local disk",
		    folder, name);
	else if (kind == PLACE_UNSURE)
		doctor_tell(doctor, FINDING_WARN, "place",
		    "%s is served by %s: a local disk is safer", folder, name);
	else
		doctor_tell(doctor, FINDING_OK, "place",
		    "%s is on a local file system", folder);

	if (place_locks(folder, &do_lock, &note) != FAULT_NONE)
		doctor_tell(doctor, FINDING_FAIL, "locks", "%s", note.text);
	else if (!do_lock)
		doctor_tell(doctor, FINDING_FAIL, "locks",
		    "%s: two processes could hold one lock; move the database "
		    "to a local disk",
		    folder);
	else
		doctor_tell(doctor, FINDING_OK, "locks",
		    "a lock keeps other processes out");
}

/* ---- who may read what ------------------------------------------------- */

/* A file of ours that is there has to be nobody else's to read. */
static bool
is_private(struct doctor *doctor, const char *path)
{
	struct stat about;

	if (stat(path, &about) != 0) {
		if (errno == ENOENT)
			return true;
		doctor_tell(doctor, FINDING_FAIL, "permissions", "%s: %s", path,
		    strerror(errno));
		return false;
	}
	if ((about.st_mode & 077) == 0)
		return true;
	doctor_tell(doctor, FINDING_FAIL, "permissions",
	    "%s is mode %04o: chmod 0600 %s", path,
	    (unsigned)about.st_mode & 07777, path);
	return false;
}

static void
check_permissions(struct doctor *doctor, const char *folder)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	const struct conf *conf = &doctor->cli->conf;
	bool is_good = is_private(doctor, conf->store_key_file);
	char path[WITH_SUFFIX];
	struct stat about;
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)snprintf(
		    path, sizeof(path), "%s%s", conf->store_path, suffixes[i]);
		is_good &= is_private(doctor, path);
	}
	if (stat(folder, &about) == 0 &&
	    (about.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH) {
		doctor_tell(doctor, FINDING_FAIL, "permissions",
		    "%s: everybody may put files there: chmod o-w %s", folder,
		    folder);
		is_good = false;
	}
	if (is_good)
		doctor_tell(doctor, FINDING_OK, "permissions",
		    "database and key are nobody else's to read");
}

static void
check_web_root(struct doctor *doctor)
{
	const struct conf *conf = &doctor->cli->conf;
	const char *root = conf->server_static_dir;
	const char *const paths[] = { conf->store_path, conf->store_key_file,
		conf->log_target };
	bool is_good = true;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!place_is_below(paths[i], root))
			continue;
		doctor_tell(doctor, FINDING_FAIL, "web root",
		    "%s lies below %s, where pages are served from: move it",
		    paths[i], root);
		is_good = false;
	}
	if (is_good)
		doctor_tell(doctor, FINDING_OK, "web root",
		    "nothing of ours lies below %s", root);
}

/* ---- i'mport and the clock --------------------------------------------- */

static void
check_clock(struct doctor *doctor, int64_t date_ms)
{
	const struct app *app = setup_app(doctor->cli->setup);
	int64_t skew_ms = clock_now_ms(&app->clock) - date_ms;
	enum finding finding = FINDING_OK;
	long long skew_s = (long long)(skew_ms / 1000);

	if (date_ms == 0) {
		doctor_tell(doctor, FINDING_WARN, "clock",
		    "i'mport's answer has no Date to compare with");
		return;
	}
	if (skew_ms > SKEW_WARN_MS || skew_ms < -SKEW_WARN_MS)
		finding = FINDING_WARN;
	if (skew_ms > app->quiet_ms + SKEW_WARN_MS ||
	    skew_ms < -app->quiet_ms - SKEW_WARN_MS)
		finding = FINDING_FAIL;
	doctor_tell(doctor, finding, "clock", "%lld s from i'mport's%s", skew_s,
	    finding == FINDING_OK ? "" : "; set it, and keep it set by NTP");
}

/* No such payment: what it says of that shows that key and secret are right. */
static void
check_iamport(struct doctor *doctor)
{
	struct provider_call call = { .want = PROVIDER_READ,
		.imp_uid = "imp_000000000000" };
	struct fault_note note = { "" };
	struct provider provider;

	if (setup_provider(doctor->cli->setup, &provider, &note) !=
	    FAULT_NONE) {
		doctor_tell(doctor, FINDING_FAIL, "i'mport", "%s", note.text);
		return;
	}
	provider_start(&provider, &call);
	while (provider_step(&provider, STEP_MS) == NULL)
		continue;
	if (call.outcome.said == PROVIDER_DONE ||
	    call.outcome.said == PROVIDER_ABSENT) {
		doctor_tell(doctor, FINDING_OK, "i'mport",
		    "%s answers, and knows the key",
		    doctor->cli->conf.iamport_base_url);
		check_clock(doctor, call.outcome.date_ms);
	} else {
		doctor_tell(doctor,
		    call.outcome.is_shut_out ? FINDING_FAIL : FINDING_WARN,
		    "i'mport", "no usable answer: %s", call.outcome.note.text);
	}
	provider_outcome_deinit(&call.outcome);
}

/* ---- the book ---------------------------------------------------------- */

static void
check_book(struct doctor *doctor)
{
	const struct app *app = setup_app(doctor->cli->setup);
	struct store_figures figures = { 0 };
	struct fault_note note = { "" };
	bool is_frozen = false;
	struct store store;
	enum fault f;

	f = setup_reader(doctor->cli->setup, &store, &note);
	if (f == FAULT_NONE)
		f = store_begin(&store, CLI_WAIT_MS, &note);
	if (f == FAULT_NONE) {
		f = store_figures(
		    &store, clock_now_ms(&app->clock), &figures, &note);
		if (f == FAULT_NONE)
			f = store_frozen(&store, &is_frozen, &note);
		store_rollback(&store);
	}
	if (f != FAULT_NONE)
		return; /* check_database has said so */
	if (is_frozen)
		doctor_tell(doctor, FINDING_WARN, "freeze",
		    "no new refunds are taken: cancelpay restore --continue");
	if (figures.unfinished[INTENT_NEEDS_REVIEW] > 0)
		doctor_tell(doctor, FINDING_WARN, "refunds",
		    "%lld need review: cancelpay list --stuck",
		    (long long)figures.unfinished[INTENT_NEEDS_REVIEW]);
	else if (figures.n_overdue > 0)
		doctor_tell(doctor, FINDING_WARN, "refunds",
		    "%lld are past their deadline: does the responder run, or "
		    "cancelpay resolve from cron?",
		    (long long)figures.n_overdue);
	else
		doctor_tell(
		    doctor, FINDING_OK, "refunds", "none waits for a person");
}

static void
examine(struct doctor *doctor)
{
	char copy[CONF_TEXT_SIZE];
	const char *folder;

	(void)snprintf(copy, sizeof(copy), "%s", doctor->cli->conf.store_path);
	folder = dirname(copy);
	check_database(doctor);
	check_place(doctor, folder);
	check_permissions(doctor, folder);
	check_web_root(doctor);
	check_iamport(doctor);
	check_book(doctor);
}

struct options {
	bool is_json;
	bool is_yes;
	const char *live; /* imp_uid, or NULL */
};

static bool
read_options(int argc, char **argv, struct options *ret)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "live", required_argument, NULL, 'l' },
		{ "yes", no_argument, NULL, 'y' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'j')
			ret->is_json = true;
		else if (c == 'l')
			ret->live = optarg;
		else if (c == 'y')
			ret->is_yes = true;
		else
			return false;
	}
	return optind == argc &&
	    (ret->live == NULL || strlen(ret->live) < IMP_UID_SIZE);
}

enum cli_exit
cli_doctor(struct cli *cli, int argc, char **argv)
{
	struct doctor doctor = { .cli = cli };
	struct options options = { .is_json = false };
	struct fault_note note = { "" };
	enum cli_exit status;

	if (!read_options(argc, argv, &options))
		return cli_misused("doctor");
	status = cli_open(cli);
	if (status != CLI_OK)
		return status;
	/* OpenSSL may write to a connection that has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (options.live != NULL && !options.is_yes) {
		(void)fprintf(stderr,
		    "cancelpay: this gives money of %s back, a little: it has "
		    "to be a payment of a test channel.  Say --yes\n",
		    options.live);
		return CLI_USAGE;
	}
	if (options.is_json)
		doctor.list = json_object_new_array();
	if (options.live != NULL)
		doctor_live(&doctor, options.live);
	else
		examine(&doctor);
	if (options.is_json && render_print(doctor.list, &note) != FAULT_NONE)
		return cli_fault(FAULT_NOMEM, &note);
	return doctor.worst == FINDING_OK ? CLI_OK : CLI_FOUND;
}
