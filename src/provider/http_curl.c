/* SPDX-License-Identifier: MIT */
/*
 * One curl_multi, the transfers that wait for a place in it, and a pool of easy
 * handles.  Certificates are checked against one X509_STORE shared by all
 * handles: libcurl would load the system's whole bundle for each of them, some
 * 30 ms and a megabyte a time.
 */
#include "provider/http_curl.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/curl_library.h"
#include "provider/http_base.h"
#include "provider/http_wait.h"

_Static_assert(sizeof(((struct fault_note *)NULL)->text) >= CURL_ERROR_SIZE,
    "libcurl writes its error text into a note");

struct http_curl {
	const char *base_url, *ca_file;
	bool is_ready; /* libcurl is loaded; so are the next five */
	struct curl_library curl;
	CURLM *multi;
	struct http_wait wait;
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
	/* Steady: none of those waiting is late before. */
	int64_t late_ms;
};

/* Certificates under the hashes of their names, as c_rehash makes them? */
static bool
is_hashed(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool is = false;
	size_t len;

	if (dir == NULL)
		return false;
	while (!is && (entry = readdir(dir)) != NULL) {
		len = strlen(entry->d_name);
		is = len > 2 && strcmp(entry->d_name + len - 2, ".0") == 0;
	}
	(void)closedir(dir);
	return is;
}

/*
 * The system's authorities are a folder that OpenSSL looks into when it meets
 * an issuer, so nothing is loaded before it is needed: the one file that may
 * hold them all takes longer than a refund.
 */
static enum fault
open_system_authorities(struct http_curl *http, struct fault_note *note)
{
	const char *folder = getenv(X509_get_default_cert_dir_env());
	int is_good;

	if (folder == NULL)
		folder = X509_get_default_cert_dir();
	if (is_hashed(folder))
		is_good = X509_STORE_load_path(http->authorities, folder);
	else
		is_good = X509_STORE_set_default_paths(http->authorities);
	if (is_good == 1)
		return FAULT_NONE;
	return fault_set(note, FAULT_CONFIG,
	    "the system's certificate authorities can't be used");
}

static bool
is_https(const struct http_curl *http)
{
	return strncmp(http->base, "https:", 6) == 0;
}

