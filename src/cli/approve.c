/* SPDX-License-Identifier: MIT */
/*
 * cancelpay approve, cancelpay reject: an operator's word on a refund above the
 * approval threshold.  Where its money goes to a bank account, that comes from
 * standard input: it is stored nowhere, and what is in argv is seen by all.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/approve.h"
#include "app/walk.h"
#include "cli/cli.h"
#include "web/web_detail.h"
#include "web/web_fields.h"

#define LINE_SIZE 256

struct word {
	const char *refund_id;
	const char *by;
};

static bool
parse(int argc, char **argv, struct word *ret)
{
	static const struct option options[] = {
		{ "by", required_argument, NULL, 'b' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*ret = (struct word){ .by = NULL };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'b')
			return false;
		ret->by = optarg;
	}
	if (optind + 1 != argc)
		return false;
	ret->refund_id = argv[optind];
	return cli_is_name(ret->by);
}

/* ---- the account -------------------------------------------------------- */

/* "" at the end of the file; false: the line is longer than any field. */
static bool
read_line(char line[static LINE_SIZE])
{
	size_t len;

	line[0] = '\0';
	if (fgets(line, LINE_SIZE, stdin) == NULL)
		return true;
	len = strcspn(line, "\r\n");
	if (len == LINE_SIZE - 1)
		return false;
	line[len] = '\0';
	return true;
}

/* A line each; an empty one is none. */
static bool
read_account(struct refund_request *request)
{
	static const struct {
		enum refund_field bit;
		const char *prompt;
	} wanted[] = {
		{ REFUND_FIELD_HOLDER, "Account holder: " },
		{ REFUND_FIELD_BANK, "Bank code: " },
		{ REFUND_FIELD_ACCOUNT, "Account number: " },
		{ REFUND_FIELD_TEL, "Telephone (or nothing): " },
	};
	struct web_fields_wrong wrong;
	char line[LINE_SIZE];
	bool is_good = true;
	size_t i;

	/* A buffer of stdio's would keep a copy. */
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	for (i = 0; is_good && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (isatty(STDIN_FILENO))
			(void)fputs(wanted[i].prompt, stderr);
		if (!read_line(line) || line[0] == '\0')
			continue;
		is_good =
		    web_fields_account(wanted[i].bit, line, request, &wrong);
		if (!is_good)
			(void)fprintf(stderr, "cancelpay: %s %s\n", wrong.field,
			    wrong.want->en);
	}
	explicit_bzero(line, sizeof(line));
	return is_good;
}

/* ---- what came of it ---------------------------------------------------- */

static enum cli_exit
say_result(const struct refund_result *result)
{
	struct fault_note note = { "" };
	struct buf detail;

	buf_init(&detail, 2048);
	if (web_detail_of_result(result, "en", &detail, &note) == FAULT_NONE)
		(void)printf("%s%s%s\n", result->refund_id,
		    result->refund_id[0] != '\0' ? ": " : "",
		    buf_bytes(&detail));
	buf_deinit(&detail);
	return result->code == RESULT_REFUNDED ||
		result->code == RESULT_PENDING ||
		result->code == RESULT_REJECTED
	    ? CLI_OK
	    : CLI_FOUND;
}

static enum cli_exit
say_verdict(enum approve_verdict verdict, const struct word *word)
{
	static const char *const said[] = {
		[APPROVE_DONE] = "done",
		[APPROVE_ABSENT] = "no such refund",
		[APPROVE_NOT_AWAITING] = "it does not await approval",
		[APPROVE_OWN] = "you asked for it yourself; somebody else has "
				"to say so",
		[APPROVE_FROZEN] = "refunds are frozen; see cancelpay unfreeze",
		[APPROVE_REFUSED] = "it can't be refunded",
	};
	_Static_assert(sizeof(said) / sizeof(said[0]) == APPROVE__COUNT,
	    "every verdict is told");

	(void)fprintf(
	    stderr, "cancelpay: %s: %s\n", word->refund_id, said[verdict]);
	return CLI_FOUND;
}

/* ---- approve ------------------------------------------------------------ */

/*
 * What i'mport shows now is what it is decided on; *ret_has_seen is false when
 * it showed nothing.
 */
