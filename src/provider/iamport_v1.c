/* SPDX-License-Identifier: MIT */
/*
 * A call becomes a job.  A job waits for a token if there is none, asks, and
 * ends; after one 401 it waits and asks once more.  A FIND asks twice: which
 * payment, and whether there are several paid ones.  One more job, without a
 * call, fetches the token for all that wait.
 *
 * Everything turns on how sure we are.  Whatever is not a whole, readable
 * answer of the kind i'mport documents is LOST, and NOT_SENT is said only when
 * HTTP knows that no byte of the request left, or when i'mport said 401, which
 * it does before it looks at a request.
 * Source: doc/provider-v1.md "Failures" and "Token".
 */
#include "provider/iamport_v1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/digest.h"
#include "provider/http_curl.h"
#include "provider/iamport_v1_ask.h"
#include "provider/iamport_v1_outcome.h"
#include "provider/iamport_v1_wire.h"

/* A token with less than this left is asked for anew. */
#define TOKEN_SPARE_MS 60000
/* getToken looks nothing up at a PG, and a cancel's send_by won't wait. */
#define TOKEN_TIMEOUT_MS 10000

enum job_asks {
	JOB_TOKEN, /* getToken, for all that wait */
	JOB_CALL,  /* what the call wants */
	JOB_FIND_ALL
};

struct job {
	struct iamport_v1 *v1;
	enum job_asks asks;
	struct provider_call *call; /* NULL for JOB_TOKEN */
	struct http_curl_transfer transfer;
	bool is_waiting;                 /* for a token */
	bool had_401;                    /* and has been sent again */
	char token[PROVIDER_TOKEN_SIZE]; /* it was sent with */
	TAILQ_ENTRY(job) link;
};

struct iamport_v1 {
	struct http_curl *http;
	struct clock clock;
	char *key, *secret, *tier;
	int timeout_ms;
	char account[DIGEST_HEX_SIZE];
	struct provider_token token; /* the newest we know; "" = none */
	/* The last one that got a 401; others may still bring it along. */
	char refused[PROVIDER_TOKEN_SIZE];
	bool is_fetching;
	TAILQ_HEAD(jobs, job) jobs;          /* all of them, the oldest first */
	struct provider_call *ended, **last; /* not yet handed back */
};

static struct job *
job_new(struct iamport_v1 *v1, enum job_asks asks, struct provider_call *call)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->v1 = v1;
	job->asks = asks;
	job->call = call;
	http_curl_transfer_init(&job->transfer);
	TAILQ_INSERT_TAIL(&v1->jobs, job, link);
	return job;
}

static void
job_free(struct job *job)
{
	http_curl_drop(job->v1->http, &job->transfer);
	http_curl_transfer_deinit(&job->transfer);
	TAILQ_REMOVE(&job->v1->jobs, job, link);
	explicit_bzero(job, sizeof(*job));
	free(job);
}

/* The call is over: hand it to the next step, without what was personal. */
static void
give_back(
    struct iamport_v1 *v1, struct provider_call *call, enum provider_said said)
{
	call->outcome.said = said;
	iamport_v1_outcome_mask(&call->outcome, &call->account);
	explicit_bzero(&call->account, sizeof(call->account));
	call->next = NULL;
	*v1->last = call;
	v1->last = &call->next;
}

/* Ends the job and its call; why, when it is not an answer, is in the note. */
static void
finish(struct job *job, enum provider_said said)
{
	struct iamport_v1 *v1 = job->v1;
	struct provider_call *call = job->call;

	/* What a FIND has found so far is no answer if it ends like this. */
	if (said == PROVIDER_LOST || said == PROVIDER_NOT_SENT) {
		free(call->outcome.truth.entries);
		call->outcome.truth = (struct truth){ .entries = NULL };
		call->outcome.has_truth = false;
	}
	job_free(job);
	give_back(v1, call, said);
}

static enum fault
write_headers(struct job *job, struct fault_note *note)
{
	struct iamport_v1 *v1 = job->v1;
	char bearer[sizeof("Bearer ") + PROVIDER_TOKEN_SIZE];
	enum fault f;

	f = http_curl_transfer_header(
	    &job->transfer, "Accept", "application/json", note);
	if (f == FAULT_NONE && buf_len(&job->transfer.body) > 0)
		f = http_curl_transfer_header(
		    &job->transfer, "Content-Type", "application/json", note);
	if (f == FAULT_NONE && job->asks != JOB_TOKEN) {
		(void)snprintf(bearer, sizeof(bearer), "Bearer %s", job->token);
		f = http_curl_transfer_header(
		    &job->transfer, "Authorization", bearer, note);
		explicit_bzero(bearer, sizeof(bearer));
	}
	if (f == FAULT_NONE && v1->tier[0] != '\0')
		f = http_curl_transfer_header(
		    &job->transfer, "Tier", v1->tier, note);
	return f;
}