static enum fault
open_authorities(struct http_curl *http, struct fault_note *note)
{
	const char *ca_file = http->ca_file;

	http->authorities = X509_STORE_new();
	if (http->authorities == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for TLS");
	if (ca_file == NULL || ca_file[0] == '\0')
		return is_https(http) ? open_system_authorities(http, note)
				      : FAULT_NONE;
	if (X509_STORE_load_file(http->authorities, ca_file) != 1)
		return fault_set(note, FAULT_CONFIG,
		    "ca_file: no certificates in %s", ca_file);
	return FAULT_NONE;
}

static enum fault
open_multi(struct http_curl *http, struct fault_note *note)
{
	http->idle =
	    calloc((size_t)http->max_connections, sizeof(http->idle[0]));
	http->multi = http->curl.curl_multi_init();
	if (http->idle == NULL || http->multi == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for HTTP");
	if (http->curl.curl_multi_setopt(http->multi,
		CURLMOPT_MAX_TOTAL_CONNECTIONS,
		(long)http->max_connections) != CURLM_OK ||
	    http->curl.curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
		(long)http->max_connections) != CURLM_OK)
		return fault_set(note, FAULT_BUG, "libcurl refused its limits");
	return http_wait_open(
	    &http->wait, &http->curl, http->multi, &http->clock, note);
}

static void
take_apart(struct http_curl *http)
{
	while (http->n_idle > 0)
		http->curl.curl_easy_cleanup(http->idle[--http->n_idle]);
	free(http->idle);
	http->idle = NULL;
	if (http->multi != NULL)
		(void)http->curl.curl_multi_cleanup(http->multi);
	http->multi = NULL;
	http_wait_close(&http->wait);
	X509_STORE_free(http->authorities);
	http->authorities = NULL;
	free(http->base);
	http->base = NULL;
	http->curl.curl_global_cleanup();
	http->is_ready = false;
}

static enum fault
make_ready(struct http_curl *http, struct fault_note *note)
{
	enum fault f;

	if (http->is_ready)
		return FAULT_NONE;
	f = curl_library_load(&http->curl, note);
	if (f != FAULT_NONE)
		return f;
	/* Counted by libcurl; the last cleanup is its end. */
	if (!curl_library_start(&http->curl))
		return fault_set(note, FAULT_NOMEM, "libcurl can't start");
	f = http_base_make(&http->curl, http->base_url, &http->base, note);
	if (f == FAULT_NONE)
		f = open_authorities(http, note);
	if (f == FAULT_NONE)
		f = open_multi(http, note);
	if (f != FAULT_NONE)
		take_apart(http);
	else
		http->is_ready = true;
	return f;
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
	http->late_ms = INT64_MAX;
	http_wait_init(&http->wait);
	http->base_url = options->base_url;
	http->ca_file = options->ca_file;
	http->max_connections = options->max_connections;
	http->connect_timeout_ms = options->connect_timeout_ms;
	http->clock = options->clock;
	if (!options->loads_late) {
		f = make_ready(http, note);
		if (f != FAULT_NONE) {
			free(http);
			return f;
		}
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
	if (http->is_ready)
		take_apart(http);
	free(http);
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

	while ((header = transfer->headers) != NULL) {
		transfer->headers = header->next;
		explicit_bzero(header->data, strlen(header->data));
		free(header->data);
		free(header);
	}
	buf_deinit(&transfer->path);
	buf_deinit(&transfer->body);
	buf_deinit(&transfer->reply);
}

/* The list is libcurl's, its memory ours: it may not be loaded yet. */
enum fault
http_curl_transfer_header(struct http_curl_transfer *transfer, const char *name,
    const char *value, struct fault_note *note)
{
	struct curl_slist *header = calloc(1, sizeof(*header));
	size_t size = strlen(name) + strlen(value) + sizeof(": ");

	assert(strpbrk(value, "\r\n") == NULL);
	if (header != NULL)
		header->data = malloc(size);
	if (header == NULL || header->data == NULL) {
		free(header);
		return fault_set(note, FAULT_NOMEM, "no memory for a header");
	}
	/* To libcurl a header without a value is one to leave out. */
	(void)snprintf(header->data, size, "%s:%s%s", name,
	    value[0] == '\0' ? "" : " ", value);
	header->next = transfer->headers;
	transfer->headers = header;
	return FAULT_NONE;
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
	http->curl.SSL_CTX_set1_cert_store(ssl_ctx, http->authorities);
	return CURLE_OK;
}

/* Goes on to the next option only while libcurl takes them. */
#define SET(option, value)                                                     \
	do {                                                                   \
		if (rc == CURLE_OK)                                            \
			rc = curl->curl_easy_setopt(easy, option, value);      \
	} while (0)

/* What every transfer has to keep to, whatever it carries. */
static CURLcode
set_rules(struct http_curl *http, CURL *easy)
{
	const struct curl_library *curl = &http->curl;
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, is_https(http) ? "https" : "http");
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
	/* Most answers have less; 16 kB would be half of a waiting refund. */
	SET(CURLOPT_BUFFERSIZE, 4096L);
	/* Over TLS each waiting refund has one: the least that is taken. */
	SET(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	SET(CURLOPT_PREREQFUNCTION, before_send);
	SET(CURLOPT_WRITEFUNCTION, take_reply);
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

/* All that one transfer may have different from the last of its handle. */
static CURLcode
set_request(CURL *easy, const char *url, struct http_curl_transfer *transfer)
{
	const struct curl_library *curl = &transfer->http->curl;
	/*
	 * An answer on a connection that has carried anything else may be a
	 * repeated answer to that: HTTP/1.1 can't tell.
	 */
	long is_alone = is_distrusted(transfer->http);
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_URL, url);
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	if (buf_len(&transfer->body) > 0) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE, (long)buf_len(&transfer->body));
		SET(CURLOPT_POSTFIELDS, buf_bytes(&transfer->body));
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_FRESH_CONNECT, is_alone);
	SET(CURLOPT_FORBID_REUSE, is_alone);
	SET(CURLOPT_TIMEOUT_MS, (long)transfer->timeout_ms);
	SET(CURLOPT_ERRORBUFFER, transfer->note.text);
	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_PREREQDATA, transfer);
	SET(CURLOPT_WRITEDATA, transfer);
	return rc;
}

#undef SET

/* One that keeps the rules: an old one, or a new one.  NULL: no memory. */
static CURL *
take_easy(struct http_curl *http)
{
	CURL *easy;

	if (http->n_idle > 0)
		return http->idle[--http->n_idle];
	easy = http->curl.curl_easy_init();
	if (easy == NULL || set_rules(http, easy) == CURLE_OK)
		return easy;
	http->curl.curl_easy_cleanup(easy);
	return NULL;
}

static void
put_easy(struct http_curl *http, CURL *easy)
{
	/* The transfer's, which goes. */
	(void)http->curl.curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	http->idle[http->n_idle++] = easy;
}

