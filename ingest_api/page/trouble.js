// What a person is told when the server did not answer as it should.

import { t } from "./words.js";

export function wantsKey(error) {
  return error.status === 401 || error.status === 403;
}

export function said(error) {
  if (wantsKey(error)) return t("key_needed");
  if (error.status === 429) return t("rate_limited", { n: error.retryAfter || 10 });
  if (error.status === 503) return t("database_away");
  if (error.status === 0) return t("offline");
  return t("problem", { detail: error.message });
}
