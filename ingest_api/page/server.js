// Requests to the API that serves this page, wherever it is mounted.

import { remember, remembered } from "./memory.js";

const ROOT = new URL("../../", import.meta.url);

class ServerError extends Error {
  constructor(status, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export function address(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

export function apiKey() {
  return remembered("key", "sessionStorage");
}

export function setApiKey(key) {
  remember("key", key, "sessionStorage");
}

export async function ask(path, { query = {}, body, signal } = {}) {
  const answer = await send(path, { query, body, signal });
  return answer.json();
}

export async function download(path, query) {
  return (await send(path, { query })).blob();
}

async function send(path, { query, body, signal }) {
  const headers = { accept: "application/json" };
  if (apiKey()) headers["x-api-key"] = apiKey();
  if (body !== undefined) headers["content-type"] = "application/json";
  const options = { headers, signal };
  if (body !== undefined) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  let answer;
  try {
    answer = await fetch(address(path, query), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(0, String(error.message));
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  const retryAfter = Number(answer.headers.get("retry-after")) || null;
  try {
    const problem = await answer.json();
    return new ServerError(answer.status, problem.detail || problem.error, retryAfter);
  } catch {
    return new ServerError(answer.status, answer.statusText, retryAfter);
  }
}
