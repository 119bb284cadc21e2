/* SPDX-License-Identifier: MIT */
/*
 * The scripted server.  Requests come from libcurl only, so reading them is
 * kept simple: a head, and a body of Content-Length bytes.
 */
#include "provider/http-server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#define HUGE_LEN (1024 * 1024 + 1)

struct connection {
	struct server *server;
	int fd;
	SSL *ssl;
};

static bool
get(struct connection *c, char *to, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = c->ssl != NULL ? SSL_read(c->ssl, to, (int)len)
				   : recv(c->fd, to, len, 0);
		if (n <= 0)
			return false;
		to += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
put(struct connection *c, const char *from, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = c->ssl != NULL ? SSL_write(c->ssl, from, (int)len)
				   : send(c->fd, from, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		from += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
read_request(struct connection *c, struct server_seen *seen)
{
	const char *length;
	size_t len = 0;

	memset(seen, 0, sizeof(*seen));
	do {
		if (len + 1 >= sizeof(seen->head) ||
		    !get(c, seen->head + len, 1))
			return false;
		len++;
	} while (strstr(seen->head, "\r\n\r\n") == NULL);
	length = strstr(seen->head, "Content-Length: ");
	len = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
	assert(len < sizeof(seen->body));
	return get(c, seen->body, len);
}

/* The next answer of the script; remembers the request. */
static struct server_reply
next_reply(struct server *server, const struct server_seen *seen)
{
	bool is_token = strstr(seen->head, "/users/getToken ") != NULL;
	const struct server_reply *replies =
	    is_token ? server->tokens : server->replies;
	int n = is_token ? server->n_tokens : server->n_replies;
	int *i = is_token ? &server->i_token : &server->i_reply;
	struct server_reply reply;

	(void)pthread_mutex_lock(&server->lock);
	assert(server->n_seen < SERVER_SEEN_MAX && n > 0);
	server->seen[server->n_seen++] = *seen;
	reply = replies[*i < n ? *i : n - 1];
	(*i)++;
	(void)pthread_mutex_unlock(&server->lock);
	return reply;
}

static void
pause_ms(int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&time, NULL);
}

/* Returns whether the connection goes on. */
static bool
answer(struct connection *c, const struct server_reply *reply)
{
	char head[400], *body = NULL;
	size_t len;
	bool is_kept = reply->how != SERVER_TRUNCATE;

	if (reply->how == SERVER_HANG) {
		/* Until the other side has had enough. */
		(void)get(c, head, 1);
		return false;
	}
	pause_ms(reply->delay_ms);
	if (reply->how == SERVER_DROP)
		return false;
	if (reply->how == SERVER_HUGE) {
		body = malloc(HUGE_LEN + 1);
		assert(body != NULL);
		memset(body, ' ', HUGE_LEN);
		body[HUGE_LEN] = '\0';
	} else {
		body = strdup(reply->body);
		assert(body != NULL);
	}
	len = strlen(body);
	(void)snprintf(head, sizeof(head),
	    "HTTP/1.1 %d X\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
	    "Location: /elsewhere\r\nContent-Length: %zu\r\n\r\n",
	    reply->status, reply->how == SERVER_TRUNCATE ? len + 9 : len);
	is_kept = put(c, head, strlen(head)) && put(c, body, len) && is_kept;
	free(body);
	return is_kept;
}

static void
count(struct server *server, int change)
{
	(void)pthread_mutex_lock(&server->lock);
	server->n_open += change;
	if (server->n_open > server->max_open)
		server->max_open = server->n_open;
	if (change < 0)
		server->n_threads--;
	(void)pthread_mutex_unlock(&server->lock);
}

static void *
serve(void *arg)
{
	struct connection *c = arg;
	struct server_reply reply;
	struct server_seen seen;
	bool is_up = true;

	count(c->server, 1);
	if (c->server->tls != NULL) {
		c->ssl = SSL_new(c->server->tls);
		is_up =
		    SSL_set_fd(c->ssl, c->fd) == 1 && SSL_accept(c->ssl) == 1;
	}
	while (is_up && read_request(c, &seen)) {
		reply = next_reply(c->server, &seen);
		is_up = answer(c, &reply);
	}
	SSL_free(c->ssl);
	(void)close(c->fd);
	count(c->server, -1);
	free(c);
	return NULL;
}

static void *
accept_all(void *arg)
{
	struct server *server = arg;
	struct connection *c;
	pthread_t thread;
	int fd, one = 1;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		c = calloc(1, sizeof(*c));
		assert(c != NULL);
		c->server = server;
		c->fd = fd;
		/* Head and body are sent apart: neither waits for an ACK. */
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		(void)pthread_mutex_lock(&server->lock);
		server->n_connections++;
		server->n_threads++;
		(void)pthread_mutex_unlock(&server->lock);
		assert(pthread_create(&thread, NULL, serve, c) == 0);
		(void)pthread_detach(thread);
	}
	return NULL;
}

void
server_start(struct server *server, SSL_CTX *tls)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->tls = tls;
	(void)pthread_mutex_init(&server->lock, NULL);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(server->fd >= 0);
	assert(bind(server->fd, (struct sockaddr *)&address, len) == 0);
	assert(listen(server->fd, 64) == 0);
	assert(getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
	server->port = ntohs(address.sin_port);
	assert(pthread_create(&server->thread, NULL, accept_all, server) == 0);
}

void
server_stop(struct server *server)
{
	bool is_busy = true;

	(void)shutdown(server->fd, SHUT_RDWR);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->fd);
	while (is_busy) {
		(void)pthread_mutex_lock(&server->lock);
		is_busy = server->n_threads > 0;
		(void)pthread_mutex_unlock(&server->lock);
		pause_ms(1);
	}
	(void)pthread_mutex_destroy(&server->lock);
}

