import type { Family, Sample } from "./exposition.ts";
import type { Operated } from "./operated.ts";

/** All there is to measure, read when asked for. Every label has a bounded set of values: none is a channel, a user or an address. */
export function collectMetrics(operated: Operated): readonly Family[] {
  return [
    ...collectLines(operated),
    ...collectMessages(operated),
    ...collectStore(operated),
    ...collectHealth(operated),
    ...collectProcess(),
  ];
}

function collectLines({ meters, shell }: Operated): readonly Family[] {
  const { accepted, backpressured, bytesIn, bytesOut, messagesIn, messagesOut, refused } = shell.engine.counters;
  const closes = meters.closes.map(({ by, code, count }) => ({ labels: { code, by }, value: count }));
  return [
    gauge("switchboard_connections", "Open WebSocket connections.", shell.info.connectionCount),
    counter("switchboard_handshakes_total", "Handshakes by how they were answered.", [
      { labels: { result: "accepted" }, value: accepted },
      { labels: { result: "refused" }, value: refused },
    ]),
    counter(
      "switchboard_connections_closed_total",
      "Connections that ended, by close code and who ended them.",
      closes,
    ),
    counter("switchboard_received_messages_total", "WebSocket messages received.", one(messagesIn)),
    counter("switchboard_sent_messages_total", "WebSocket messages sent, one for each receiver.", one(messagesOut)),
    counter("switchboard_received_bytes_total", "Bytes received behind the handshakes, frames included.", one(bytesIn)),
    counter("switchboard_sent_bytes_total", "Bytes handed to the sockets.", one(bytesOut)),
    gauge(
      "switchboard_send_queue_bytes",
      "Bytes that wait for their receivers, all connections together.",
      shell.queuedBytes,
    ),
    gauge("switchboard_congested_connections", "Connections whose queue is over its mark.", shell.congestedCount),
    counter("switchboard_congestions_total", "How often a connection's queue went over its mark.", one(backpressured)),
  ];
}

function collectMessages({ meters, shell }: Operated): readonly Family[] {
  const { deliveredCount, droppedEphemeralCount, gapCounts, refusedCounts, replayedCount } = shell.counters;
  return [
    gauge("switchboard_channels", "Channels that are followed.", shell.info.channelCount),
    counter(
      "switchboard_appends_total",
      "Events handed to the store, by what came of them.",
      byLabel("result", Object.entries(meters.appends)),
    ),
    {
      type: "histogram",
      name: "switchboard_append_duration_seconds",
      help: "From handing an event to the store until it was stable, which is when it is acknowledged.",
      histogram: meters.appendSeconds,
    },
    counter("switchboard_deliveries_total", "Stored events sent to subscribers: live, or replayed from the log.", [
      { labels: { way: "live" }, value: deliveredCount },
      { labels: { way: "replay" }, value: replayedCount },
    ]),
    counter(
      "switchboard_gaps_total",
      "Losses that were told to a subscriber, by reason.",
      byLabel("reason", Object.entries(gapCounts)),
    ),
    counter(
      "switchboard_dropped_ephemerals_total",
      "Ephemeral events that a slow subscriber did not get.",
      one(droppedEphemeralCount),
    ),
    counter(
      "switchboard_refusals_total",
      "Requests of clients that were refused, by the code of the error.",
      byLabel("code", mergeAppCodes(refusedCounts)),
    ),
    counter(
      "switchboard_hook_failures_total",
      "Hooks that threw, rejected or took too long.",
      byLabel("hook", meters.hookFailures),
    ),
  ];
}

function collectStore({ broker, durability, store }: Operated): readonly Family[] {
  const level = { labels: { durability }, value: 1 };
  const families: readonly Family[] = [
    { type: "gauge", name: "switchboard_store_info", help: "What the store gives.", samples: [level] },
    gauge("switchboard_store_up", "Whether the store is there.", store.outage === undefined ? 1 : 0),
  ];
  const stats = broker.stats?.();
  if (stats === undefined) return families;
  const { commitCount, commitMs, committedCount, pendingCount } = stats;
  return [
    ...families,
    {
      type: "summary",
      name: "switchboard_store_commit_duration_seconds",
      help: "Commits of the store, waiting for the disk included.",
      count: commitCount,
      sum: commitMs / 1_000,
    },
    counter("switchboard_store_committed_total", "Events in these commits: many share one.", one(committedCount)),
    gauge("switchboard_store_pending_requests", "Requests that wait for the store.", pendingCount),
  ];
}

function collectHealth({ info, readiness }: Operated): readonly Family[] {
  const { status } = info();
  const canary = readiness.canaryMs;
  return [
    gauge("switchboard_up", "Whether the gateway takes connections and its store is there.", status === "ok" ? 1 : 0),
    gauge("switchboard_draining", "Whether the gateway lets its connections go.", status === "draining" ? 1 : 0),
    ...(canary === undefined
      ? []
      : [gauge("switchboard_canary_duration_seconds", "How long the newest canary of /readyz took.", canary / 1_000)]),
  ];
}

/** The names that all Prometheus clients give these. */
function collectProcess(): readonly Family[] {
  const { system, user } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  return [
    counter("process_cpu_seconds_total", "CPU time of the process, all threads.", one((system + user) / 1_000_000)),
    gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", rss),
    gauge(
      "process_start_time_seconds",
      "When the process began, in seconds since 1970.",
      performance.timeOrigin / 1_000,
    ),
    gauge("nodejs_heap_size_used_bytes", "Memory that JavaScript values take.", heapUsed),
    counter(
      "nodejs_eventloop_active_seconds_total",
      "Time in which the event loop was busy.",
      one(performance.eventLoopUtilization().active / 1_000),
    ),
  ];
}

/** The application's codes are its own, and so may be their number. */
function mergeAppCodes(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  const merged = new Map<string, number>();
  for (const [code, count] of counts) {
    const label = code.startsWith("app:") ? "app" : code;
    merged.set(label, (merged.get(label) ?? 0) + count);
  }
  return [...merged];
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { type: "counter", name, help, samples };
}

function gauge(name: string, help: string, value: number): Family {
  return { type: "gauge", name, help, samples: one(value) };
}

function one(value: number): readonly Sample[] {
  return [{ value }];
}

function byLabel(label: string, counts: Iterable<readonly [string, number]>): readonly Sample[] {
  return Array.from(counts, ([text, value]) => ({ labels: { [label]: text }, value }));
}
