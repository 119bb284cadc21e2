/* SPDX-License-Identifier: MIT */
/*
 * One curl_multi, the transfers that wait for a place in it, and a pool of easy
 * handles.  Certificates are checked against one X509_STORE shared by all
 * handles: libcurl would load the system's whole bundle for each of them, some
 * 30 ms and a megabyte a time.
 */
#include "provider/http_curl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "provider/http_base.h"

_Static_assert(sizeof(((struct fault_note *)NULL)->text) >= CURL_ERROR_SIZE,
    "libcurl writes its error text into a note");

struct http_curl {
	CURLM *multi;
	X509_STORE *authorities;
	char *base;
	int max_connections;
	int connect_timeout_ms;
	int64_t distrust_until_ms;
	struct clock clock;
	int n_running;
	CURL **idle; /* easy handles to use again; max_connections places */
	int n_idle;
	/* The oldest first; ended ones until they are taken. */
	struct http_curl_transfers waiting, ended;
};

/*
 * The system's authorities are a folder that OpenSSL looks into when it meets
 * an issuer, so nothing is loaded before it is needed.
 */
static enum fault
open_authorities(
    struct http_curl *http, const char *ca_file, struct fault_note *note)
{
	http->authorities = X509_STORE_new();
	if (http->authorities == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for TLS");
	if (ca_file != NULL && ca_file[0] != '\0') {
		if (X509_STORE_load_file(http->authorities, ca_file) != 1)
			return fault_set(note, FAULT_CONFIG,
			    "ca_file: no certificates in %s", ca_file);
	} else if (X509_STORE_set_default_paths(http->authorities) != 1) {
		return fault_set(note, FAULT_CONFIG,
		    "the system's certificate authorities can't be used");
	}
	return FAULT_NONE;
}

static enum fault
open_multi(struct http_curl *http, struct fault_note *note)
{
	http->idle =
	    calloc((size_t)http->max_connections, sizeof(http->idle[0]));
	http->multi = curl_multi_init();
	if (http->idle == NULL || http->multi == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for HTTP");
	if (curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
		(long)http->max_connections) != CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
		(long)http->max_connections) != CURLM_OK)
		return fault_set(note, FAULT_BUG, "libcurl refused its limits");
	return FAULT_NONE;
}

enum fault
http_curl_open(const struct http_curl_options *options,
    struct http_curl **ret_http, struct fault_note *note)
{
	struct http_curl *http;
	enum fault f;

