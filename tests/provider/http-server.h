/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server on loopback inside a test, a thread for each connection.  It
 * gives the answers of a script in order, remembers what it was asked, and
 * knows nothing of i'mport.
 */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <pthread.h>
#include <stdbool.h>

#include <openssl/ssl.h>

#define SERVER_SEEN_MAX 64

enum server_how {
	SERVER_ANSWER,   /* status and body, and keeps the connection */
	SERVER_DROP,     /* closes without a byte */
	SERVER_TRUNCATE, /* says more is to come, and closes */
	SERVER_HUGE,     /* a body of a megabyte and one byte */
	SERVER_HANG      /* answers never */
};

struct server_reply {
	enum server_how how;
	int status;
	const char *body;
	int delay_ms;
};

struct server_seen {
	char head[2048]; /* request line and headers */
	char body[4096];
};

struct server {
	int port;
	int fd;
	SSL_CTX *tls; /* NULL = plain */
	pthread_t thread;
	pthread_mutex_t lock;
	/* Answers to /users/getToken and to all else, each in its order; the
	 * last one is given again and again. */
	const struct server_reply *tokens, *replies;
	int n_tokens, n_replies;
	int i_token, i_reply;
	struct server_seen seen[SERVER_SEEN_MAX];
	int n_seen;
	int n_connections, n_open, max_open;
	int n_threads;
};

void server_start(struct server *server, SSL_CTX *tls);
/* server_stop: waits for its threads. */
void server_stop(struct server *server);
/* server_script: start over with other answers, and nothing seen. */
void server_script(struct server *server, const struct server_reply *tokens,
    int n_tokens, const struct server_reply *replies, int n_replies);
/* server_count: how many requests seen begin with this text. */
int server_count(struct server *server, const char *start);
/* server_has: was this text in the head of any request? */
bool server_has(struct server *server, const char *text);

/*
 * server_tls: a new certificate for 127.0.0.1, signed by itself, written to
 * path as PEM.
 */
SSL_CTX *server_tls(const char *path);

#endif