/* Sends the job with the token there is. */
static void
ask(struct job *job)
{
	struct iamport_v1 *v1 = job->v1;
	struct provider_call *call = job->call;

	memcpy(job->token, v1->token.text, sizeof(job->token));
	http_curl_transfer_deinit(&job->transfer);
	http_curl_transfer_init(&job->transfer);
	job->transfer.owner = job;
	job->transfer.once = call->want == PROVIDER_CANCEL;
	job->transfer.send_by_ms = call->send_by_ms;
	job->transfer.timeout_ms = v1->timeout_ms;
	if (iamport_v1_ask_call(call, job->asks == JOB_FIND_ALL,
		&job->transfer.path, &job->transfer.body,
		&call->outcome.note) != FAULT_NONE ||
	    write_headers(job, &call->outcome.note) != FAULT_NONE) {
		finish(job, PROVIDER_NOT_SENT);
		return;
	}
	http_curl_start(v1->http, &job->transfer);
}

static bool
is_usable(const struct iamport_v1 *v1)
{
	return v1->token.text[0] != '\0' &&
	    v1->token.expires_ms - clock_now_ms(&v1->clock) >= TOKEN_SPARE_MS;
}

/* Ends a job that has no token i'mport would take. */
static void
shut_out(struct job *job, enum provider_said said)
{
	job->call->outcome.is_shut_out = true;
	finish(job, said);
}

/* Ends all that wait for a token; none of them has been sent, or took a 401. */
static void
fail_waiting(struct iamport_v1 *v1, const struct fault_note *note)
{
	struct job *job, *next;

	for (job = TAILQ_FIRST(&v1->jobs); job != NULL; job = next) {
		next = TAILQ_NEXT(job, link);
		if (!job->is_waiting)
			continue;
		(void)fault_set(&job->call->outcome.note, FAULT_IO,
		    "no token: %.200s", note->text);
		shut_out(job, PROVIDER_NOT_SENT);
	}
}

static void
fetch_token(struct iamport_v1 *v1)
{
	struct fault_note note;
	struct job *job = job_new(v1, JOB_TOKEN, NULL);

	if (job == NULL) {
		(void)fault_set(&note, FAULT_NOMEM, "no memory");
		fail_waiting(v1, &note);
		return;
	}
	job->transfer.owner = job;
	job->transfer.timeout_ms = v1->timeout_ms < TOKEN_TIMEOUT_MS
	    ? v1->timeout_ms
	    : TOKEN_TIMEOUT_MS;
	if (buf_add_text(&job->transfer.path, IAMPORT_V1_ASK_TOKEN_PATH,
		&note) != FAULT_NONE ||
	    iamport_v1_ask_token(&job->transfer.body, v1->key, v1->secret,
		&note) != FAULT_NONE ||
	    write_headers(job, &note) != FAULT_NONE) {
		job_free(job);
		fail_waiting(v1, &note);
		return;
	}
	v1->is_fetching = true;
	http_curl_start(v1->http, &job->transfer);
}

/* Sends the job as soon as there is a token to send it with. */
static void
ask_with_token(struct job *job)
{
	struct iamport_v1 *v1 = job->v1;

	if (is_usable(v1)) {
		ask(job);
		return;
	}
	job->is_waiting = true;
	if (!v1->is_fetching)
		fetch_token(v1);
}

/* A call may bring a newer token, fetched by another process. */
static void
adopt_token(struct iamport_v1 *v1, const struct provider_token *token)
{
	if (iamport_v1_wire_is_token(token->text) &&
	    strcmp(token->text, v1->refused) != 0 &&
	    token->expires_ms > v1->token.expires_ms)
		v1->token = *token;
}

static void
start(void *self, struct provider_call *call)
{
	struct iamport_v1 *v1 = self;
	struct job *job;

	call->outcome = (struct provider_outcome){ .said = PROVIDER_NOT_SENT };
	adopt_token(v1, &call->token);
	job = job_new(v1, JOB_CALL, call);
	if (job == NULL) {
		(void)fault_set(
		    &call->outcome.note, FAULT_NOMEM, "no memory for a call");
		give_back(v1, call, PROVIDER_NOT_SENT);
		return;
	}
	ask_with_token(job);
}

/* What came of getToken. */
static enum fault
read_token(struct iamport_v1 *v1, struct http_curl_transfer *transfer,
    struct fault_note *note)
{
	struct iamport_v1_wire_token token;
	enum fault f;