	if (options->max_connections < 1)
		return fault_set(
		    note, FAULT_CONFIG, "max_connections: has to be 1 or more");
	http = calloc(1, sizeof(*http));
	if (http == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for HTTP");
	TAILQ_INIT(&http->waiting);
	TAILQ_INIT(&http->ended);
	http->max_connections = options->max_connections;
	http->connect_timeout_ms = options->connect_timeout_ms;
	http->clock = options->clock;
	/* Counted by libcurl; the last close cleans up. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return fault_set(note, FAULT_NOMEM, "libcurl can't start");
	}
	f = http_base_make(options->base_url, &http->base, note);
	if (f == FAULT_NONE)
		f = open_authorities(http, options->ca_file, note);
	if (f == FAULT_NONE)
		f = open_multi(http, note);
	if (f != FAULT_NONE) {
		http_curl_close(http);
		return f;
	}
	*ret_http = http;
	return FAULT_NONE;
}

void
http_curl_close(struct http_curl *http)
{
	if (http == NULL)
		return;
	assert(http->n_running == 0 && TAILQ_EMPTY(&http->waiting));
	while (http->n_idle > 0)
		curl_easy_cleanup(http->idle[--http->n_idle]);
	free(http->idle);
	if (http->multi != NULL)
		(void)curl_multi_cleanup(http->multi);
	X509_STORE_free(http->authorities);
	free(http->base);
	free(http);
	curl_global_cleanup();
}

const char *
http_curl_base(const struct http_curl *http)
{
	return http->base;
}

void
http_curl_transfer_init(struct http_curl_transfer *transfer)
{
	*transfer = (struct http_curl_transfer){ .end = HTTP_CURL_NOT_SENT };
	buf_init(&transfer->path, 1024);
	/* Far below the megabyte before which libcurl would ask for a 100. */
	buf_init(&transfer->body, 64 * 1024);
	buf_init(&transfer->reply, HTTP_CURL_REPLY_MAX);
}

void
http_curl_transfer_deinit(struct http_curl_transfer *transfer)
{
	struct curl_slist *header;

	for (header = transfer->headers; header != NULL; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	buf_deinit(&transfer->path);
	buf_deinit(&transfer->body);
	buf_deinit(&transfer->reply);
}

enum fault
http_curl_transfer_header(struct http_curl_transfer *transfer, const char *name,
    const char *value, struct fault_note *note)
{
	struct curl_slist *headers = NULL;
	struct buf line;
	enum fault f;

	assert(strpbrk(value, "\r\n") == NULL);
	buf_init(&line, 1024);
	/* To libcurl a header without a value is one to leave out. */
	f = buf_printf(
	    &line, note, "%s:%s%s", name, value[0] == '\0' ? "" : " ", value);
	if (f != FAULT_NONE)
		goto out;
	headers = curl_slist_append(transfer->headers, buf_bytes(&line));
	if (headers == NULL)
		f = fault_set(note, FAULT_NOMEM, "no memory for a header");
	else
		transfer->headers = headers;
out:
	buf_deinit(&line);
	return f;
}

static void
end(struct http_curl_transfer *transfer, enum http_curl_end how)
{
	transfer->end = how;
	transfer->place = HTTP_CURL_AT_END;
	TAILQ_INSERT_TAIL(&transfer->http->ended, transfer, link);
}

static bool
is_late(const struct http_curl_transfer *transfer)
{
	return transfer->once &&
	    clock_steady_ms(&transfer->http->clock) > transfer->send_by_ms;
}

/*
 * Called by libcurl on a connection that is ready, TLS included, before each
 * send of the request.
 */
static int
before_send(
    void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	struct http_curl_transfer *transfer = arg;

	(void)remote_ip;
	(void)local_ip;
	(void)remote_port;
	(void)local_port;
	if (transfer->once && transfer->is_sent)
		transfer->refusal = "the kept connection died, and nothing is "
				    "sent twice";
	else if (is_late(transfer))
		transfer->refusal = "too late to send";
	if (transfer->refusal != NULL)
		return CURL_PREREQFUNC_ABORT;
	transfer->is_sent = true;
	/* Of a first try that libcurl gave up. */
	buf_clear(&transfer->reply);
	return CURL_PREREQFUNC_OK;
}

static size_t
take_reply(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_curl_transfer *transfer = arg;

	if (buf_add(&transfer->reply, bytes, size * n, NULL) == FAULT_NONE)
		return size * n;
	transfer->refusal = "the reply is too long, or memory is short";
	return 0;
}

static CURLcode
share_authorities(CURL *easy, void *ssl_ctx, void *arg)
{
	struct http_curl *http = arg;

	(void)easy;
	SSL_CTX_set1_cert_store(ssl_ctx, http->authorities);
	return CURLE_OK;
}

/* Goes on to the next option only while libcurl takes them. */
#define SET(option, value)                                                     \
	do {                                                                   \
		if (rc == CURLE_OK)                                            \
			rc = curl_easy_setopt(easy, option, value);            \
	} while (0)

/* What every transfer has to keep to, whatever it carries. */
static CURLcode
set_rules(struct http_curl *http, CURL *easy)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR,
	    strncmp(http->base, "https:", 6) == 0 ? "https" : "http");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PATH_AS_IS, 1L);
	/* Below Apache's usual 5 s, so that we seldom meet its close. */
	SET(CURLOPT_MAXAGE_CONN, 3L);
	/* Nothing from the environment or a home directory. */
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_CAINFO, NULL);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSL_CTX_FUNCTION, share_authorities);
	SET(CURLOPT_SSL_CTX_DATA, http);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_timeout_ms);
	SET(CURLOPT_USERAGENT, "cancelpay");
	return rc;
}

