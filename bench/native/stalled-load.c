/*
 * The client of `npm run bench -- stalled` and of `-- soak`; see channel-client.h.
 *
 *   stalled-load stalled --port N --pid N [--readers N] [--others N] [--rate R] [--bytes S] [--reading-ms N] [--stalled-ms N]
 *
 * All read for --reading-ms while R messages a second are published; then the readers stop for --stalled-ms and the others go on; then
 * nothing more is published and the readers read again until they are where the log ends. A reader that was cut off meanwhile
 * reconnects after the last entry it has. Every reader's offsets are counted one by one.
 *
 *   stalled-load soak --port N --pid N [--readers N] [--others N] [--rate R] [--bytes S] [--churn N] [--soak-ms N]
 *
 * N readers a second leave, every second one without a word, and come back: one of them after the last entry it has, the next one anew.
 *
 * Ends with one line of JSON: publishedCount, readingP99Micros and stalledP99Micros of the others, residentBytes before, at most while
 * stalled and at most while catching up, catchUpMs, lostCount, doubledCount, gapCount, reconnectCount; soak has those of them that it knows.
 */
#include "channel-client.h"

enum { READER, OTHER, PUBLISHER };

static struct {
  int readers, others, rate, bytes, pid, churn;
  long reading_ms, stalled_ms, soak_ms;
} options = {.readers = 1000, .others = 100, .rate = 1000, .bytes = 100, .churn = 10, .reading_ms = 10000, .stalled_ms = 60000};

static Connection *connections, *publisher;
static char *filling;
static Samples samples;
static uint64_t sent_count, acknowledged_count, top_offset, lost_count, doubled_count, gap_count, reconnect_count, behind_count;
static int is_measuring, is_catching_up;
static double most_bytes;

static void on_event(Connection *connection) {
  uint64_t offset = number_after(connection->text, "\"offset\":");
  if (offset <= connection->offset) doubled_count++;
  else {
    lost_count += offset - connection->offset - 1;
    connection->offset = offset;
    connection->tag = number_after(connection->text, "\"tag\":");
    if (is_catching_up && offset == top_offset) behind_count--;
  }
  if (is_measuring && connection->kind == OTHER)
    add_sample(&samples, read_at_ns / 1000 - number_after(connection->text, "\"at\":"));
}

static void on_answer(Connection *connection) {
  const char *text = connection->answer;
  if (strncmp(text, "{\"type\":\"gap\"", 13) == 0) gap_count++;
  if (strncmp(text, "{\"type\":\"error\"", 15) == 0) fail("the server says %s", text);
  if (strncmp(text, "{\"type\":\"ack\"", 13) != 0) return;
  acknowledged_count++;
  uint64_t offset = number_after(text, "\"offset\":");
  if (offset > top_offset) top_offset = offset;
}

static void look_at_memory(void) {
  static uint64_t looked_at;
  if (now_ns() - looked_at < 50000000) return;
  looked_at = now_ns();
  double bytes = resident_bytes(options.pid);
  if (bytes > most_bytes) most_bytes = bytes;
}

static void turn(void) {
  struct epoll_event events[512];
  int count = epoll_wait(poll_fd, events, 512, 1);
  for (int index = 0; index < count; index++) {
    Connection *connection = events[index].data.ptr;
    if (read_some(connection)) continue;
    if (connection->kind != READER) fail("a connection that reads ended: %s", connection->answer);
    close(connection->fd);
    reconnect_count++;
    open_connection(connection);
    subscribe(connection);
  }
  look_at_memory();
}

static void publish_for(long duration_ms) {
  uint64_t started = now_ns(), now = started, end = now + duration_ms * 1000000ull, before = sent_count;
  for (; now < end; now = now_ns()) {
    /* What is not acknowledged waits: a server that cannot keep up is not to be buried. */
    while (sent_count - before < (now - started) * options.rate / 1000000000 && sent_count - acknowledged_count < 200)
      publish(publisher, 10 + ++sent_count, filling);
    turn();
  }
}

static double p99(void) {
  qsort(samples.micros, samples.count, sizeof *samples.micros, by_size);
  double value = quantile(&samples, 0.99);
  samples.count = 0;
  return value;
}

static double measure_for(long duration_ms) {
  is_measuring = 1;
  publish_for(duration_ms);
  is_measuring = 0;
  return p99();
}

static void open_all(void) {
  connections = calloc(options.readers + options.others + 1, sizeof *connections);
  for (int index = 0; index <= options.readers + options.others; index++) {
    Connection *connection = &connections[index];
    connection->number = index;
    connection->kind = index < options.readers ? READER : index < options.readers + options.others ? OTHER : PUBLISHER;
    open_connection(connection);
    if (connection->kind != PUBLISHER) subscribe(connection);
    else publisher = connection;
  }
}

