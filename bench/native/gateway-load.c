/*
 * The neutral client of `npm run bench -- gateway`; see channel-client.h.
 *
 *   gateway-load <pattern> --port N [--socket-io 1] [--connections N] [--in-flight K] [--rate R] [--bytes S] [--warmup-ms N]
 *                          [--window-ms N] [--pid N]
 *
 *   fanout   one publisher to all connections: K messages on their way at a time or, with --rate, R messages a second whatever comes
 *   publish  each connection keeps K publishes unacknowledged; nobody is subscribed
 *   idle     opens and subscribes the connections, says "open N", again for each line, and holds them until its input ends
 *
 * Ends with one line of JSON: messageCount (deliveries or acknowledgements), seconds, cpuMicros of --pid over the window, p50Micros and
 * p99Micros from the call that sends to the delivery or acknowledgement.
 */
#include "channel-client.h"

static struct {
  const char *pattern;
  int connections, in_flight, rate, bytes, pid;
  long warmup_ms, window_ms;
} options = {.connections = 1, .in_flight = 1, .bytes = 100, .warmup_ms = 500, .window_ms = 1000};

static Connection *connections, *publisher;
static char *filling;
static Samples samples;
static uint64_t message_count, done_count, sent_count, *sent_at_ns;
static int is_measuring, is_started;

static int is(const char *pattern) { return strcmp(options.pattern, pattern) == 0; }

static void count_one(uint64_t since_ns) {
  message_count++;
  if (is_measuring) add_sample(&samples, (read_at_ns - since_ns) / 1000);
}

static void on_event(Connection *connection) {
  if (!is_started) return;
  uint64_t at = number_after(connection->text, "\"at\":");
  if (at == 0) fail("an event says %s", connection->text);
  count_one(at * 1000);
  if (options.rate > 0) return;
  uint64_t complete = message_count / options.connections;
  for (; done_count < complete; done_count++) publish(publisher, ++sent_count, filling);
}

/* A publish's slot is its number modulo how many may be on their way. */
static void on_answer(Connection *connection) {
  const char *text = connection->answer;
  if (strstr(text, "\"error\"") != NULL) fail("the server says %s", text);
  if (!is_started || !is("publish")) return;
  int is_ack = is_socket_io ? strncmp(text, "43", 2) == 0 : strncmp(text, "{\"type\":\"ack\"", 13) == 0;
  if (!is_ack) return;
  uint64_t number = is_socket_io ? strtoull(text + 2, NULL, 10) : number_after(text, "\"id\":");
  uint64_t *slot = &sent_at_ns[connection->number * options.in_flight + number % options.in_flight];
  count_one(*slot);
  *slot = now_ns();
  publish(connection, number + options.in_flight, filling);
}

static void turn(int timeout_ms) {
  struct epoll_event events[512];
  int count = epoll_wait(poll_fd, events, 512, timeout_ms);
  for (int index = 0; index < count; index++)
    if (!read_some(events[index].data.ptr)) fail("a connection ended: %s", ((Connection *)events[index].data.ptr)->answer);
}

static void run_for(long duration_ms) {
  static uint64_t started, rated;
  uint64_t now = now_ns(), end = now + duration_ms * 1000000ull;
  if (started == 0) started = now;
  for (; now < end; now = now_ns()) {
    if (options.rate > 0)
      for (; rated < (now - started) * options.rate / 1000000000; rated++) publish(publisher, ++sent_count, filling);
    turn(options.rate > 0 ? 1 : (int)((end - now) / 1000000 + 1));
  }
}

