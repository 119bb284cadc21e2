/* SPDX-License-Identifier: MIT */
/*
 * The ceiling: what a libfcgi responder of the usual kind can do that does
 * nothing but read its request and say hello, a thread for each.
 *   hello SOCKET THREADS [SLEEP_MS]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <fcgiapp.h>

#define STACK_SIZE (128 * 1024)
#define BACKLOG    4096

static int listener;
static useconds_t sleep_us;

static const char hello[] =
    "Status: 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Cache-Control: no-store\r\n"
    "\r\n"
    "{\"hello\":\"world\"}\n";

static void *
serve(void *arg)
{
	FCGX_Request request;
	char body[4096];

	(void)arg;
	FCGX_InitRequest(&request, listener, 0);
	while (FCGX_Accept_r(&request) == 0) {
		while (FCGX_GetStr(body, sizeof(body), request.in) > 0)
			;
		if (sleep_us > 0)
			usleep(sleep_us);
		FCGX_PutStr(hello, sizeof(hello) - 1, request.out);
		FCGX_Finish_r(&request);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i, n;

	if (argc < 3)
		return 2;
	n = atoi(argv[2]);
	sleep_us = argc > 3 ? (useconds_t)atoi(argv[3]) * 1000 : 0;
	FCGX_Init();
	listener = FCGX_OpenSocket(argv[1], BACKLOG);
	if (listener < 0)
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (i = 0; i < n; i++) {
		if (pthread_create(&thread, &attr, serve, NULL) != 0) {
			perror("hello: a thread");
			return 1;
		}
	}
	for (;;)
		pause();
}
