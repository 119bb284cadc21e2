/* SPDX-License-Identifier: MIT */
/*
 * What a ticket has to say to be believed.  Tokens are put together by hand, so
 * that they may be wrong in ways no library would make them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/ticket.h"

#define NOW    INT64_C(1795700000)
#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER  "fedcba9876543210fedcba9876543210"
#define HS256  "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define GOOD   "\"aud\":\"cancelpay\",\"sub\":\"order-1\",\"max_amount\":5000,"
#define TIMES  "\"jti\":\"t-1\",\"exp\":1795700900"

static const struct ticket_secrets secrets = { { SECRET, OTHER }, 2 };

/* Base64 as in a URL, without its padding. */
static void
add_base64(char *token, const void *bytes, size_t len)
{
	char *end = token + strlen(token), *p;

	EVP_EncodeBlock((unsigned char *)end, bytes, (int)len);
	for (p = end; *p != '\0' && *p != '='; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	*p = '\0';
}

/* Valid until the next one. */
static const char *
sign(const char *header, const char *claims, const char *secret,
    const EVP_MD *hash)
{
	static char token[200000];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len;

	token[0] = '\0';
	add_base64(token, header, strlen(header));
	strcat(token, ".");
	add_base64(token, claims, strlen(claims));
	assert_non_null(HMAC(hash, secret, (int)strlen(secret),
	    (unsigned char *)token, strlen(token), mac, &len));
	strcat(token, ".");
	add_base64(token, mac, len);
	return token;
}

static enum ticket_verdict
read_claims(const char *claims, struct ticket *ret, const char **ret_claim)
{
	return ticket_read(&secrets, sign(HS256, claims, SECRET, EVP_sha256()),
	    NOW, ret, ret_claim);
}

static void
a_good_ticket_says_what_the_shop_allows(void **state)
{
	struct ticket ticket;
	const char *claim;

	(void)state;
	assert_int_equal(TICKET_GOOD,
	    read_claims("{" GOOD TIMES ",\"requester\":\"admin\","
			"\"nbf\":1795700060,\"iat\":1795700060,\"more\":{}}",
		&ticket, &claim));
	assert_string_equal(ticket.id, "t-1");
	assert_string_equal(ticket.order, "order-1");
	assert_string_equal(ticket.most, "5000");
	assert_false(ticket.most_is_string);
	assert_false(ticket.is_customer);
	assert_null(claim);
}

static void
who_does_not_say_so_is_the_customer(void **state)
{
	struct ticket ticket;
	const char *claim;

	(void)state;
	assert_int_equal(TICKET_GOOD,
	    read_claims("{\"aud\":[\"cancelpay\"],\"sub\":\"홍길동 1\","
			"\"max_amount\":\"12.50\"," TIMES "}",
		&ticket, &claim));
	assert_true(ticket.is_customer);
	assert_string_equal(ticket.order, "홍길동 1");
	assert_string_equal(ticket.most, "12.50");
	assert_true(ticket.most_is_string);
}

static void
the_secret_before_is_believed_too_and_no_other(void **state)
{
	const char *claims = "{" GOOD TIMES "}", *claim;
	struct ticket ticket;

	(void)state;
	assert_int_equal(TICKET_GOOD,
	    ticket_read(&secrets, sign(HS256, claims, OTHER, EVP_sha256()), NOW,
		&ticket, &claim));
	assert_int_equal(TICKET_FORGED,
	    ticket_read(&secrets,
		sign(HS256, claims, "0123456789abcdef0123456789abcdeX",
		    EVP_sha256()),
		NOW, &ticket, &claim));
}

/* Each by a good secret or none: only HS256 is ours. */
static void
another_algorithm_is_refused(void **state)
{
	const char *claims = "{" GOOD TIMES "}", *claim;
	struct ticket ticket;
	const struct {
		const char *header;
		const EVP_MD *hash;
	} cases[] = {
		{ "{\"alg\":\"none\"}", EVP_sha256() },
		{ "{\"alg\":\"None\",\"typ\":\"JWT\"}", EVP_sha256() },
		{ "{\"alg\":\"hs256\",\"typ\":\"JWT\"}", EVP_sha256() },
		{ "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", EVP_sha256() },
		{ "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", EVP_sha256() },
		{ "{\"alg\":\"HS384\",\"typ\":\"JWT\"}", EVP_sha384() },
		{ "{\"alg\":\"HS512\",\"typ\":\"JWT\"}", EVP_sha512() },
		{ "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", EVP_sha256() },
		{ "{\"typ\":\"JWT\"}", EVP_sha256() },
		{ "{\"alg\":256}", EVP_sha256() },
		{ "[]", EVP_sha256() },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].header);
		assert_int_equal(TICKET_FORGED,
		    ticket_read(&secrets,
			sign(cases[i].header, claims, SECRET, cases[i].hash),
			NOW, &ticket, &claim));
	}
}