static enum fault
refresh(const struct walk *walk, const char *refund_id, bool *ret_has_seen,
    bool *ret_is_vbank, struct fault_note *note)
{
	struct refund_record record;
	struct payment payment;
	struct task *task;
	bool is_told;
	enum fault f;

	*ret_has_seen = true;
	*ret_is_vbank = false;
	f = store_begin(walk->store, CLI_WAIT_MS, note);
	if (f != FAULT_NONE)
		return f;
	f = store_refund(walk->store, refund_id, &record, note);
	if (f == FAULT_NONE)
		f = store_payment(
		    walk->store, record.intent.imp_uid, &payment, note);
	store_rollback(walk->store);
	if (f == FAULT_ABSENT)
		return FAULT_NONE; /* approve_open will say so */
	if (f != FAULT_NONE)
		return f;
	*ret_is_vbank = payment_is_vbank(&payment);
	task = task_resolve(walk->app, payment.imp_uid, "", false);
	if (task == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a refund");
	f = walk_task(walk, task, &is_told, note);
	*ret_has_seen = task->call.outcome.has_truth &&
	    truth_is_of(&task->call.outcome.truth, &payment);
	task_free(task);
	return f;
}

static enum fault
approve(const struct walk *walk, struct task *task, const struct word *word,
    enum approve_verdict *ret_verdict, struct fault_note *note)
{
	bool is_told;
	enum fault f;

	f = store_begin(walk->store, CLI_WAIT_MS, note);
	if (f != FAULT_NONE)
		return f;
	f = approve_open(walk->app, walk->store, task, word->refund_id,
	    word->by, ret_verdict, note);
	if (f == FAULT_NONE)
		f = store_commit(walk->store, note);
	store_rollback(walk->store);
	if (f == FAULT_NONE && *ret_verdict == APPROVE_DONE)
		f = walk_task(walk, task, &is_told, note);
	return f;
}

/* Asks for the account where the payment needs one. */
static enum fault
approve_all(const struct walk *walk, struct task *task, const struct word *word,
    enum approve_verdict *ret_verdict, bool *ret_is_good,
    struct fault_note *note)
{
	bool has_seen, is_vbank;
	enum fault f;

	*ret_is_good = true;
	f = refresh(walk, word->refund_id, &has_seen, &is_vbank, note);
	if (f != FAULT_NONE)
		return f;
	if (!has_seen) {
		(void)fputs("cancelpay: i'mport does not show the payment as "
			    "we know it; nothing was changed\n",
		    stderr);
		*ret_is_good = false;
		return FAULT_NONE;
	}
	if (is_vbank)
		*ret_is_good = read_account(&task->request);
	if (*ret_is_good)
		f = approve(walk, task, word, ret_verdict, note);
	if (f != FAULT_NONE || !*ret_is_good || is_vbank ||
	    *ret_verdict != APPROVE_REFUSED ||
	    task->result.code != RESULT_ACCOUNT_REQUIRED)
		return f;
	*ret_is_good = read_account(&task->request);
	return *ret_is_good ? approve(walk, task, word, ret_verdict, note)
			    : FAULT_NONE;
}

static enum cli_exit
run_approve(const struct walk *walk, const struct word *word)
{
	static const struct refund_request nothing;
	enum approve_verdict verdict = APPROVE_ABSENT;
	struct task *task = task_refund(walk->app, &nothing);
	struct fault_note note = { "out of memory" };
	enum cli_exit status = CLI_FOUND;
	enum fault f = FAULT_NOMEM;
	bool is_good = false;

	if (task != NULL)
		f = approve_all(walk, task, word, &verdict, &is_good, &note);
	if (f != FAULT_NONE)
		status = cli_fault(f, &note);
	else if (is_good && verdict == APPROVE_DONE)
		status = say_result(&task->result);
	else if (is_good) {
		status = say_verdict(verdict, word);
		if (verdict == APPROVE_REFUSED)
			(void)say_result(&task->result);
	}
	task_free(task);
	return status;
}

enum cli_exit
cli_approve(struct cli *cli, int argc, char **argv)
{
	struct fault_note note = { "" };
	struct provider provider;
	struct store writer;
	struct walk walk = {
		.store = &writer, .provider = &provider, .heard = cli_heard
	};
	struct word word;
	enum cli_exit status;
	enum fault f;

	if (!parse(argc, argv, &word))
		return cli_misused("approve");
	status = cli_open(cli);
	if (status == CLI_OK)
		status = cli_writer(cli, &writer);
	if (status != CLI_OK)
		return status;
	/* OpenSSL may write to a connection that has gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	f = setup_late_provider(cli->setup, &provider, &note);
	if (f != FAULT_NONE)
		return cli_fault(f, &note);
	walk.app = setup_app(cli->setup);
	return run_approve(&walk, &word);
}

/* ---- reject ------------------------------------------------------------- */

enum cli_exit
cli_reject(struct cli *cli, int argc, char **argv)
{
	enum approve_verdict verdict = APPROVE_ABSENT;
	struct fault_note note = { "" };
	struct store writer;
	struct word word;
	enum cli_exit status;
	enum fault f;

	if (!parse(argc, argv, &word))
		return cli_misused("reject");
	status = cli_open(cli);
	if (status == CLI_OK)
		status = cli_writer(cli, &writer);
	if (status != CLI_OK)
		return status;
	f = store_begin(&writer, CLI_WAIT_MS, &note);
	if (f == FAULT_NONE)
		f = approve_reject(setup_app(cli->setup), &writer,
		    word.refund_id, word.by, &verdict, &note);
	if (f == FAULT_NONE)
		f = store_commit(&writer, &note);
	store_rollback(&writer);
	if (f != FAULT_NONE)
		return cli_fault(f, &note);
	if (verdict != APPROVE_DONE)
		return say_verdict(verdict, &word);
	(void)printf("%s: rejected\n", word.refund_id);
	return CLI_OK;
}