static void
run(struct http_curl *http, struct http_curl_transfer *transfer)
{
	CURL *easy;
	struct buf url;
	bool is_ready;

	if (make_ready(http, &transfer->note) != FAULT_NONE) {
		end(transfer, HTTP_CURL_NOT_SENT);
		return;
	}
	easy = take_easy(http);
	buf_init(&url, 4096);
	is_ready = easy != NULL &&
	    buf_printf(&url, NULL, "%s%s", http->base,
		buf_bytes(&transfer->path)) == FAULT_NONE &&
	    set_request(easy, buf_bytes(&url), transfer) == CURLE_OK &&
	    http->curl.curl_multi_add_handle(http->multi, easy) == CURLM_OK;
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

static void
wait_in_line(struct http_curl *http, struct http_curl_transfer *transfer)
{
	transfer->place = HTTP_CURL_AT_DOOR;
	TAILQ_INSERT_TAIL(&http->waiting, transfer, link);
	if (transfer->once && transfer->send_by_ms < http->late_ms)
		http->late_ms = transfer->send_by_ms;
}

/* Whose time is over goes home; the others keep their places. */
static void
dismiss_late(struct http_curl *http)
{
	struct http_curl_transfers all = TAILQ_HEAD_INITIALIZER(all);
	struct http_curl_transfer *transfer;

	TAILQ_CONCAT(&all, &http->waiting, link);
	http->late_ms = INT64_MAX;
	while ((transfer = TAILQ_FIRST(&all)) != NULL) {
		TAILQ_REMOVE(&all, transfer, link);
		if (!is_late(transfer)) {
			wait_in_line(http, transfer);
			continue;
		}
		(void)fault_set(
		    &transfer->note, FAULT_BUSY, "too late to send");
		end(transfer, HTTP_CURL_NOT_SENT);
	}
}

/* Lets in who waited longest. */
static void
admit(struct http_curl *http)
{
	struct http_curl_transfer *transfer;

	if (clock_steady_ms(&http->clock) > http->late_ms)
		dismiss_late(http);
	while (http->n_running < http->max_connections &&
	    (transfer = TAILQ_FIRST(&http->waiting)) != NULL) {
		TAILQ_REMOVE(&http->waiting, transfer, link);
		run(http, transfer);
	}
}

void
http_curl_start(struct http_curl *http, struct http_curl_transfer *transfer)
{
	transfer->http = http;
	wait_in_line(http, transfer);
	admit(http);
}

/* Takes a running transfer off its handle. */
static void
stop(struct http_curl *http, struct http_curl_transfer *transfer)
{
	CURL *easy = transfer->easy;

	(void)http->curl.curl_multi_remove_handle(http->multi, easy);
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
read_date(const struct http_curl *http, CURL *easy)
{
	struct curl_header *header;
	time_t date;

	if (http->curl.curl_easy_header(
		easy, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return 0;
	date = http->curl.curl_getdate(header->value, NULL);
	return date <= 0 ? 0 : (int64_t)date * 1000;
}

static void
finish(struct http_curl *http, CURL *easy, CURLcode rc)
{
	struct http_curl_transfer *transfer = NULL;
	enum http_curl_end how = HTTP_CURL_ANSWERED;

	(void)http->curl.curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	assert(transfer != NULL && transfer->easy == easy);
	if (rc == CURLE_OK) {
		(void)http->curl.curl_easy_getinfo(
		    easy, CURLINFO_RESPONSE_CODE, &transfer->status);
		transfer->date_ms = read_date(http, easy);
	} else {
		how = transfer->is_sent ? HTTP_CURL_LOST : HTTP_CURL_NOT_SENT;
		if (transfer->refusal != NULL)
			(void)fault_set(
			    &transfer->note, FAULT_IO, "%s", transfer->refusal);
		else if (transfer->note.text[0] == '\0')
			(void)fault_set(&transfer->note, FAULT_IO, "%s",
			    http->curl.curl_easy_strerror(rc));
	}
	stop(http, transfer);
	end(transfer, how);
}

/* How long to wait: not past the moment one of those waiting is too late. */
static int
wait_ms(const struct http_curl *http, int timeout_ms)
{
	int64_t left_ms;

	if (!TAILQ_EMPTY(&http->ended))
		return 0;
	if (http->late_ms == INT64_MAX)
		return timeout_ms;
	left_ms = http->late_ms - clock_steady_ms(&http->clock) + 1;
	if (left_ms < 0)
		return 0;
	return left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

void
http_curl_step(struct http_curl *http, int timeout_ms)
{
	CURLMsg *message;
	int n;

	admit(http);
	if (!http->is_ready)
		return;
	http_wait_step(&http->wait, wait_ms(http, timeout_ms));
	while ((message = http->curl.curl_multi_info_read(http->multi, &n)) !=
	    NULL) {
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
	if (http->is_ready)
		http_wait_wake(&http->wait);
}