static void
a_token_without_signature_is_refused(void **state)
{
	struct ticket ticket;
	const char *claim;
	char *token;

	(void)state;
	token = strdup(sign(
	    "{\"alg\":\"none\"}", "{" GOOD TIMES "}", SECRET, EVP_sha256()));
	assert_non_null(token);
	strrchr(token, '.')[1] = '\0';
	assert_int_equal(
	    TICKET_FORGED, ticket_read(&secrets, token, NOW, &ticket, &claim));
	*strrchr(token, '.') = '\0';
	assert_int_equal(
	    TICKET_FORGED, ticket_read(&secrets, token, NOW, &ticket, &claim));
	free(token);
}

static void
every_claim_has_to_be_what_it_should_be(void **state)
{
	static const struct {
		const char *claims;
		const char *claim;
	} cases[] = {
		{ "{\"sub\":\"o\",\"max_amount\":1," TIMES "}", "aud" },
		{ "{\"aud\":\"shop\",\"sub\":\"o\",\"max_amount\":1," TIMES "}",
		    "aud" },
		{ "{\"aud\":[\"cancelpay\",\"b\"],\"sub\":\"o\","
		  "\"max_amount\":1," TIMES "}",
		    "aud" },
		{ "{\"aud\":null,\"sub\":\"o\",\"max_amount\":1," TIMES "}",
		    "aud" },
		{ "{\"aud\":\"cancelpay\",\"max_amount\":1," TIMES "}", "sub" },
		{ "{\"aud\":\"cancelpay\",\"sub\":7,\"max_amount\":1," TIMES
		  "}",
		    "sub" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"\",\"max_amount\":1," TIMES
		  "}",
		    "sub" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\"," TIMES "}",
		    "max_amount" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\",\"max_amount\":-1,"
		  "" TIMES "}",
		    "max_amount" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\",\"max_amount\":1.5,"
		  "" TIMES "}",
		    "max_amount" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\",\"max_amount\":1e3,"
		  "" TIMES "}",
		    "max_amount" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\",\"max_amount\":\"\","
		  "" TIMES "}",
		    "max_amount" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\",\"max_amount\":\" 1\","
		  "" TIMES "}",
		    "max_amount" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\","
		  "\"max_amount\":\"100000000000000000000000\"," TIMES "}",
		    "max_amount" },
		{ "{\"aud\":\"cancelpay\",\"sub\":\"o\",\"max_amount\":null,"
		  "" TIMES "}",
		    "max_amount" },
		{ "{" GOOD "\"exp\":1795700900}", "jti" },
		{ "{" GOOD "\"jti\":7,\"exp\":1795700900}", "jti" },
		{ "{" GOOD "\"jti\":\"\",\"exp\":1795700900}", "jti" },
		{ "{" GOOD "\"jti\":\"a b\",\"exp\":1795700900}", "jti" },
		{ "{" GOOD "\"jti\":\"홍\",\"exp\":1795700900}", "jti" },
		{ "{" GOOD "\"jti\":\"t\"}", "exp" },
		{ "{" GOOD "\"jti\":\"t\",\"exp\":\"1795700900\"}", "exp" },
		{ "{" GOOD "\"jti\":\"t\",\"exp\":1795700900.5}", "exp" },
		{ "{" GOOD TIMES ",\"nbf\":\"1\"}", "nbf" },
		{ "{" GOOD TIMES ",\"iat\":null}", "iat" },
		{ "{" GOOD TIMES ",\"requester\":\"root\"}", "requester" },
		{ "{" GOOD TIMES ",\"requester\":1}", "requester" },
	};
	struct ticket ticket;
	const char *claim;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].claims);
		assert_int_equal(TICKET_UNFIT,
		    read_claims(cases[i].claims, &ticket, &claim));
		assert_string_equal(claim, cases[i].claim);
	}
}

static void
a_ticket_is_good_for_a_quarter_of_an_hour(void **state)
{
	static const struct {
		const char *times;
		enum ticket_verdict verdict;
	} cases[] = {
		{ "\"exp\":1795700001", TICKET_GOOD },
		{ "\"exp\":1795700000", TICKET_EXPIRED },
		{ "\"exp\":0", TICKET_EXPIRED },
		{ "\"exp\":-9223372036854775808", TICKET_EXPIRED },
		{ "\"exp\":1795700960", TICKET_GOOD },
		{ "\"exp\":1795700961", TICKET_LONG },
		{ "\"exp\":9223372036854775807", TICKET_LONG },
		{ "\"exp\":1795700900,\"nbf\":1795700060", TICKET_GOOD },
		{ "\"exp\":1795700900,\"nbf\":1795700061", TICKET_EARLY },
		{ "\"exp\":1795700900,\"iat\":1795700061", TICKET_EARLY },
	};
	struct ticket ticket;
	const char *claim;
	char claims[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].times);
		(void)snprintf(claims, sizeof(claims),
		    "{" GOOD "\"jti\":\"t\",%s}", cases[i].times);
		assert_int_equal(
		    cases[i].verdict, read_claims(claims, &ticket, &claim));
	}
}

