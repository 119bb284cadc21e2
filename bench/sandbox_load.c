/* SPDX-License-Identifier: MIT */
/*
 * Load for bench/sandbox: cancels over kept connections, one in flight on each,
 * every one of an order of its own, and every answer looked at.  One thread, so
 * that the sandbox and not its measure is what is measured.
 *   sandbox_load PORT TOKEN CONNECTIONS CANCELS FIRST_ORDER
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 4096
#define EVENTS     512

struct client {
	int fd;
	size_t len;
	char answer[ANSWER_MAX + 1];
};

struct load {
	int epoll;
	const char *token;
	unsigned long next, last; /* orders still to be asked for */
	unsigned long done, bad;
};

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static double
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool
ask(struct load *load, struct client *client)
{
	char body[128], head[512];
	int n, len;

	if (load->next == load->last)
		return false;
	n = snprintf(body, sizeof(body),
	    "imp_uid=imp_%012lu&amount=1000&checksum=10000&reason=bench",
	    load->next++);
	len = snprintf(head, sizeof(head),
	    "POST /payments/cancel HTTP/1.1\r\nHost: localhost\r\n"
	    "Authorization: Bearer %s\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: %d\r\n\r\n%s",
	    load->token, n, body);
	client->len = 0;
	if (send(client->fd, head, (size_t)len, 0) != len)
		die("send");
	return true;
}

/* Is the answer whole?  Its length is promised in its head. */
static bool
is_whole(const struct client *client)
{
	const char *end = strstr(client->answer, "\r\n\r\n");
	const char *promise = strstr(client->answer, "Content-Length: ");

	return end != NULL && promise != NULL &&
	    client->len >= (size_t)(end + 4 - client->answer) +
		strtoul(promise + 16, NULL, 10);
}

static void
take(struct load *load, struct client *client)
{
	ssize_t n = recv(client->fd, client->answer + client->len,
	    ANSWER_MAX - client->len, 0);

	if (n <= 0)
		die("recv");
	client->len += (size_t)n;
	client->answer[client->len] = '\0';
	if (!is_whole(client))
		return;
	load->done++;
	if (strstr(client->answer, "{\"code\":0,") == NULL ||
	    strstr(client->answer, "\"cancel_amount\":1000,") == NULL)
		load->bad++;
	(void)ask(load, client);
}

static void
open_client(struct load *load, struct client *client, unsigned short port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 ||
	    connect(client->fd, (const struct sockaddr *)&address,
		sizeof(address)) != 0 ||
	    epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0)
		die("connect");
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	struct rlimit limit;
	struct client *clients;
	struct load load;
	unsigned long i, n, first;
	double began;

	if (argc != 6)
		return 2;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	n = strtoul(argv[3], NULL, 10);
	first = strtoul(argv[5], NULL, 10);
	load = (struct load){ .epoll = epoll_create1(EPOLL_CLOEXEC),
		.token = argv[2],
		.next = first,
		.last = first + strtoul(argv[4], NULL, 10) };
	clients = calloc(n, sizeof(*clients));
	if (clients == NULL || load.epoll < 0)
		die("start");
	for (i = 0; i < n; i++)
		open_client(&load, &clients[i],
		    (unsigned short)strtoul(argv[1], NULL, 10));
	began = now();
	for (i = 0; i < n; i++)
		(void)ask(&load, &clients[i]);
	while (load.done < load.last - first) {
		int k, ready = epoll_wait(load.epoll, events, EVENTS, 30000);

		if (ready == 0 || (ready < 0 && errno != EINTR))
			die("no answer for 30 s");
		for (k = 0; k < ready; k++)
			take(&load, events[k].data.ptr);
	}
	printf("%lu %lu %.3f\n", load.done, load.bad, now() - began);
	return load.bad == 0 ? 0 : 1;
}