	if (transfer->end != HTTP_CURL_ANSWERED)
		return fault_set(
		    note, FAULT_IO, "getToken: %.200s", transfer->note.text);
	if (transfer->status == 401)
		return fault_set(
		    note, FAULT_CONFIG, "i'mport refused key and secret");
	if (transfer->status != 200)
		return fault_set(
		    note, FAULT_IO, "getToken: HTTP %ld", transfer->status);
	f = iamport_v1_wire_token(buf_bytes(&transfer->reply),
	    buf_len(&transfer->reply), &token, note);
	if (f != FAULT_NONE)
		return f;
	memcpy(v1->token.text, token.text, sizeof(v1->token.text));
	v1->token.expires_ms = clock_now_ms(&v1->clock) + token.life_s * 1000;
	explicit_bzero(&token, sizeof(token));
	return FAULT_NONE;
}

/* Lets all that waited go, even if the token has little life left. */
static void
on_token(struct job *fetcher)
{
	struct iamport_v1 *v1 = fetcher->v1;
	struct fault_note note;
	struct job *job, *next;
	enum fault f;

	f = read_token(v1, &fetcher->transfer, &note);
	v1->is_fetching = false;
	job_free(fetcher);
	if (f != FAULT_NONE) {
		fail_waiting(v1, &note);
		return;
	}
	for (job = TAILQ_FIRST(&v1->jobs); job != NULL; job = next) {
		next = TAILQ_NEXT(job, link);
		if (!job->is_waiting)
			continue;
		job->is_waiting = false;
		job->call->outcome.has_new_token = true;
		job->call->outcome.new_token = v1->token;
		ask(job);
	}
}

/* The token was refused before i'mport looked at the request. */
static void
on_401(struct job *job)
{
	struct iamport_v1 *v1 = job->v1;

	memcpy(v1->refused, job->token, sizeof(v1->refused));
	if (strcmp(v1->token.text, job->token) == 0)
		v1->token = (struct provider_token){ .expires_ms = 0 };
	if (job->had_401) {
		(void)fault_set(
		    &job->call->outcome.note, FAULT_IO, "401 twice");
		shut_out(job,
		    job->call->want == PROVIDER_CANCEL ? PROVIDER_NOT_SENT
						       : PROVIDER_LOST);
		return;
	}
	/* If it was another request's 401, the next may be, too. */
	http_curl_distrust(v1->http);
	job->had_401 = true;
	ask_with_token(job);
}

/* A whole answer that is not a 401. */
static void
on_answer(struct job *job)
{
	struct provider_call *call = job->call;
	struct http_curl_transfer *transfer = &job->transfer;
	const char *bytes = buf_bytes(&transfer->reply);
	size_t len = buf_len(&transfer->reply);
	enum provider_said said;

	if (job->asks == JOB_FIND_ALL) {
		said = iamport_v1_outcome_of_list(
		    call, transfer->status, bytes, len);
		finish(job, said);
		return;
	}
	said = call->want == PROVIDER_LIST
	    ? iamport_v1_outcome_of_page(call, transfer->status, bytes, len)
	    : iamport_v1_outcome_of(call, transfer->status, bytes, len);
	if (said == PROVIDER_LOST)
		http_curl_distrust(job->v1->http);
	if (call->want == PROVIDER_FIND && said == PROVIDER_DONE) {
		job->asks = JOB_FIND_ALL;
		ask_with_token(job);
	} else {
		finish(job, said);
	}
}

static void
on_end(struct job *job)
{
	if (job->asks == JOB_TOKEN) {
		on_token(job);
		return;
	}
	switch (job->transfer.end) {
	case HTTP_CURL_NOT_SENT:
		job->call->outcome.note = job->transfer.note;
		finish(job, PROVIDER_NOT_SENT);
		break;
	case HTTP_CURL_LOST:
		job->call->outcome.note = job->transfer.note;
		finish(job, PROVIDER_LOST);
		break;
	case HTTP_CURL_ANSWERED:
		job->call->outcome.date_ms = job->transfer.date_ms;
		if (job->transfer.status == 401)
			on_401(job);
		else
			on_answer(job);
		break;
	}
}

/*
 * Sends home the cancels that waited for a token for too long, and says how
 * long the step may wait for the sake of the others.
 */
static int
expire_waiting(struct iamport_v1 *v1, int timeout_ms)
{
	int64_t left_ms;
	struct job *job, *next;

	if (!v1->is_fetching)
		return timeout_ms;
	for (job = TAILQ_FIRST(&v1->jobs); job != NULL; job = next) {
		next = TAILQ_NEXT(job, link);
		if (!job->is_waiting || job->call->want != PROVIDER_CANCEL)
			continue;
		left_ms =
		    job->call->send_by_ms - clock_steady_ms(&v1->clock) + 1;
		if (left_ms <= 0) {
			(void)fault_set(&job->call->outcome.note, FAULT_BUSY,
			    "too late to send: no token yet");
			shut_out(job, PROVIDER_NOT_SENT);
		} else if (left_ms < timeout_ms) {
			timeout_ms = (int)left_ms;
		}
	}
	return timeout_ms;
}