static void
what_is_no_token_is_refused(void **state)
{
	static const char *const tokens[] = { "", ".", "..", "...", "a.b.c",
		"eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.e30",
		"eyJhbGciOiJIUzI1NiJ9.e30.!!!!", "%%%.%%%.%%%",
		"eyJhbGciOiJIUzI1NiJ9.e30.AAAA.AAAA", "\xff\xfe.\x01.\x02" };
	struct ticket ticket;
	const char *claim;
	char *large, *claims;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		assert_int_equal(TICKET_FORGED,
		    ticket_read(&secrets, tokens[i], NOW, &ticket, &claim));
	large = calloc(1, 100001);
	claims = calloc(1, 100200);
	assert_true(large != NULL && claims != NULL);
	memset(large, 'x', 100000);
	(void)snprintf(
	    claims, 100200, "{" GOOD TIMES ",\"more\":\"%s\"}", large);
	assert_int_equal(TICKET_FORGED, read_claims(claims, &ticket, &claim));
	free(large);
	free(claims);
}

static void
what_is_minted_is_believed(void **state)
{
	const struct ticket wanted = { .order = "주문/1",
		.most = "12.50",
		.most_is_string = true,
		.is_customer = true };
	char token[TICKET_TEXT_MAX + 1], again[TICKET_TEXT_MAX + 1];
	struct fault_note note = { "" };
	struct ticket ticket, second;
	const char *claim;

	(void)state;
	assert_int_equal(
	    FAULT_NONE, ticket_mint(&secrets, &wanted, NOW, 900, token, &note));
	assert_int_equal(
	    TICKET_GOOD, ticket_read(&secrets, token, NOW, &ticket, &claim));
	assert_string_equal(ticket.order, wanted.order);
	assert_string_equal(ticket.most, wanted.most);
	assert_true(ticket.most_is_string && ticket.is_customer);
	assert_int_equal(TICKET_EXPIRED,
	    ticket_read(&secrets, token, NOW + 900, &ticket, &claim));
	assert_int_equal(
	    FAULT_NONE, ticket_mint(&secrets, &wanted, NOW, 900, again, &note));
	assert_int_equal(
	    TICKET_GOOD, ticket_read(&secrets, again, NOW, &second, &claim));
	assert_string_not_equal(ticket.id, second.id);
}

static enum fault
read_file(const char *text, mode_t mode, struct ticket_secrets *ret,
    struct fault_note *note)
{
	char path[] = "ticket-t.XXXXXX";
	int fd = mkstemp(path);
	enum fault f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
	f = ticket_secrets_read(path, ret, note);
	assert_int_equal(unlink(path), 0);
	return f;
}

static void
secrets_are_one_or_two_long_lines(void **state)
{
	struct fault_note note = { "" };
	struct ticket_secrets got;

	(void)state;
	assert_int_equal(FAULT_NONE, read_file(SECRET "\n", 0600, &got, &note));
	assert_int_equal(got.n, 1);
	assert_string_equal(got.text[0], SECRET);
	assert_int_equal(
	    FAULT_NONE, read_file(OTHER "\r\n" SECRET, 0400, &got, &note));
	assert_int_equal(got.n, 2);
	assert_string_equal(got.text[0], OTHER);
	assert_string_equal(got.text[1], SECRET);
	assert_int_equal(FAULT_CONFIG, read_file("", 0600, &got, &note));
	assert_int_equal(
	    FAULT_CONFIG, read_file(SECRET "\n\n", 0600, &got, &note));
	assert_int_equal(FAULT_CONFIG,
	    read_file(SECRET "\n" OTHER "\n" SECRET "\n", 0600, &got, &note));
	assert_non_null(strstr(note.text, "one or two lines"));
	assert_int_equal(
	    FAULT_CONFIG, read_file(SECRET " x\n", 0600, &got, &note));
	assert_int_equal(
	    FAULT_CONFIG, read_file(SECRET "\nshort\n", 0600, &got, &note));
	assert_non_null(strstr(note.text, "line 2"));
	assert_null(strstr(note.text, "short"));
	assert_int_equal(
	    FAULT_CONFIG, read_file(SECRET "\n", 0640, &got, &note));
	assert_non_null(strstr(note.text, "0600"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_ticket_says_what_the_shop_allows),
		cmocka_unit_test(who_does_not_say_so_is_the_customer),
		cmocka_unit_test(
		    the_secret_before_is_believed_too_and_no_other),
		cmocka_unit_test(another_algorithm_is_refused),
		cmocka_unit_test(a_token_without_signature_is_refused),
		cmocka_unit_test(every_claim_has_to_be_what_it_should_be),
		cmocka_unit_test(a_ticket_is_good_for_a_quarter_of_an_hour),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(what_is_minted_is_believed),
		cmocka_unit_test(secrets_are_one_or_two_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