/* Some answer was another's: so may be all on the connections there are. */
#define DISTRUST_MS 5000

static bool
is_distrusted(const struct http_curl *http)
{
	return clock_steady_ms(&http->clock) < http->distrust_until_ms;
}

void
http_curl_distrust(struct http_curl *http)
{
	http->distrust_until_ms = clock_steady_ms(&http->clock) + DISTRUST_MS;
}

static CURLcode
set_request(CURL *easy, const char *url, struct http_curl_transfer *transfer)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_URL, url);
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	if (buf_len(&transfer->body) > 0) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE, (long)buf_len(&transfer->body));
		SET(CURLOPT_POSTFIELDS, buf_bytes(&transfer->body));
	}
	/*
	 * An answer on a connection that has carried anything else may be a
	 * repeated answer to that: HTTP/1.1 can't tell.
	 */
	if (is_distrusted(transfer->http)) {
		SET(CURLOPT_FRESH_CONNECT, 1L);
		SET(CURLOPT_FORBID_REUSE, 1L);
	}
	SET(CURLOPT_TIMEOUT_MS, (long)transfer->timeout_ms);
	SET(CURLOPT_ERRORBUFFER, transfer->note.text);
	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_PREREQFUNCTION, before_send);
	SET(CURLOPT_PREREQDATA, transfer);
	SET(CURLOPT_WRITEFUNCTION, take_reply);
	SET(CURLOPT_WRITEDATA, transfer);
	return rc;
}

#undef SET

static CURL *
take_easy(struct http_curl *http)
{
	if (http->n_idle > 0)
		return http->idle[--http->n_idle];
	return curl_easy_init();
}

/* A reset keeps what makes a handle worth keeping: its allocations. */
static void
put_easy(struct http_curl *http, CURL *easy)
{
	curl_easy_reset(easy);
	http->idle[http->n_idle++] = easy;
}

static void
run(struct http_curl *http, struct http_curl_transfer *transfer)
{
	CURL *easy = take_easy(http);
	struct buf url;
	bool is_ready;

	buf_init(&url, 4096);
	is_ready = easy != NULL &&
	    buf_printf(&url, NULL, "%s%s", http->base,
		buf_bytes(&transfer->path)) == FAULT_NONE &&
	    set_rules(http, easy) == CURLE_OK &&
	    set_request(easy, buf_bytes(&url), transfer) == CURLE_OK &&
	    curl_multi_add_handle(http->multi, easy) == CURLM_OK;
	buf_deinit(&url);
	if (is_ready) {
		transfer->place = HTTP_CURL_AT_WORK;
		transfer->easy = easy;
		http->n_running++;
		return;
	}
	if (easy != NULL)
		put_easy(http, easy);
	(void)fault_set(
	    &transfer->note, FAULT_NOMEM, "libcurl did not take the request");
	end(transfer, HTTP_CURL_NOT_SENT);
}

/* Lets in who waited longest, and sends home whose time is over. */
static void
admit(struct http_curl *http)
{
	struct http_curl_transfer *transfer, *next;

	for (transfer = TAILQ_FIRST(&http->waiting); transfer != NULL;
	     transfer = next) {
		next = TAILQ_NEXT(transfer, link);
		if (is_late(transfer)) {
			TAILQ_REMOVE(&http->waiting, transfer, link);
			(void)fault_set(
			    &transfer->note, FAULT_BUSY, "too late to send");
			end(transfer, HTTP_CURL_NOT_SENT);
		} else if (http->n_running < http->max_connections) {
			TAILQ_REMOVE(&http->waiting, transfer, link);
			run(http, transfer);
		}
	}
}