static void start(void) {
  filling = malloc(options.bytes + 1);
  for (int index = 0; index < options.bytes; index++) filling[index] = "switchboard "[index % 12];
  filling[options.bytes] = 0;
  is_started = 1;
  if (is("fanout") && options.rate == 0)
    for (int index = 0; index < options.in_flight; index++) publish(publisher, ++sent_count, filling);
  if (!is("publish")) return;
  sent_at_ns = calloc(options.connections * options.in_flight, sizeof *sent_at_ns);
  for (int index = 0; index < options.connections * options.in_flight; index++) {
    Connection *connection = &connections[index / options.in_flight];
    uint64_t number = 10 * options.in_flight + index % options.in_flight; /* not one of the first requests' numbers */
    sent_at_ns[connection->number * options.in_flight + number % options.in_flight] = now_ns();
    publish(connection, number, filling);
  }
}

static void measure(void) {
  run_for(options.warmup_ms);
  uint64_t count_before = message_count, started = now_ns();
  double cpu_before = options.pid == 0 ? 0 : cpu_micros(options.pid);
  is_measuring = 1;
  run_for(options.window_ms);
  double cpu = options.pid == 0 ? 0 : cpu_micros(options.pid) - cpu_before, seconds = (now_ns() - started) / 1e9;
  qsort(samples.micros, samples.count, sizeof *samples.micros, by_size);
  printf("{\"messageCount\":%llu,\"seconds\":%.6f,\"cpuMicros\":%.0f,\"p50Micros\":%.0f,\"p99Micros\":%.0f}\n",
         (unsigned long long)(message_count - count_before), seconds, cpu, quantile(&samples, 0.5), quantile(&samples, 0.99));
}

static void tell_open(void) {
  printf("open %d\n", options.connections);
  fflush(stdout);
}

/* Says so again for each line, as long as it is true: a connection that ends ends the program. */
static void hold(void) {
  tell_open();
  struct pollfd wanted[] = {{.fd = 0, .events = POLLIN}, {.fd = poll_fd, .events = POLLIN}};
  char byte;
  while (poll(wanted, 2, -1) > 0) {
    if (wanted[1].revents != 0) turn(0);
    if (wanted[0].revents == 0) continue;
    if (read(0, &byte, 1) <= 0) return;
    if (byte == '\n') tell_open();
  }
}

static void read_option(const char *name, const char *value) {
  if (strcmp(name, "--port") == 0) server_port = atoi(value);
  else if (strcmp(name, "--socket-io") == 0) is_socket_io = atoi(value);
  else if (strcmp(name, "--connections") == 0) options.connections = atoi(value);
  else if (strcmp(name, "--in-flight") == 0) options.in_flight = atoi(value);
  else if (strcmp(name, "--rate") == 0) options.rate = atoi(value);
  else if (strcmp(name, "--bytes") == 0) options.bytes = atoi(value);
  else if (strcmp(name, "--warmup-ms") == 0) options.warmup_ms = atol(value);
  else if (strcmp(name, "--window-ms") == 0) options.window_ms = atol(value);
  else if (strcmp(name, "--pid") == 0) options.pid = atoi(value);
  else fail("there is no option %s", name);
}

int main(int count, char **arguments) {
  if (count < 2 || count % 2 != 0) fail("give a pattern and pairs of --option value");
  options.pattern = arguments[1];
  for (int index = 2; index < count; index += 2) read_option(arguments[index], arguments[index + 1]);
  if (!is("fanout") && !is("publish") && !is("idle")) fail("there is no %s", options.pattern);
  if (server_port < 1 || options.connections < 1 || options.in_flight < 1 || options.bytes < 1) fail("a number is too small");
  raise_limit(options.connections);
  connections = calloc(options.connections + 1, sizeof *connections);
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  for (int index = 0; index < options.connections; index++) {
    connections[index].number = index;
    open_connection(&connections[index]);
    if (!is("publish")) subscribe(&connections[index]);
    if (index % 64 == 63) turn(0); /* those that are open are pinged while the others come */
  }
  if (is("idle")) return hold(), 0;
  publisher = &connections[options.connections];
  publisher->number = options.connections;
  /* With Socket.IO the publisher is told of its own events too, as everybody: it is one of the subscribers. */
  if (is_socket_io) publisher = &connections[0];
  else if (is("fanout")) open_connection(publisher);
  start();
  measure();
  return 0;
}