static struct provider_call *
step(void *self, int timeout_ms)
{
	struct iamport_v1 *v1 = self;
	struct http_curl_transfer *transfer;
	struct provider_call *ended;

	timeout_ms = expire_waiting(v1, timeout_ms);
	if (v1->ended != NULL)
		timeout_ms = 0;
	http_curl_step(v1->http, timeout_ms);
	while ((transfer = http_curl_take(v1->http)) != NULL)
		on_end(transfer->owner);
	ended = v1->ended;
	v1->ended = NULL;
	v1->last = &v1->ended;
	return ended;
}

static void
wake(void *self)
{
	struct iamport_v1 *v1 = self;

	http_curl_wake(v1->http);
}

static const struct provider_ops ops = {
	.start = start,
	.step = step,
	.wake = wake,
};

/*
 * In hex, so that it can be a key in a database.  Of the base URL as it is
 * written, but for slashes at its end: spelled otherwise it costs a token more.
 */
static enum fault
name_account(
    struct iamport_v1 *v1, const char *base_url, struct fault_note *note)
{
	size_t len = strlen(base_url);
	struct buf buf;
	enum fault f;

	while (len > 0 && base_url[len - 1] == '/')
		len--;
	buf_init(&buf, 8192);
	f = buf_add(&buf, base_url, len, note);
	if (f == FAULT_NONE)
		f = buf_printf(&buf, note, "\n%s", v1->key);
	if (f == FAULT_NONE)
		digest_hex(buf_bytes(&buf), buf_len(&buf), v1->account);
	buf_deinit(&buf);
	return f;
}

static bool
is_header_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static enum fault
check_options(const struct iamport_v1_options *options, struct fault_note *note)
{
	if (or_empty(options->key)[0] == '\0' ||
	    or_empty(options->secret)[0] == '\0')
		return fault_set(
		    note, FAULT_CONFIG, "iamport: key and secret are needed");
	if (!is_header_text(or_empty(options->tier)))
		return fault_set(
		    note, FAULT_CONFIG, "iamport: tier: visible ASCII only");
	return FAULT_NONE;
}

static enum fault
copy_options(struct iamport_v1 *v1, const struct iamport_v1_options *options,
    struct fault_note *note)
{
	v1->clock = options->clock;
	v1->timeout_ms = options->timeout_ms;
	v1->last = &v1->ended;
	TAILQ_INIT(&v1->jobs);
	v1->key = strdup(options->key);
	v1->secret = strdup(options->secret);
	v1->tier = strdup(or_empty(options->tier));
	if (v1->key == NULL || v1->secret == NULL || v1->tier == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for options");
	return FAULT_NONE;
}

enum fault
iamport_v1_open(const struct iamport_v1_options *options,
    struct iamport_v1 **ret_v1, struct fault_note *note)
{
	struct http_curl_options http = {
		.base_url = or_empty(options->base_url),
		.ca_file = options->ca_file,
		.max_connections = options->max_connections,
		.connect_timeout_ms = options->connect_timeout_ms,
		.clock = options->clock,
		.loads_late = options->loads_late,
	};
	struct iamport_v1 *v1 = NULL;
	enum fault f;

	f = check_options(options, note);
	if (f != FAULT_NONE)
		return f;
	v1 = calloc(1, sizeof(*v1));
	if (v1 == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for i'mport");
	f = copy_options(v1, options, note);
	if (f == FAULT_NONE)
		f = http_curl_open(&http, &v1->http, note);
	if (f == FAULT_NONE)
		f = name_account(v1, http.base_url, note);
	if (f != FAULT_NONE)
		iamport_v1_close(v1);
	else
		*ret_v1 = v1;
	return f;
}

void
iamport_v1_close(struct iamport_v1 *v1)
{
	if (v1 == NULL)
		return;
	while (!TAILQ_EMPTY(&v1->jobs))
		job_free(TAILQ_FIRST(&v1->jobs));
	http_curl_close(v1->http);
	free(v1->key);
	if (v1->secret != NULL)
		explicit_bzero(v1->secret, strlen(v1->secret));
	free(v1->secret);
	free(v1->tier);
	explicit_bzero(v1, sizeof(*v1));
	free(v1);
}

struct provider
iamport_v1_provider(struct iamport_v1 *v1)
{
	return (struct provider){ .ops = &ops, .self = v1 };
}

const char *
iamport_v1_account(const struct iamport_v1 *v1)
{
	return v1->account;
}