void
server_script(struct server *server, const struct server_reply *tokens,
    int n_tokens, const struct server_reply *replies, int n_replies)
{
	(void)pthread_mutex_lock(&server->lock);
	server->tokens = tokens;
	server->n_tokens = n_tokens;
	server->replies = replies;
	server->n_replies = n_replies;
	server->i_token = 0;
	server->i_reply = 0;
	server->n_seen = 0;
	server->max_open = server->n_open;
	(void)pthread_mutex_unlock(&server->lock);
}

int
server_count(struct server *server, const char *start)
{
	int i, n = 0;

	(void)pthread_mutex_lock(&server->lock);
	for (i = 0; i < server->n_seen; i++) {
		if (strncmp(server->seen[i].head, start, strlen(start)) == 0)
			n++;
	}
	(void)pthread_mutex_unlock(&server->lock);
	return n;
}

bool
server_has(struct server *server, const char *text)
{
	bool has = false;
	int i;

	(void)pthread_mutex_lock(&server->lock);
	for (i = 0; i < server->n_seen; i++)
		has = has || strstr(server->seen[i].head, text) != NULL;
	(void)pthread_mutex_unlock(&server->lock);
	return has;
}

static X509 *
make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_EXTENSION *extension;
	X509_NAME *name;

	assert(certificate != NULL);
	assert(X509_set_version(certificate, 2) == 1);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	assert(X509_set_pubkey(certificate, key) == 1);
	name = X509_get_subject_name(certificate);
	assert(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		   (const unsigned char *)"test", -1, -1, 0) == 1);
	assert(X509_set_issuer_name(certificate, name) == 1);
	extension = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	assert(extension != NULL);
	assert(X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
	assert(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

SSL_CTX *
server_tls(const char *path)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate;
	FILE *file;

	assert(tls != NULL && key != NULL);
	certificate = make_certificate(key);
	assert(SSL_CTX_use_certificate(tls, certificate) == 1);
	assert(SSL_CTX_use_PrivateKey(tls, key) == 1);
	file = fopen(path, "w");
	assert(file != NULL);
	assert(PEM_write_X509(file, certificate) == 1);
	(void)fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return tls;
}
