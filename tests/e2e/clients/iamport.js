// iamport: the bare token, its reply read from the first piece of data alone.
"use strict";
const Iamport = require("iamport");

module.exports = (url, secret) => {
	Iamport.DEFAULT_HOST = url;
	const iamport = new Iamport({ impKey: "sandbox_key", impSecret: secret });
	const ask = async (promise) => {
		try {
			return { ok: await promise };
		} catch (error) {
			return { code: error.code, message: error.message };
		}
	};
	return {
		cancel: (data) => ask(iamport.payment.cancel(data)),
		find: (merchant_uid) => ask(iamport.payment.getByMerchant(
			{ merchant_uid })),
		read: (imp_uid) => ask(iamport.payment.getByImpUid({ imp_uid })),
		status: (payment_status) => ask(iamport.payment.getByStatus(
			{ payment_status })),
	};
};