/* Comes back with what it knows, or as if it knew nothing. */
static void replace(Connection *connection, int is_anew) {
  if (reconnect_count % 2 == 0) send_frame(connection, 8, "\003\350", 2);
  close(connection->fd);
  reconnect_count++;
  if (is_anew) connection->epoch[0] = 0;
  open_connection(connection);
  subscribe(connection);
}

static void soak(void) {
  uint64_t started = now_ns();
  for (uint64_t turn = 0; now_ns() - started < options.soak_ms * 1000000ull; turn++) {
    publish_for(1000 / options.churn);
    replace(&connections[turn * 7919 % options.readers], turn % 4 > 1);
  }
  printf("{\"publishedCount\":%llu,\"lostCount\":%llu,\"doubledCount\":%llu,\"gapCount\":%llu,\"reconnectCount\":%llu}\n",
         (unsigned long long)acknowledged_count, (unsigned long long)lost_count, (unsigned long long)doubled_count,
         (unsigned long long)gap_count, (unsigned long long)reconnect_count);
}

static void stall(void) {
  publish_for(3000); /* its compiler is not what is measured */
  double reading_p99 = measure_for(options.reading_ms), before = resident_bytes(options.pid);
  for (int index = 0; index < options.readers; index++) watch(&connections[index], EPOLL_CTL_DEL);
  most_bytes = 0;
  double stalled_p99 = measure_for(options.stalled_ms), stalled_bytes = most_bytes;
  while (acknowledged_count < sent_count) turn();
  uint64_t started = now_ns();
  most_bytes = 0;
  is_catching_up = 1;
  for (int index = 0; index < options.readers + options.others; index++) behind_count += connections[index].offset < top_offset;
  for (int index = 0; index < options.readers; index++) watch(&connections[index], EPOLL_CTL_ADD);
  while (behind_count > 0 && now_ns() - started < 300000000000ull) turn();
  for (int index = 0; index < options.readers; index++)
    if (connections[index].offset < top_offset) lost_count += top_offset - connections[index].offset;
  printf("{\"publishedCount\":%llu,\"readingP99Micros\":%.0f,\"stalledP99Micros\":%.0f,\"residentBytes\":[%.0f,%.0f,%.0f],\"catchUpMs\":%.0f,"
         "\"lostCount\":%llu,\"doubledCount\":%llu,\"gapCount\":%llu,\"reconnectCount\":%llu}\n",
         (unsigned long long)acknowledged_count, reading_p99, stalled_p99, before, stalled_bytes, most_bytes, (now_ns() - started) / 1e6,
         (unsigned long long)lost_count, (unsigned long long)doubled_count, (unsigned long long)gap_count,
         (unsigned long long)reconnect_count);
}

static void read_option(const char *name, const char *value) {
  if (strcmp(name, "--port") == 0) server_port = atoi(value);
  else if (strcmp(name, "--socket-io") == 0) is_socket_io = atoi(value);
  else if (strcmp(name, "--readers") == 0) options.readers = atoi(value);
  else if (strcmp(name, "--others") == 0) options.others = atoi(value);
  else if (strcmp(name, "--rate") == 0) options.rate = atoi(value);
  else if (strcmp(name, "--bytes") == 0) options.bytes = atoi(value);
  else if (strcmp(name, "--reading-ms") == 0) options.reading_ms = atol(value);
  else if (strcmp(name, "--stalled-ms") == 0) options.stalled_ms = atol(value);
  else if (strcmp(name, "--churn") == 0) options.churn = atoi(value);
  else if (strcmp(name, "--soak-ms") == 0) options.soak_ms = atol(value);
  else if (strcmp(name, "--pid") == 0) options.pid = atoi(value);
  else fail("there is no option %s", name);
}

int main(int count, char **arguments) {
  if (count < 2 || count % 2 != 0) fail("give a pattern and pairs of --option value");
  int is_soak = strcmp(arguments[1], "soak") == 0;
  if (!is_soak && strcmp(arguments[1], "stalled") != 0) fail("there is no %s", arguments[1]);
  for (int index = 2; index < count; index += 2) read_option(arguments[index], arguments[index + 1]);
  if (server_port < 1 || options.pid < 1) fail("give --port and --pid");
  if (is_socket_io) fail("only a server with offsets can be asked what was lost");
  raise_limit(options.readers + options.others);
  window_bytes = 32 * 1024;
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  filling = malloc(options.bytes + 1);
  memset(filling, 's', options.bytes);
  filling[options.bytes] = 0;
  open_all();
  if (is_soak) soak();
  else stall();
  return 0;
}
