// The live page's channel: the hub says when the lists changed and what the data plane counted; htmx fetches the lists anew.
"use strict";

const RENEW_MS = 45_000; // a token lasts 60 s
const RETRY_MS = [1_000, 15_000]; // after a lost channel: at random between these, so that pages do not come back all at once
const GOOD_S = 30; // FreeRDP and WireGuard's keepalive speak at least every 25 s
const SLOW_S = 90;

const LINES = { udp4: "UDP/IPv4", udp6: "UDP/IPv6", tcp4: "TCP 443/IPv4", tcp6: "TCP 443/IPv6" };

const page = document.getElementById("live");
const rows = document.getElementById("rows");
const facts = new Map();
let serverAhead = 0;

async function freshToken() {
  const answer = await fetch(page.dataset.token, { headers: { Accept: "application/json" } });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`token: ${answer.status}`);
  serverAhead = Date.parse(answer.headers.get("Date")) - Date.now();
  return JSON.stringify({ type: "hello", token: (await answer.json()).token });
}

async function open() {
  let hello;
  try {
    hello = await freshToken();
  } catch {
    retry();
    return;
  }
  const address = new URL(page.dataset.channel, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const channel = new WebSocket(address);
  const renewal = setInterval(async () => channel.send(await freshToken()), RENEW_MS);
  channel.onopen = () => channel.send(hello);
  channel.onmessage = (event) => receive(JSON.parse(event.data));
  channel.onclose = () => {
    clearInterval(renewal);
    document.body.classList.remove("live");
    retry();
  };
}

function retry() {
  const [least, most] = RETRY_MS;
  setTimeout(open, least + Math.random() * (most - least));
}

async function receive(message) {
  document.body.classList.add("live");
  if (message.type === "change") htmx.trigger(rows, "live-change");
  if (message.type === "facts") {
    for (const fact of message.facts) facts.set(fact.lease, withRate(fact, Date.now()));
    draw();
  }
}

function draw() {
  for (const line of rows.querySelectorAll("[data-lease]")) {
    const fact = facts.get(line.dataset.lease);
    if (fact) drawLine(line, fact);
  }
  for (const row of rows.querySelectorAll("tr:has([data-lease])")) drawPaths(row);
}

// A session has a path by up to two gateways: the one that its last packet took stands out, the other is its spare.
function drawPaths(row) {
  const leases = [...row.querySelectorAll("[data-lease]")].map((line) => line.dataset.lease);
  const last = (lease) => facts.get(lease)?.last_packet_ms ?? 0;
  const used = leases.reduce((best, lease) => (last(lease) > last(best) ? lease : best));
  for (const part of row.querySelectorAll("[data-lease], [data-gateway-of]")) {
    part.classList.toggle("spare", (part.dataset.lease ?? part.dataset.gatewayOf) !== used);
  }
}

function drawLine(line, fact) {
  const seconds = Math.max(0, Math.round((Date.now() + serverAhead - fact.last_packet_ms) / 1000));
  const seen = fact.last_packet_ms > 0;
  line.classList.toggle("good", seen && seconds <= GOOD_S);
  line.classList.toggle("slow", seen && seconds > GOOD_S && seconds <= SLOW_S);
  line.classList.toggle("lost", seen && seconds > SLOW_S);
  line.textContent = seen ? said(fact) : page.dataset.wordNever;
  drawGrace(line, fact.grace_until_ms);
  line.title = seen ? page.dataset.wordAgo.replace("{seconds}", seconds).replace("{gateway}", fact.gateway_ms) : "";
  if (seen && fact.tried) line.append(tried(fact.tried));
}

function said(fact) {
  const parts = [`↓ ${size(fact.sent)} ↑ ${size(fact.received)}`];
  if (fact.rate) parts.push(`${(fact.rate / 1e6).toFixed(1)} Mbit/s`);
  if (LINES[fact.line]) parts.unshift(LINES[fact.line]);
  if (fact.rtt_ms) parts.push(`${fact.rtt_ms} ms`);
  if (fact.loss_permille) parts.push(page.dataset.wordLoss.replace("{loss}", fact.loss_permille / 10));
  return parts.join(" · ");
}

function tried(count) {
  const badge = document.createElement("span");
  badge.className = "badge bg-orange-lt";
  badge.textContent = page.dataset.wordTried.replace("{count}", count);
  return badge;
}

function withRate(fact, arrived) {
  const before = facts.get(fact.lease);
  const seconds = before ? (arrived - before.arrived) / 1000 : 0;
  const bytes = before ? fact.sent + fact.received - before.sent - before.received : 0;
  const rate = seconds > 1 && bytes > 0 ? (8 * bytes) / seconds : 0;
  return { ...fact, arrived, rate };
}

// A best-effort session that the server cannot confirm says until when it goes on.
function drawGrace(line, until) {
  if (!until) return;
  const time = new Date(until).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const badge = document.createElement("span");
  badge.className = "badge bg-yellow-lt grace";
  badge.textContent = page.dataset.wordGrace.replace("{time}", time);
  line.append(" ", badge);
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let step = 0;
  for (; bytes >= 1024 && step < units.length - 1; step += 1) bytes /= 1024;
  return `${bytes.toFixed(step && bytes < 100 ? 1 : 0)} ${units[step]}`;
}

document.body.addEventListener("htmx:afterSwap", draw);
setInterval(draw, 1_000);
open();