void
http_curl_start(struct http_curl *http, struct http_curl_transfer *transfer)
{
	transfer->http = http;
	transfer->place = HTTP_CURL_AT_DOOR;
	TAILQ_INSERT_TAIL(&http->waiting, transfer, link);
	admit(http);
}

/* Takes a running transfer off its handle. */
static void
stop(struct http_curl *http, struct http_curl_transfer *transfer)
{
	CURL *easy = transfer->easy;

	(void)curl_multi_remove_handle(http->multi, easy);
	put_easy(http, easy);
	http->n_running--;
}

void
http_curl_drop(struct http_curl *http, struct http_curl_transfer *transfer)
{
	switch (transfer->place) {
	case HTTP_CURL_AT_DOOR:
		TAILQ_REMOVE(&http->waiting, transfer, link);
		break;
	case HTTP_CURL_AT_WORK:
		stop(http, transfer);
		break;
	case HTTP_CURL_AT_END:
		TAILQ_REMOVE(&http->ended, transfer, link);
		break;
	case HTTP_CURL_AT_HOME:
		break;
	}
	transfer->place = HTTP_CURL_AT_HOME;
}

static int64_t
read_date(CURL *easy)
{
	struct curl_header *header;
	time_t date;

	if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return 0;
	date = curl_getdate(header->value, NULL);
	return date <= 0 ? 0 : (int64_t)date * 1000;
}

static void
finish(struct http_curl *http, CURL *easy, CURLcode rc)
{
	struct http_curl_transfer *transfer = NULL;
	enum http_curl_end how = HTTP_CURL_ANSWERED;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	assert(transfer != NULL && transfer->easy == easy);
	if (rc == CURLE_OK) {
		(void)curl_easy_getinfo(
		    easy, CURLINFO_RESPONSE_CODE, &transfer->status);
		transfer->date_ms = read_date(easy);
	} else {
		how = transfer->is_sent ? HTTP_CURL_LOST : HTTP_CURL_NOT_SENT;
		if (transfer->refusal != NULL)
			(void)fault_set(
			    &transfer->note, FAULT_IO, "%s", transfer->refusal);
		else if (transfer->note.text[0] == '\0')
			(void)fault_set(&transfer->note, FAULT_IO, "%s",
			    curl_easy_strerror(rc));
	}
	stop(http, transfer);
	end(transfer, how);
}

/* How long to wait: not past the moment one of those waiting is too late. */
static int
wait_ms(const struct http_curl *http, int timeout_ms)
{
	const struct http_curl_transfer *transfer;
	int64_t now_ms = clock_steady_ms(&http->clock), left_ms;

	for (transfer = TAILQ_FIRST(&http->waiting); transfer != NULL;
	     transfer = TAILQ_NEXT(transfer, link)) {
		if (!transfer->once)
			continue;
		left_ms = transfer->send_by_ms - now_ms + 1;
		if (left_ms < timeout_ms)
			timeout_ms = left_ms < 0 ? 0 : (int)left_ms;
	}
	return timeout_ms;
}

void
http_curl_step(struct http_curl *http, int timeout_ms)
{
	CURLMsg *message;
	int n;

	admit(http);
	if (TAILQ_EMPTY(&http->ended))
		(void)curl_multi_poll(
		    http->multi, NULL, 0, wait_ms(http, timeout_ms), NULL);
	(void)curl_multi_perform(http->multi, &n);
	while ((message = curl_multi_info_read(http->multi, &n)) != NULL) {
		if (message->msg == CURLMSG_DONE)
			finish(
			    http, message->easy_handle, message->data.result);
	}
	admit(http);
}

struct http_curl_transfer *
http_curl_take(struct http_curl *http)
{
	struct http_curl_transfer *transfer = TAILQ_FIRST(&http->ended);

	if (transfer != NULL)
		http_curl_drop(http, transfer);
	return transfer;
}

void
http_curl_wake(struct http_curl *http)
{
	(void)curl_multi_wakeup(http->multi);
}
