// iamport-rest-client-nodejs: Bearer, one method a call, lists by pages.
"use strict";
const { Iamport, Request: { Payments } } = require("iamport-rest-client-nodejs");

module.exports = (url, secret) => {
	const iamport = new Iamport(
		{ apiKey: "sandbox_key", apiSecret: secret, baseUrl: url });
	const ask = async (request) => {
		try {
			const { response, failed } = (await request.request(iamport)).data;
			return { ok: response, failed };
		} catch (error) {
			if (!error.response)
				throw error;
			const { data, status } = error.response;
			return { status, code: data.code, message: data.message };
		}
	};
	return {
		cancel: (data) => ask(Payments.cancel(data)),
		find: (merchant_uid) => ask(Payments.getByMerchantUid(
			{ merchant_uid, status: "paid" })),
		read: (imp_uid) => ask(Payments.getByImpUid({ imp_uid })),
		all: (merchant_uid) => ask(Payments.getByMerchantUids(
			{ merchant_uid, status: "paid", page: 1 })),
		status: (status) => ask(Payments.getByStatus({ status, limit: 3 })),
		many: (imp_uid) => ask(Payments.getByImpUids({ imp_uid })),
	};
};
