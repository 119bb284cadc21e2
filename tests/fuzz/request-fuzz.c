/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a request (tests/web/fake_io.h says how they are laid out):
 * whatever is read keeps the promises of app/request.h, every refusal is JSON
 * with a status, and FastCGI and CGI make the same of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <json-c/json.h>

#include "fuzz/fuzz.h"
#include "web/fake_io.h"
#include "web/web_request.h"
#include "web/web_static.h"

static enum fault
one(void *self, uint64_t *ret_bits, struct fault_note *note)
{
	(void)self;
	(void)note;
	*ret_bits = 1;
	return FAULT_NONE;
}

static const struct web web = {
	.chance = { one, NULL },
	.auth = { .mode = WEB_AUTH_NONE,
	    .allowed_origins = "https://shop.example" },
	.webhook_addresses = "",
	.static_dir = "",
};

static void
check_amount(const struct request_amount *amount, bool may_be_zero)
{
	if (!amount->is_given)
		return;
	fuzz_must(amount->text[strspn(amount->text, "0123456789.")] == '\0');
	fuzz_must(
	    may_be_zero || amount->text[strspn(amount->text, "0.")] != '\0');
	fuzz_must(amount->is_string || strchr(amount->text, '.') == NULL);
}

static void
check_refund(const struct refund_request *refund)
{
	fuzz_must(
	    refund->imp_uid[0] != '\0' || refund->merchant_uid[0] != '\0');
	fuzz_text(refund->imp_uid, 32);
	fuzz_text(refund->merchant_uid, 40);
	fuzz_text(refund->reason, REASON_CHARS);
	fuzz_must(strstr(refund->reason, "[cp:") == NULL);
	fuzz_text(refund->account.holder, 16);
	fuzz_text(refund->account.bank, 4);
	fuzz_text(refund->account.account, 16);
	fuzz_text(refund->account.tel, 16);
	check_amount(&refund->amount, false);
	check_amount(&refund->tax_free, true);
	check_amount(&refund->vat, true);
	fuzz_text(refund->idempotency_key, IDEMPOTENCY_KEY_SIZE - 1);
	fuzz_must(strcmp(refund->caller, "none") == 0);
}

static void
check_request(const struct web_request *request, struct web_io *io,
    struct web_reply *reply)
{
	fuzz_text(request->base_path, sizeof(request->base_path));
	fuzz_must(request->base_path[strcspn(request->base_path, "\r\n :\\")] ==
	    '\0');
	fuzz_must(strstr(request->base_path, "//") == NULL);
	switch (request->route) {
	case WEB_ROUTE_REFUND:
		check_refund(&request->refund);
		break;
	case WEB_ROUTE_PAYMENT:
		fuzz_must(request->merchant_uid[0] != '\0');
		fuzz_text(request->merchant_uid, 40);
		break;
	case WEB_ROUTE_STATE:
		fuzz_must(refund_id_is_valid(request->refund_id));
		break;
	case WEB_ROUTE_WEBHOOK:
		fuzz_must(request->imp_uid[0] != '\0');
		fuzz_text(request->imp_uid, 32);
		break;
	case WEB_ROUTE_HEALTH:
	case WEB_ROUTE_METRICS:
		break;
	case WEB_ROUTE_STATIC:
		fuzz_must(strstr(request->path, "..") != request->path);
		fuzz_must(strstr(request->path, "/..") == NULL);
		fuzz_must(
		    web_static_read("/var/empty/none", request->path,
			request->base_path, io, reply, NULL) == FAULT_ABSENT);
		break;
	}
}

static void
check_refusal(const struct web_reply *reply)
{
	struct json_object *root;

	/* A preflight's answer has no body. */
	if (reply->status == 0 || reply->status == 204)
		return;
	fuzz_must(reply->status >= 400 && reply->status <= 599);
	root = json_tokener_parse(buf_bytes(&reply->body));
	fuzz_must(json_object_is_type(root, json_type_object));
	json_object_put(root);
}

/* Standard input holds the body from its beginning. */
static void
set_stdin(const unsigned char *body, size_t len)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("body", MFD_CLOEXEC);
		fuzz_must(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	}
	fuzz_must(ftruncate(fd, 0) == 0);
	fuzz_must(pwrite(fd, body, len, 0) == (ssize_t)len);
	fuzz_must(lseek(fd, 0, SEEK_SET) == 0);
}

/* The same variables and body as a CGI program gets them. */
static bool
read_as_cgi(struct fake_io *fake, struct web_request *ret_request,
    struct web_reply *ret_reply)
{
	struct web_io io = { .fcgx = NULL };
	char **own = environ;
	bool is_good;

	environ = fake->params;
	is_good = web_request_read(&web, &io, ret_request, ret_reply);
	environ = own;
	return is_good;
}

/*
 * A body that goes on behind its length: FastCGI shows that a web server does
 * so, CGI programs read no further.
 */
static bool
is_past_its_length(const struct fake_io *fake)
{
	const char *text = web_io_param(&fake->io, "CONTENT_LENGTH");

	return text != NULL && *text != '\0' &&
	    strtoull(text, NULL, 10) <
	    (size_t)(fake->in.stop - fake->in.rdNext);
}

/* What it is must not hang on how the program was started. */
static void
check_same(const struct web_request *request, const struct web_request *other)
{
	fuzz_must(request->route == other->route);
	fuzz_must(strcmp(request->merchant_uid, other->merchant_uid) == 0);
	fuzz_must(strcmp(request->refund_id, other->refund_id) == 0);
	fuzz_must(strcmp(request->imp_uid, other->imp_uid) == 0);
	fuzz_must(strcmp(request->path, other->path) == 0);
	fuzz_must(strcmp(request->base_path, other->base_path) == 0);
	fuzz_must(memcmp(request->refund.fingerprint, other->refund.fingerprint,
		      FINGERPRINT_LEN) == 0);
	fuzz_must(memcmp(request->refund.key_mac, other->refund.key_mac,
		      FINGERPRINT_LEN) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct fake_io fake;
	struct web_request request, as_cgi;
	struct web_reply reply, cgi_reply;
	bool is_good, is_same;

	fake_io_init(&fake, (const char *)bytes, len);
	is_same = !is_past_its_length(&fake);
	set_stdin(fake.in.rdNext, (size_t)(fake.in.stop - fake.in.rdNext));
	web_reply_init(&reply);
	web_reply_init(&cgi_reply);
	is_good = web_request_read(&web, &fake.io, &request, &reply);
	fuzz_must(
	    read_as_cgi(&fake, &as_cgi, &cgi_reply) == is_good || !is_same);
	fuzz_must(cgi_reply.status == reply.status || !is_same);
	if (is_good) {
		if (is_same)
			check_same(&request, &as_cgi);
		check_request(&request, &fake.io, &reply);
	} else {
		check_refusal(&reply);
	}
	web_reply_deinit(&cgi_reply);
	web_reply_deinit(&reply);
	fake_io_deinit(&fake);
	return 0;
}
